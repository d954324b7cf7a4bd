//! What cargo knows of the workspace and of all that it is built from.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// `cargo metadata`, read.
pub struct Metadata(Value);

/// One package.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// SPDX expression; empty if it names none.
    pub license: String,
    /// Where it comes from; none: from this workspace.
    pub source: Option<String>,
    /// Names of the packages that it names itself, tests left out.
    pub dependencies: BTreeSet<String>,
    id: String,
}

impl Metadata {
    /// Asks cargo.
    ///
    /// # Panics
    /// If cargo fails, or `Cargo.lock` is not up to date.
    pub fn load() -> Self {
        let asked = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
        Self(serde_json::from_slice(&asked.stdout).expect("cargo writes JSON"))
    }

    /// All packages, ours and others'.
    pub fn packages(&self) -> Vec<Package> {
        items(&self.0["packages"]).map(package).collect()
    }

    /// Names of all packages that are compiled into a package, itself included: what tests and build scripts use is left out.
    ///
    /// # Panics
    /// If there is no such package.
    pub fn compiled_into(&self, name: &str) -> BTreeSet<String> {
        let names: BTreeMap<String, String> = self.packages().into_iter().map(|it| (it.id, it.name)).collect();
        let nodes: BTreeMap<&str, &Value> =
            items(&self.0["resolve"]["nodes"]).map(|node| (text(&node["id"]), node)).collect();
        let (root, _) = names.iter().find(|(_, its)| *its == name).expect("the package is in the workspace");
        let (mut seen, mut next) = (BTreeSet::new(), vec![root.as_str()]);
        while let Some(id) = next.pop() {
            if seen.insert(id) {
                let compiled = items(&nodes[id]["deps"]).filter(|dep| is_normal(dep));
                next.extend(compiled.map(|dep| text(&dep["pkg"])));
            }
        }
        seen.into_iter().map(|id| names[id].clone()).collect()
    }
}

fn package(value: &Value) -> Package {
    let ours = items(&value["dependencies"]).filter(|dep| dep["kind"].is_null());
    Package {
        name: text(&value["name"]).to_owned(),
        license: value["license"].as_str().unwrap_or_default().to_owned(),
        source: value["source"].as_str().map(str::to_owned),
        dependencies: ours.map(|dep| text(&dep["name"]).to_owned()).collect(),
        id: text(&value["id"]).to_owned(),
    }
}

fn is_normal(dependency: &Value) -> bool {
    items(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null())
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
