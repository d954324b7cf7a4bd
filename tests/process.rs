//! The real `crossdock` binary.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::process::{Child, Command};

/// A running `crossdock run`; killed when dropped.
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts all roles, or those named, with this configuration. Its log goes to the test's output.
    ///
    /// # Panics
    /// If the binary is not there.
    pub fn start(config: &Path, roles: Option<&str>) -> Self {
        let mut command = command(config);
        command.arg("run");
        if let Some(roles) = roles {
            command.args(["--role", roles]);
        }
        Self { child: command.kill_on_drop(true).spawn().expect("the binary starts") }
    }

    /// Starts all roles, with nobody left to read the log.
    ///
    /// # Panics
    /// If the binary is not there.
    pub fn start_unheard(config: &Path) -> Self {
        let mut command = command(config);
        command.arg("run").stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("the binary starts");
        drop(child.stderr.take());
        Self { child }
    }

    /// Kills it as a power cut would.
    ///
    /// # Panics
    /// If it is gone already.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("the process still ran");
    }

    /// Sends it a signal, for example `TERM` or `HUP`.
    ///
    /// # Panics
    /// If it is gone already.
    pub async fn signal(&self, name: &str) {
        let id = self.child.id().expect("the process still runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await.expect("kill runs");
        assert!(sent.success());
    }

    /// Waits until it ends, and returns its exit status.
    ///
    /// # Panics
    /// If it was ended by a signal.
    pub async fn ended(mut self) -> i32 {
        self.child.wait().await.expect("the process can be waited for").code().expect("it exited by itself")
    }
}

/// Runs a command of the binary to its end.
///
/// # Panics
/// If the binary is not there.
pub async fn crossdock(config: &Path, arguments: &[&str]) -> Output {
    command(config)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .await
        .expect("the binary starts")
}

fn command(config: &Path) -> Command {
    let mut command = Command::new(binary());
    command.arg("--config").arg(config).stdin(Stdio::null()).env_remove("CROSSDOCK_CONFIG");
    command
}

/// Beside the test binary: `make test` builds it first.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test.parent().and_then(Path::parent).expect("test binaries lie in target/debug/deps");
    let binary = folder.join("crossdock");
    assert!(binary.exists(), "{} is not built: run `make test`, or `cargo build` first", binary.display());
    binary
}
