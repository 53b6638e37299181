//! The golden cases: each folder here is one. `pod.yaml` goes in, with the exporters of `exporters.yaml` if there is
//! one; `expected.yaml` is the pod that comes out, or `skipped.yaml` tells why it is left alone.
//!
//! Shared by the tests that run the cases: through the library and through the webhook.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jmx_injector_api::PrometheusJmxExporter;
use jmx_injector_inject::Defaults;
use serde_json::Value;

/// What came out of a case: the file that tells it, and its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub file: &'static str,
    pub text: String,
}

pub struct Case {
    pub name: String,
    pub pod: Value,
    #[allow(dead_code)] // the command line's test gives the file instead
    pub exporters: Vec<Arc<PrometheusJmxExporter>>,
    directory: PathBuf,
}

/// The defaults of all cases.
#[allow(dead_code)] // the webhook's test gives them to its client
pub fn defaults() -> Defaults {
    Defaults { image: "jmx-injector:test".into(), image_pull_policy: "IfNotPresent".into(), port: 9404 }
}

/// All cases, in the order of their names.
pub fn cases() -> Vec<Case> {
    // Both crates that use this lie below the repository's root, at different depths.
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find(|path| path.join("tests/golden").is_dir());
    let mut directories: Vec<_> = fs::read_dir(root.unwrap().join("tests/golden"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    directories.sort();
    directories.into_iter().map(Case::read).collect()
}

impl Case {
    fn read(directory: PathBuf) -> Self {
        let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
        let known = BTreeSet::from(["pod.yaml", "exporters.yaml", "expected.yaml", "skipped.yaml"]);
        for entry in fs::read_dir(&directory).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            assert!(known.contains(file.as_str()), "case {name}: unexpected file {file}");
        }
        let pod = serde_saphyr::from_str(&fs::read_to_string(directory.join("pod.yaml")).unwrap()).unwrap();
        let exporters = fs::read_to_string(directory.join("exporters.yaml")).unwrap_or_default();
        let exporters: Vec<PrometheusJmxExporter> = serde_saphyr::from_multiple(&exporters).unwrap();
        Self { name, pod, exporters: exporters.into_iter().map(Arc::new).collect(), directory }
    }

    /// The path of one of its files.
    #[allow(dead_code)] // the library's test reads no file itself
    pub fn path(&self, file: &str) -> String {
        self.directory.join(file).to_str().unwrap().to_owned()
    }

    pub fn namespace(&self) -> &str {
        self.pod["metadata"]["namespace"].as_str().unwrap_or("default")
    }

    /// A pod that is injected, with the warnings that its owner gets.
    pub fn injected(pod: &Value, warnings: &[String]) -> Outcome {
        let mut text = serde_saphyr::to_string(pod).unwrap();
        for warning in warnings.iter().rev() {
            text.insert_str(0, &format!("# warning: {warning}\n"));
        }
        Outcome { file: "expected.yaml", text }
    }

    /// A pod that is left alone.
    pub fn skipped(code: &str, message: &str) -> Outcome {
        let reason = serde_json::json!({"reason": code, "message": message});
        Outcome { file: "skipped.yaml", text: serde_saphyr::to_string(&reason).unwrap() }
    }

    /// Fails where the case's file tells otherwise, and where a file of another outcome is left over.
    pub fn check(&self, outcome: &Outcome) {
        let path = self.directory.join(outcome.file);
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            found, outcome.text,
            "case {}: {} differs; if the change is meant, run `make golden` and read the difference",
            self.name, outcome.file
        );
        let stale = self.directory.join(Self::other_file(outcome));
        assert!(!stale.exists(), "case {}: {} is stale; run `make golden`", self.name, stale.display());
    }

    /// The message that `skipped.yaml` has.
    #[allow(dead_code)] // only the webhook's test needs it
    pub fn expected_message(&self) -> String {
        let skipped = fs::read_to_string(self.directory.join("skipped.yaml")).unwrap();
        serde_saphyr::from_str::<Value>(&skipped).unwrap()["message"].as_str().unwrap().to_owned()
    }

    /// Writes the case's file anew.
    #[allow(dead_code)] // only one of the tests refreshes
    pub fn refresh(&self, outcome: &Outcome) {
        fs::write(self.directory.join(outcome.file), &outcome.text).unwrap();
        let stale = self.directory.join(Self::other_file(outcome));
        if stale.exists() {
            fs::remove_file(stale).unwrap();
        }
    }

    fn other_file(outcome: &Outcome) -> &'static str {
        if outcome.file == "expected.yaml" { "skipped.yaml" } else { "expected.yaml" }
    }
}
