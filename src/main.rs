//! The command line of jmx-injector.

mod admin;
mod ca_bundle;
mod cert_secret;
mod cli;
mod controller;
mod crds;
mod inject;
mod install;
mod logging;
mod shutdown;
mod watch;
mod webhook;

use std::process::ExitCode;

use clap::Parser;

fn main() -> anyhow::Result<ExitCode> {
    match cli::Cli::parse().command {
        cli::Command::Webhook(args) => webhook::run(args)?,
        cli::Command::Controller(args) => controller::run(&args)?,
        cli::Command::Inject(args) => return inject::run(&args),
        cli::Command::Install(args) => install::run(&args)?,
        cli::Command::Crds => crds::run()?,
    }
    Ok(ExitCode::SUCCESS)
}
