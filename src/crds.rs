//! `crds`: the `CustomResourceDefinition`s, from which the chart's copy is made.

use anyhow::Context;
use jmx_injector_api::PrometheusJmxExporter;
use kube_core::CustomResourceExt;

/// What heads the output.
const HEADER: &str = "# Made by `jmx-injector crds`; change api/src/exporter.rs instead.\n";

/// All definitions as one YAML text.
pub fn yaml() -> anyhow::Result<String> {
    let yaml = serde_saphyr::to_string(&PrometheusJmxExporter::crd())
        .context("the definition cannot be written as YAML")?;
    Ok(format!("{HEADER}{yaml}"))
}

pub fn run() -> anyhow::Result<()> {
    print!("{}", yaml()?);
    Ok(())
}

#[cfg(test)]
mod tests {
    /// Refresh with `make crds`.
    #[test]
    fn the_charts_copy_is_current() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/charts/jmx-injector/crd/prometheusjmxexporters.yaml");
        let copy = std::fs::read_to_string(path).unwrap();
        assert!(copy == super::yaml().unwrap(), "{path} is stale: run `make crds`");
    }
}
