//! `inject`: what the webhook would do to the pods of manifests, offline. The result goes to standard output, what was
//! decided to standard error.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use jmx_injector_api::PrometheusJmxExporter;
use jmx_injector_inject::Defaults;
use jmx_injector_inject::manifest::{Injection, Manifest, Options};
use serde_json::{Value, json};
use similar::TextDiff;

use crate::cli::{InjectArgs, OutputFormat};

/// Larger files are refused: no manifest is so large, and a mistaken path may be.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// A pod asked for injection and could not have it.
const EXIT_REFUSED: u8 = 3;

struct Input {
    name: String,
    text: String,
    manifest: Manifest,
}

pub fn run(args: &InjectArgs) -> anyhow::Result<ExitCode> {
    let mut inputs = Vec::new();
    for path in &args.files {
        for (name, text) in read(path)? {
            let manifest = Manifest::parse(&text).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
            inputs.push(Input { name, text, manifest });
        }
    }
    // Each file may refer to an exporter of another.
    let mut exporters: Vec<PrometheusJmxExporter> = Vec::new();
    for input in &inputs {
        for exporter in input.manifest.exporters(&args.namespace) {
            exporters.push(exporter.map_err(|error| anyhow::anyhow!("{}: {error}", input.name))?);
        }
    }
    let options = Options {
        defaults: Defaults {
            image: args.agent_image.clone(),
            image_pull_policy: args.agent_image_pull_policy.clone(),
            port: args.default_port,
        },
        namespace: args.namespace.clone(),
        all: args.all,
    };
    let mut refused = false;
    let mut patches = Vec::new();
    for input in &mut inputs {
        for injection in input.manifest.inject(&exporters, &options) {
            refused |= injection.result.as_ref().is_err_and(jmx_injector_inject::Reason::is_refusal);
            report(&input.name, &injection);
            if let Ok(injected) = &injection.result {
                patches.push(json!({
                    "file": input.name,
                    "line": injection.line,
                    "object": injection.object,
                    "patch": injected.patch
                }));
            }
        }
    }
    let output = match args.output {
        OutputFormat::Yaml => join(inputs.iter().map(|input| input.manifest.to_string())),
        OutputFormat::Json => as_json(&inputs)?,
        OutputFormat::Patch => pretty(&Value::Array(patches))?,
        OutputFormat::Diff => inputs.iter().map(diff).collect(),
    };
    std::io::stdout().write_all(output.as_bytes()).context("standard output")?;
    Ok(if refused { ExitCode::from(EXIT_REFUSED) } else { ExitCode::SUCCESS })
}

/// The texts of a file, of the manifests in a directory, or of standard input.
fn read(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let name = path.display().to_string();
    if name == "-" {
        let mut text = String::new();
        std::io::stdin().take(MAX_FILE_BYTES).read_to_string(&mut text).context("standard input")?;
        return Ok(vec![("standard input".to_owned(), text)]);
    }
    let metadata = fs::metadata(path).with_context(|| format!("{name}: cannot be read"))?;
    if metadata.is_dir() {
        let entries = fs::read_dir(path).with_context(|| format!("{name}: cannot be listed"))?;
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .with_context(|| format!("{name}: cannot be listed"))?;
        paths.retain(|path| path.is_file() && is_manifest(path));
        paths.sort();
        if paths.is_empty() {
            bail!("{name}: the directory has no .yaml, .yml or .json file");
        }
        return Ok(paths.iter().map(|path| read(path)).collect::<anyhow::Result<Vec<_>>>()?.concat());
    }
    if metadata.len() > MAX_FILE_BYTES {
        bail!("{name}: found {} bytes, expected at most {MAX_FILE_BYTES}", metadata.len());
    }
    let text = fs::read_to_string(path).with_context(|| format!("{name}: cannot be read as UTF-8"))?;
    Ok(vec![(name, text)])
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
}

fn report(file: &str, injection: &Injection) {
    let Injection { line, object, result } = injection;
    match result {
        Err(reason) => eprintln!("{file}:{line}: {object}: not injected: {}: {reason}", reason.code()),
        Ok(injected) => {
            let ports: Vec<_> = injected.ports.iter().map(|(name, port)| format!("{name}:{port}")).collect();
            let by = injected
                .exporter
                .as_deref()
                .map_or("the default profile".to_owned(), |name| format!("exporter {name}"));
            eprintln!("{file}:{line}: {object}: injected by {by}: {}", ports.join(", "));
            for warning in &injected.warnings {
                eprintln!("{file}:{line}: {object}: warning: {}: {warning}", warning.code());
            }
        }
    }
}

/// One text of documents from several.
fn join(texts: impl Iterator<Item = String>) -> String {
    let mut joined = String::new();
    for text in texts {
        if !joined.is_empty() {
            if !joined.ends_with('\n') {
                joined.push('\n');
            }
            if !text.starts_with("---") {
                joined.push_str("---\n");
            }
        }
        joined.push_str(&text);
    }
    joined
}

/// One object as it is, several as a List, as kubectl prints them.
fn as_json(inputs: &[Input]) -> anyhow::Result<String> {
    let mut values: Vec<&Value> = inputs.iter().flat_map(|input| input.manifest.values()).collect();
    match values.len() {
        1 => pretty(values.remove(0)),
        _ => pretty(&json!({"apiVersion": "v1", "kind": "List", "items": values})),
    }
}

fn pretty(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value).context("the result cannot be written as JSON")? + "\n")
}

fn diff(input: &Input) -> String {
    let after = input.manifest.to_string();
    let diff = TextDiff::from_lines(&input.text, &after);
    diff.unified_diff().header(&input.name, &format!("{} (injected)", input.name)).to_string()
}
