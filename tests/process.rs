//! The real `crossdock` binary.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;
use url::Url;

use crate::free_address::free_address;
use crate::log::Log;

/// Longest time for a process to end after it was told to, in seconds: longer than all of its own limits.
const END_SECS_MAX: u64 = 60;

/// A running `crossdock run`; killed when dropped.
pub struct Process {
    child: Child,
    metrics: Option<Url>,
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
        Self::spawn(command)
    }

    /// Starts roles without the receiver, and lets their metrics be asked for.
    ///
    /// # Panics
    /// If the binary is not there.
    pub fn start_observed(config: &Path, roles: &str) -> Self {
        let mut command = command(config);
        command.arg("run");
        Self::observed(command, roles)
    }

    /// Starts all roles, with nobody left to read the log.
    ///
    /// # Panics
    /// If the binary is not there.
    pub fn start_unheard(config: &Path) -> Self {
        let mut command = command(config);
        command.arg("run").stderr(Stdio::piped());
        let mut process = Self::spawn(command);
        drop(process.child.stderr.take());
        process
    }

    /// Starts a role whose files the system lets grow up to so many bytes: a write beyond that fails, as on a full disk.
    ///
    /// # Panics
    /// If there is no binary, or no `sh` and `prlimit`.
    pub fn start_with_files_up_to(config: &Path, role: &str, bytes_max: u64) -> Self {
        let mut command = Command::new("sh");
        // Ignored, the signal leaves an error of the write, and not a killed process.
        command.args(["-c", r#"trap "" XFSZ; limit=$1; shift; exec prlimit --fsize="$limit" "$@""#, "sh"]);
        command
            .arg(bytes_max.to_string())
            .arg(binary())
            .arg("--config")
            .arg(config)
            .args(["run", "--role", role]);
        command.stdin(Stdio::null()).env_remove("CROSSDOCK_CONFIG");
        Self::spawn(command)
    }

    /// Starts these roles, writing what passes this filter (as in `RUST_LOG`) into a log.
    ///
    /// # Panics
    /// If the binary is not there, or the log's folder takes no file.
    pub fn start_logging(config: &Path, roles: Option<&str>, log: &Log, filter: &str) -> Self {
        let mut command = logging(config, log, filter);
        if let Some(roles) = roles {
            command.args(["--role", roles]);
        }
        Self::spawn(command)
    }

    /// The same with roles without the receiver, whose metrics can be asked for.
    ///
    /// # Panics
    /// If the binary is not there, or the log's folder takes no file.
    pub fn start_logging_observed(config: &Path, roles: &str, log: &Log, filter: &str) -> Self {
        Self::observed(logging(config, log, filter), roles)
    }

    /// Starts another command, whose standard output [`Self::output`] returns.
    ///
    /// # Panics
    /// If the binary is not there.
    pub fn start_command(config: &Path, arguments: &[&str]) -> Self {
        let mut command = command(config);
        command.args(arguments).stdout(Stdio::piped());
        Self::spawn(command)
    }

    /// The same, with what it says on standard error in this file.
    ///
    /// # Panics
    /// If the binary is not there, or the file cannot be written.
    pub fn start_command_telling(config: &Path, arguments: &[&str], errors: &Path) -> Self {
        let errors = File::create(errors).expect("the file can be written");
        let mut command = command(config);
        command.args(arguments).stdout(Stdio::piped()).stderr(errors);
        Self::spawn(command)
    }

    fn observed(mut command: Command, roles: &str) -> Self {
        let address = free_address();
        command.args(["--role", roles, "--health", &address.to_string()]);
        let metrics = format!("http://{address}/metrics").parse().expect("an address makes a URL");
        Self { metrics: Some(metrics), ..Self::spawn(command) }
    }

    fn spawn(mut command: Command) -> Self {
        Self { child: command.kill_on_drop(true).spawn().expect("the command starts"), metrics: None }
    }

    /// Where its metrics are.
    ///
    /// # Panics
    /// If it was not started to be observed.
    pub fn metrics_url(&self) -> Url {
        self.metrics.clone().expect("the process was started to be observed")
    }

    /// Waits until it ends, and returns its exit status and what it printed.
    ///
    /// # Panics
    /// If it does not end for a minute.
    pub async fn output(self) -> Output {
        let ended = timeout(Duration::from_secs(END_SECS_MAX), self.child.wait_with_output()).await;
        ended.expect("the command ends").expect("the command can be waited for")
    }

    /// The memory that it holds, in KiB.
    ///
    /// # Panics
    /// If it is gone already.
    pub fn memory_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// The most memory that it has held at once so far, in KiB.
    ///
    /// # Panics
    /// If it is gone already.
    pub fn peak_memory_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    fn status_kib(&self, name: &str) -> u64 {
        let id = self.child.id().expect("the process still runs");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("Linux tells of processes");
        // Until it is a program of its own, Linux tells of the memory of the one that starts it.
        if !status.starts_with("Name:\tcrossdock\n") {
            return 0;
        }
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_suffix(" kB"));
        line.and_then(|kib| kib.trim().parse().ok()).expect("a running process holds memory")
    }

    /// Whether it handles SIGHUP by now, which ends a process that does not.
    ///
    /// # Panics
    /// If it is gone already.
    pub fn takes_hangups(&self) -> bool {
        let id = self.child.id().expect("the process still runs");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("Linux tells of processes");
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        // SIGHUP is the first of them.
        caught.expect("a running process has its signals") & 1 == 1
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
    /// If it does not end for a minute, or was ended by a signal.
    pub async fn ended(self) -> i32 {
        self.ended_within(Duration::from_secs(END_SECS_MAX)).await
    }

    /// Waits so long until it ends, and returns its exit status.
    ///
    /// # Panics
    /// If it does not end by then, or was ended by a signal.
    pub async fn ended_within(mut self, limit: Duration) -> i32 {
        let ended = timeout(limit, self.child.wait()).await;
        let ended = ended.unwrap_or_else(|_| panic!("the process ends within {limit:?}"));
        ended.expect("the process can be waited for").code().expect("it exited by itself")
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

/// `crossdock run`, whose log goes there.
fn logging(config: &Path, log: &Log, filter: &str) -> Command {
    let file = File::options().create(true).append(true).open(log.path()).expect("the log can be written");
    let mut command = command(config);
    command.args(["--log-format", "json", "run"]).env("RUST_LOG", filter).stderr(file);
    command
}

fn command(config: &Path) -> Command {
    let mut command = Command::new(binary());
    command.arg("--config").arg(config).stdin(Stdio::null()).env_remove("CROSSDOCK_CONFIG");
    command
}

/// Beside the test binary: `make test` builds it first.
///
/// # Panics
/// If it is not there.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test.parent().and_then(Path::parent).expect("test binaries lie in target/debug/deps");
    let binary = folder.join("crossdock");
    assert!(binary.exists(), "{} is not built: run `make test`, or `cargo build` first", binary.display());
    binary
}
