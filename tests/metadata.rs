//! What cargo knows of the workspace and of what it is built from.

use std::collections::BTreeSet;
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
}

impl Metadata {
    /// Asks cargo.
    ///
    /// # Panics
    /// If cargo fails, or `Cargo.lock` is not up to date.
    pub fn load() -> Self {
        let text = cargo(&["metadata", "--format-version", "1", "--locked"]);
        Self(serde_json::from_str(&text).expect("cargo writes JSON"))
    }

    /// All packages, ours and others'.
    pub fn packages(&self) -> Vec<Package> {
        items(&self.0["packages"]).map(package).collect()
    }
}

/// Names of all packages that are compiled into a package, itself included: what tests and build scripts use is left out.
///
/// By `cargo tree`: the graph of `cargo metadata` also has edges that no enabled feature asks for.
///
/// # Panics
/// If cargo fails.
pub fn compiled_into(name: &str) -> BTreeSet<String> {
    let tree =
        ["tree", "--locked", "--package", name, "--edges", "normal", "--prefix", "none", "--format", "{lib}"];
    let lines = cargo(&tree);
    lines.lines().map(|line| line.trim_end_matches(" (*)").replace('_', "-")).collect()
}

fn package(value: &Value) -> Package {
    let ours = items(&value["dependencies"]).filter(|dep| dep["kind"].is_null());
    Package {
        name: text(&value["name"]).to_owned(),
        license: value["license"].as_str().unwrap_or_default().to_owned(),
        source: value["source"].as_str().map(str::to_owned),
        dependencies: ours.map(|dep| text(&dep["name"]).to_owned()).collect(),
    }
}

fn cargo(arguments: &[&str]) -> String {
    let asked = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let asked = asked.expect("cargo runs");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    String::from_utf8(asked.stdout).expect("cargo writes UTF-8")
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
