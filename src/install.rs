//! `install`: copies the agent into the volume that it shares with the application's containers.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::Context;
use jmx_injector_api::injection::AGENT_JAR;

use crate::cli::InstallArgs;

/// Copies under another name first, so that a JVM never sees half an agent.
pub fn run(args: &InstallArgs) -> anyhow::Result<()> {
    let source = args.from.join(AGENT_JAR);
    let target = args.to.join(AGENT_JAR);
    let partial = args.to.join(format!(".{AGENT_JAR}.partial"));
    // One that an earlier try left behind cannot be written to: it is read-only.
    let _ = fs::remove_file(&partial);
    fs::copy(&source, &partial)
        .with_context(|| format!("cannot copy the agent {} to {}", source.display(), partial.display()))?;
    // The application may run as any user.
    fs::set_permissions(&partial, fs::Permissions::from_mode(0o444))
        .with_context(|| format!("cannot make {} readable for all", partial.display()))?;
    fs::rename(&partial, &target)
        .with_context(|| format!("cannot rename {} to {}", partial.display(), target.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agent_is_readable_for_all_and_nothing_else_is_left() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(from.path().join(AGENT_JAR), "jar").unwrap();
        let args = InstallArgs { to: to.path().to_owned(), from: from.path().to_owned() };
        let partial = to.path().join(format!(".{AGENT_JAR}.partial"));
        fs::write(&partial, "half").unwrap();
        fs::set_permissions(&partial, fs::Permissions::from_mode(0o444)).unwrap();
        for _ in 0..2 {
            // A restarted init container finds its own work.
            run(&args).unwrap();
            let files: Vec<_> = fs::read_dir(to.path()).unwrap().map(|file| file.unwrap()).collect();
            assert_eq!(files.len(), 1);
            assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o444);
            assert_eq!(fs::read_to_string(files[0].path()).unwrap(), "jar");
        }
    }

    #[test]
    fn a_missing_directory_is_named() {
        let from = tempfile::tempdir().unwrap();
        fs::write(from.path().join(AGENT_JAR), "jar").unwrap();
        let args = InstallArgs { to: "/does/not/exist".into(), from: from.path().to_owned() };
        assert!(run(&args).unwrap_err().to_string().contains("/does/not/exist"));
    }
}
