//! What a test that fails has written stays: its configuration, its logs, its ledger.

use std::path::Path;

use tempfile::TempDir;

/// A temporary folder. If the test fails, it is kept, and where it is is printed.
pub(crate) struct KeptFolder(TempDir);

impl KeptFolder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for KeptFolder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.disable_cleanup(true);
            eprintln!("what the test has written is kept in {}", self.0.path().display());
        }
    }
}
