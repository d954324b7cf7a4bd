//! The scripts of `deploy/local` that start and stop servers, each with its data under a folder.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use url::Url;

/// One of the scripts, and the folder of a server of its own.
pub(crate) struct LocalScript {
    name: &'static str,
    folder: tempfile::TempDir,
}

impl LocalScript {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    /// Runs a command of the script to its end.
    ///
    /// # Panics
    /// If it fails.
    pub(crate) async fn run(&self, command: &str, arguments: &[&str]) {
        let mut script = Command::new(self.path());
        script.arg(command).arg(self.folder.path()).args(arguments).stdin(Stdio::null());
        let done = script.status().await.expect("the script runs");
        assert!(done.success(), "{} {command}: {done}", self.name);
    }

    /// An address that the script has written down.
    ///
    /// # Panics
    /// If it has not.
    pub(crate) fn address(&self, name: &str) -> Url {
        let env = std::fs::read_to_string(self.folder.path().join("env"));
        let env = env.expect("the script writes its addresses");
        let line = env.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{name} is a URL in {env}"))
    }

    fn path(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/local").join(self.name)
    }
}

impl Drop for LocalScript {
    fn drop(&mut self) {
        let removed = std::process::Command::new(self.path()).arg("remove").arg(self.folder.path()).status();
        if !removed.is_ok_and(|status| status.success()) {
            eprintln!("the {} server in {} was left behind", self.name, self.folder.path().display());
        }
    }
}
