//! Reads the manifests of the contracts' workspace and turns each member into
//! a package that stands alone.
//!
//! contract-build copies one member's manifest into a temporary workspace, so
//! what a member inherits from the workspace (`version.workspace = true`) would
//! be lost, and the lock file would be looked for in the wrong folder. A
//! package that is its own workspace root, with the lock beside it, has neither
//! problem.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail, Context, Result};
use toml::{Table, Value};

const DEPENDENCY_TABLES: [&str; 2] = ["dependencies", "build-dependencies"];

/// One member that is a contract.
#[derive(Debug, Clone)]
pub struct Contract {
    /// The package's name, which is also the bundle's.
    pub name: String,
    /// Its folder below the workspace.
    pub folder: String,
}

/// The contracts' workspace, as written in its `Cargo.toml`.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    table: Table,
    /// Every member's folder, contracts and libraries.
    pub members: Vec<String>,
    contracts: Vec<Contract>,
}

impl Workspace {
    /// Reads `root/Cargo.toml` and the manifests of its members. A member whose
    /// folder is missing is an error, as it is for cargo.
    ///
    /// # Errors
    /// Names the file that is missing or malformed.
    pub fn read(root: &Path) -> Result<Self> {
        let manifest = read_table(&root.join("Cargo.toml"))?;
        let table = manifest
            .get("workspace")
            .and_then(Value::as_table)
            .cloned()
            .ok_or_else(|| anyhow!("{}/Cargo.toml has no [workspace]", root.display()))?;
        let members: Vec<String> = table
            .get("members")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|member| member.as_str().map(str::to_owned))
            .collect();
        let mut contracts = Vec::new();
        for folder in &members {
            let member = read_table(&root.join(folder).join("Cargo.toml"))?;
            if is_contract(&member) {
                let name = member
                    .get("package")
                    .and_then(|package| package.get("name"))
                    .and_then(Value::as_str)
                    .ok_or_else(|| anyhow!("{folder}/Cargo.toml has no package name"))?;
                contracts.push(Contract { name: name.to_owned(), folder: folder.clone() });
            }
        }
        Ok(Self { root: root.to_owned(), table, members, contracts })
    }

    /// The contracts, in the order of the workspace's members.
    pub fn contracts(&self) -> &[Contract] {
        &self.contracts
    }

    /// The contracts of these names, or all if there is none.
    ///
    /// # Errors
    /// Names the first unknown contract and the known ones.
    pub fn select(&self, names: &[String]) -> Result<Vec<&Contract>> {
        if names.is_empty() {
            return Ok(self.contracts.iter().collect());
        }
        names
            .iter()
            .map(|name| {
                self.contracts.iter().find(|contract| contract.name == *name).ok_or_else(|| {
                    let known: Vec<&str> = self.contracts.iter().map(|contract| contract.name.as_str()).collect();
                    anyhow!("no contract `{name}` in {}; there are {}", self.root.display(), known.join(", "))
                })
            })
            .collect()
    }

    /// The manifest of a member with everything it inherits written out, as its
    /// own workspace root. Development dependencies and lints are left out:
    /// they cannot change a contract's bytes, and so must not.
    ///
    /// # Errors
    /// Names an inherited key that the workspace does not have.
    pub fn standalone(&self, folder: &str) -> Result<Table> {
        let mut member = read_table(&self.root.join(folder).join("Cargo.toml"))?;
        self.inherit(&mut member, folder).with_context(|| format!("in {folder}/Cargo.toml"))?;
        member.remove("lints");
        member.remove("dev-dependencies");
        member.insert("workspace".into(), Value::Table(Table::new()));
        Ok(member)
    }

    /// The folders of the members that this one depends on by path, itself
    /// first, each once.
    ///
    /// # Errors
    /// As [`Workspace::standalone`].
    pub fn path_closure(&self, folder: &str) -> Result<Vec<String>> {
        let mut closure = vec![folder.to_owned()];
        let mut next = 0;
        while let Some(folder) = closure.get(next).cloned() {
            let member = self.standalone(&folder)?;
            for dependency in dependencies(&member) {
                let Some(path) = dependency.get("path").and_then(Value::as_str) else {
                    continue;
                };
                let found = normal(&format!("{folder}/{path}"))?;
                if !closure.contains(&found) {
                    closure.push(found);
                }
            }
            next += 1;
        }
        Ok(closure)
    }

    fn inherit(&self, member: &mut Table, folder: &str) -> Result<()> {
        let shared = self.table.get("package").and_then(Value::as_table);
        if let Some(package) = member.get_mut("package").and_then(Value::as_table_mut) {
            for (key, value) in package.iter_mut() {
                if inherits(value) {
                    *value = shared
                        .and_then(|shared| shared.get(key))
                        .cloned()
                        .ok_or_else(|| anyhow!("workspace.package has no `{key}`"))?;
                }
            }
        }
        let shared = self.table.get("dependencies").and_then(Value::as_table);
        for table in DEPENDENCY_TABLES {
            let Some(table) = member.get_mut(table).and_then(Value::as_table_mut) else {
                continue;
            };
            for (name, dependency) in table.iter_mut() {
                if inherits(dependency) {
                    let base = shared
                        .and_then(|shared| shared.get(name))
                        .ok_or_else(|| anyhow!("workspace.dependencies has no `{name}`"))?;
                    *dependency = merged(base, dependency, folder);
                }
            }
        }
        Ok(())
    }
}

/// ink!'s own mark of a contract: the feature with which others link to it.
fn is_contract(manifest: &Table) -> bool {
    manifest.contains_key("lib")
        && manifest.get("features").and_then(|features| features.get("ink-as-dependency")).is_some()
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// The workspace's dependency with the member's features and `optional` added.
fn merged(base: &Value, dependency: &Value, folder: &str) -> Value {
    let mut table = match base {
        Value::Table(table) => table.clone(),
        version => Table::from_iter([("version".to_owned(), version.clone())]),
    };
    if let Some(path) = table.get("path").and_then(Value::as_str).map(str::to_owned) {
        let up = "../".repeat(Path::new(folder).components().count());
        table.insert("path".into(), Value::String(format!("{up}{path}")));
    }
    if let Some(own) = dependency.as_table() {
        for (key, value) in own {
            match (key.as_str(), value) {
                ("workspace", _) => {}
                ("features", Value::Array(own)) => {
                    let mut features = table.get("features").and_then(Value::as_array).cloned().unwrap_or_default();
                    features.extend(own.iter().cloned());
                    table.insert("features".into(), Value::Array(features));
                }
                _ => {
                    table.insert(key.clone(), value.clone());
                }
            }
        }
    }
    Value::Table(table)
}

fn dependencies(manifest: &Table) -> impl Iterator<Item = &Value> {
    DEPENDENCY_TABLES
        .into_iter()
        .filter_map(|table| manifest.get(table).and_then(Value::as_table))
        .flat_map(|table| table.iter().map(|(_, dependency)| dependency))
}

/// The path without `.` and `..`; one that leaves the workspace is an error,
/// because only the workspace is copied.
fn normal(path: &str) -> Result<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    bail!("the dependency `{path}` lies outside the contracts' workspace");
                }
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// Reads a TOML file.
///
/// # Errors
/// Names the file.
pub fn read_table(path: &Path) -> Result<Table> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse().with_context(|| format!("{} is not valid TOML", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const ROOT: &str = r#"
        [workspace]
        members = ["primitives", "bzky"]
        [workspace.package]
        version = "0.1.0"
        authors = ["Bizkey"]
        [workspace.dependencies]
        shared = { path = "primitives", default-features = false, features = ["one"] }
        scale = "3"
    "#;
    const PRIMITIVES: &str = r#"
        [package]
        name = "shared"
        version.workspace = true
        [lib]
        [dependencies]
        scale.workspace = true
    "#;
    const BZKY: &str = r#"
        [package]
        name = "bzky"
        version.workspace = true
        authors.workspace = true
        [lib]
        [lints]
        workspace = true
        [dependencies]
        shared = { workspace = true, features = ["two"] }
        [dev-dependencies]
        proptest = "1"
        [features]
        ink-as-dependency = []
    "#;

    fn workspace(bzky: &str) -> Result<(TempDir, Workspace)> {
        let folder = tempfile::tempdir()?;
        for (path, text) in [("Cargo.toml", ROOT), ("primitives/Cargo.toml", PRIMITIVES), ("bzky/Cargo.toml", bzky)] {
            crate::stage::put(&folder.path().join(path), text.as_bytes())?;
        }
        let workspace = Workspace::read(folder.path())?;
        Ok((folder, workspace))
    }

    #[test]
    fn a_contract_is_a_member_that_others_can_link_to() -> Result<()> {
        let (_folder, workspace) = workspace(BZKY)?;
        let names: Vec<&str> = workspace.contracts().iter().map(|contract| contract.name.as_str()).collect();
        assert_eq!(names, ["bzky"]);
        assert!(workspace.select(&["shared".to_owned()]).is_err());
        Ok(())
    }

    #[test]
    fn a_standalone_manifest_inherits_nothing() -> Result<()> {
        let (_folder, workspace) = workspace(BZKY)?;
        let expected: Table = r#"
            [package]
            name = "bzky"
            version = "0.1.0"
            authors = ["Bizkey"]
            [lib]
            [workspace]
            [dependencies.shared]
            path = "../primitives"
            default-features = false
            features = ["one", "two"]
            [features]
            ink-as-dependency = []
        "#
        .parse()?;
        assert_eq!(workspace.standalone("bzky")?, expected);
        Ok(())
    }

    #[test]
    fn what_a_contract_links_to_belongs_to_its_input() -> Result<()> {
        let (_folder, workspace) = workspace(BZKY)?;
        assert_eq!(workspace.path_closure("bzky")?, ["bzky", "primitives"]);
        Ok(())
    }

    #[test]
    fn what_cannot_be_inherited_or_copied_is_refused() -> Result<()> {
        let unknown = BZKY.replace("shared = {", "missing = {");
        let (_folder, manifest) = workspace(&unknown)?;
        assert!(format!("{:#}", manifest.standalone("bzky").unwrap_err()).contains("missing"));
        let outside = BZKY.replace("workspace = true, features", "path = \"../../x\", features");
        let (_folder, manifest) = workspace(&outside)?;
        assert!(manifest.path_closure("bzky").is_err());
        Ok(())
    }
}
