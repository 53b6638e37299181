//! Checks of a `PrometheusJmxExporter` that hold without looking at anything else. The CRD's schema says most of
//! them too; these serve where it does not reach (offline, and objects stored before the schema).

use std::fmt;

use crate::PrometheusJmxExporterSpec;

/// One field that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field, as `spec.port`.
    pub field: String,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: &'static str,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}, expected {}", self.field, self.found, self.expected)
    }
}

const LABEL_KEY: &str = "a label key: an optional DNS prefix and '/', then 1 to 63 letters, digits, '-', '_' or '.', beginning and ending with a letter or digit";
const LABEL_VALUE: &str =
    "a label value: at most 63 letters, digits, '-', '_' or '.', beginning and ending with a letter or digit";
const CONFIG_MAP_NAME: &str = "the name of a ConfigMap: 1 to 253 lowercase letters, digits, '-' or '.', beginning and ending with a letter or digit";
const CONTAINER_NAME: &str = "the name of a container: 1 to 63 lowercase letters, digits or '-', beginning and ending with a letter or digit";
const CONFIG_MAP_KEY: &str = "a key of a ConfigMap: 1 to 253 letters, digits, '-', '_' or '.'";

/// All errors of `spec`, in the order of its fields.
#[must_use]
pub fn validate(spec: &PrometheusJmxExporterSpec) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if spec.label_selector.is_empty() {
        errors.push(FieldError {
            field: "spec.labelSelector".into(),
            found: "no label".into(),
            expected: "at least one label: an empty selector would select every pod",
        });
    }
    for (key, value) in &spec.label_selector {
        if !is_label_key(key) {
            errors.push(FieldError {
                field: "spec.labelSelector".into(),
                found: format!("key {key:?}"),
                expected: LABEL_KEY,
            });
        }
        if !is_label_value(value) {
            errors.push(FieldError {
                field: format!("spec.labelSelector[{key:?}]"),
                found: format!("{value:?}"),
                expected: LABEL_VALUE,
            });
        }
    }
    if !is_dns_subdomain(&spec.config.config_map_name) {
        errors.push(FieldError {
            field: "spec.config.configMapName".into(),
            found: format!("{:?}", spec.config.config_map_name),
            expected: CONFIG_MAP_NAME,
        });
    }
    if !is_config_map_key(&spec.config.config_map_key) {
        errors.push(FieldError {
            field: "spec.config.configMapKey".into(),
            found: format!("{:?}", spec.config.config_map_key),
            expected: CONFIG_MAP_KEY,
        });
    }
    if spec.port == 0 {
        errors.push(FieldError {
            field: "spec.port".into(),
            found: "0".into(),
            expected: "a TCP port, 1 to 65535",
        });
    }
    for (index, name) in spec.containers.iter().enumerate() {
        if name.len() > 63 || name.contains('.') || !is_dns_subdomain(name) {
            errors.push(FieldError {
                field: format!("spec.containers[{index}]"),
                found: format!("{name:?}"),
                expected: CONTAINER_NAME,
            });
        }
    }
    errors
}

/// The rule of label values, of
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>.
#[must_use]
pub fn is_label_value(value: &str) -> bool {
    value.is_empty()
        || (value.len() <= 63 && is_name(value, |c| c.is_ascii_alphanumeric() || "-_.".contains(c)))
}

fn is_label_key(key: &str) -> bool {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    prefix.is_none_or(is_dns_subdomain) && !name.is_empty() && is_label_value(name)
}

fn is_dns_subdomain(name: &str) -> bool {
    name.len() <= 253
        && name
            .split('.')
            .all(|part| is_name(part, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
}

/// Not empty, only of `allowed`, with a letter or digit at both ends.
fn is_name(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    text.chars().all(allowed)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// Whether `key` can be a key of a `ConfigMap`; `.` and `..` cannot
/// (<https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-object>).
fn is_config_map_key(key: &str) -> bool {
    (1..=253).contains(&key.len())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && key != "."
        && !key.starts_with("..")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::ConfigMapKey;

    fn spec() -> PrometheusJmxExporterSpec {
        PrometheusJmxExporterSpec {
            label_selector: [("app".to_owned(), "dummyapp".to_owned())].into(),
            config: ConfigMapKey {
                config_map_name: "prometheus-jmx-exporter-config".into(),
                config_map_key: "config.yaml".into(),
            },
            port: 9400,
            containers: vec![],
        }
    }

    #[test]
    fn the_documented_example_is_valid() {
        assert_eq!(validate(&spec()), []);
    }

    #[rstest]
    #[case::empty_selector(|s: &mut PrometheusJmxExporterSpec| s.label_selector.clear(), "spec.labelSelector: found no label")]
    #[case::label_key(|s: &mut PrometheusJmxExporterSpec| { s.label_selector.insert("a b".into(), "c".into()); }, "spec.labelSelector: found key \"a b\"")]
    #[case::label_value(|s: &mut PrometheusJmxExporterSpec| { s.label_selector.insert("app".into(), "-x".into()); }, "spec.labelSelector[\"app\"]: found \"-x\"")]
    #[case::config_map_name(|s: &mut PrometheusJmxExporterSpec| s.config.config_map_name = "Up".into(), "spec.config.configMapName: found \"Up\"")]
    #[case::config_map_key(|s: &mut PrometheusJmxExporterSpec| s.config.config_map_key = "../etc".into(), "spec.config.configMapKey: found \"../etc\"")]
    #[case::container(|s: &mut PrometheusJmxExporterSpec| s.containers.push("a.b".into()), "spec.containers[0]: found \"a.b\"")]
    #[case::port(|s: &mut PrometheusJmxExporterSpec| s.port = 0, "spec.port: found 0, expected a TCP port, 1 to 65535")]
    fn each_error_names_its_field(
        #[case] change: impl Fn(&mut PrometheusJmxExporterSpec),
        #[case] expected: &str,
    ) {
        let mut spec = spec();
        change(&mut spec);
        let errors = validate(&spec);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].to_string().starts_with(expected), "{}", errors[0]);
    }

    #[rstest]
    #[case("example.com/app", true)]
    #[case("app", true)]
    #[case("/app", false)]
    #[case("example.com/", false)]
    #[case("a/b/c", false)]
    fn label_keys(#[case] key: &str, #[case] valid: bool) {
        assert_eq!(is_label_key(key), valid);
    }
}
