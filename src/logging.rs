//! Log lines on standard output.

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::cli::{LogFormat, ServiceArgs};

pub fn init(args: &ServiceArgs) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&args.log_level).with_context(|| {
        format!("--log-level: {:?} is no level or filter, use for example info", args.log_level)
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    match args.log_format {
        // Each line names its object by fields of its own; the spans of the libraries would only repeat it.
        LogFormat::Json => {
            builder.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
        }
        LogFormat::Text => builder.init(),
    }
    Ok(())
}
