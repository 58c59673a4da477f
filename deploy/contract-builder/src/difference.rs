//! Compares bundles with the committed ones and names the first field that
//! differs.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::manifest::Workspace;
use crate::stage;

/// Writes a bundle into the folder of artifacts.
///
/// # Errors
/// Names the file that cannot be written.
pub fn write(artifacts: &Path, name: &str, bundle: &[u8]) -> Result<()> {
    stage::put(&artifacts.join(format!("{name}.contract")), bundle)
}

/// How a bundle differs from the committed one, if it does.
///
/// # Errors
/// If the committed bundle cannot be read, other than because it is missing.
pub fn with_committed(artifacts: &Path, name: &str, built: &[u8]) -> Result<Option<String>> {
    let path = artifacts.join(format!("{name}.contract"));
    if !path.exists() {
        return Ok(Some(format!("{name}: {} is missing", path.display())));
    }
    let committed = stage::read(&path)?;
    if committed == built {
        return Ok(None);
    }
    let field = match (serde_json::from_slice(&committed), serde_json::from_slice(built)) {
        (Ok(committed), Ok(built)) => {
            first("", &committed, &built).unwrap_or_else(|| "same fields, written differently".to_owned())
        }
        (Err(_), _) => "the committed bundle is not valid JSON".to_owned(),
        (_, Err(_)) => "the built bundle is not valid JSON".to_owned(),
    };
    Ok(Some(format!("{name}: {field}")))
}

/// Committed bundles that belong to no contract.
///
/// # Errors
/// If the folder cannot be listed.
pub fn leftovers(artifacts: &Path, workspace: &Workspace) -> Result<Vec<String>> {
    let mut found = Vec::new();
    if !artifacts.exists() {
        return Ok(found);
    }
    let entries = fs::read_dir(artifacts).with_context(|| format!("cannot list {}", artifacts.display()))?;
    for entry in entries {
        let name = entry
            .with_context(|| format!("cannot list {}", artifacts.display()))?
            .file_name()
            .to_string_lossy()
            .into_owned();
        if let Some(contract) = name.strip_suffix(".contract") {
            if !workspace.contracts().iter().any(|known| known.name == contract) {
                found.push(format!("{contract}: a committed bundle of no contract"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The first field, depth first in the order of names, whose value differs.
fn first(path: &str, committed: &Value, built: &Value) -> Option<String> {
    match (committed, built) {
        (Value::Object(committed), Value::Object(built)) => {
            let mut names: Vec<&String> = committed.keys().chain(built.keys()).collect();
            names.sort();
            names.dedup();
            names.into_iter().find_map(|name| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match (committed.get(name), built.get(name)) {
                    (Some(committed), Some(built)) => first(&path, committed, built),
                    (Some(_), None) => Some(format!("{path} is gone")),
                    (None, _) => Some(format!("{path} is new")),
                }
            })
        }
        (Value::Array(committed), Value::Array(built)) if committed.len() == built.len() => committed
            .iter()
            .zip(built)
            .enumerate()
            .find_map(|(index, (committed, built))| first(&format!("{path}[{index}]"), committed, built)),
        _ if committed == built => None,
        _ => Some(format!("{path}: committed {}, built {}", brief(committed), brief(built))),
    }
}

/// A value in one short line; code is shown by its length alone, as its hash
/// is a field of its own.
fn brief(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = value.to_string();
    if text.chars().count() > LONGEST {
        format!("{} bytes of JSON", text.len())
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_differing_field_is_named_by_its_path() {
        let committed = json!({"a": 1, "source": {"hash": "0x01", "wasm": "0x00"}});
        let built = json!({"a": 1, "source": {"hash": "0x02", "wasm": "0x01"}});
        assert_eq!(first("", &committed, &built).as_deref(), Some("source.hash: committed \"0x01\", built \"0x02\""));
        assert_eq!(first("", &committed, &committed), None);
    }

    #[test]
    fn a_missing_and_an_extra_field_are_differences() {
        let (less, more) = (json!({"a": [1]}), json!({"a": [1], "b": null}));
        assert_eq!(first("", &less, &more).as_deref(), Some("b is new"));
        assert_eq!(first("", &more, &less).as_deref(), Some("b is gone"));
        assert_eq!(first("", &json!({"a": [1]}), &json!({"a": [2]})).as_deref(), Some("a[0]: committed 1, built 2"));
    }

    #[test]
    fn a_missing_bundle_is_a_difference() -> Result<()> {
        let folder = tempfile::tempdir()?;
        assert!(with_committed(folder.path(), "time", b"{}")?.is_some());
        write(folder.path(), "time", b"{}")?;
        assert_eq!(with_committed(folder.path(), "time", b"{}")?, None);
        Ok(())
    }
}
