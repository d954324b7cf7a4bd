//! A RabbitMQ node of one test alone, to be stopped, started and killed.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use url::Url;

use crate::broker::Vhost;

/// A private node; stopped and removed when dropped.
pub struct Node {
    folder: tempfile::TempDir,
}

impl Node {
    /// Starts one. Takes some ten seconds.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn create() -> Self {
        let node = Self { folder: tempfile::tempdir().expect("a temporary folder can be made") };
        node.start().await;
        node
    }

    /// Starts it again, with the data that it had.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(&self) {
        self.run("start").await;
    }

    /// Stops it as an operator would.
    ///
    /// # Panics
    /// If that fails.
    pub async fn stop(&self) {
        self.run("stop").await;
    }

    /// Kills it as a power cut would.
    ///
    /// # Panics
    /// If that fails.
    pub async fn kill(&self) {
        self.run("kill").await;
    }

    /// Freezes it: its connections stand, and it says nothing any more.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn pause(&self) {
        self.run("pause").await;
    }

    /// Lets it go on.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn resume(&self) {
        self.run("resume").await;
    }

    /// Raises its memory alarm: it blocks every connection that publishes.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn raise_alarm(&self) {
        self.run_with("ctl", &["set_vm_memory_high_watermark", "0.0001"]).await;
    }

    /// Ends the alarm.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn end_alarm(&self) {
        self.run_with("ctl", &["set_vm_memory_high_watermark", "0.6"]).await;
    }

    /// A fresh virtual host on it.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn vhost(&self) -> Vhost {
        let env =
            std::fs::read_to_string(self.folder.path().join("env")).expect("the script writes its addresses");
        let at = |name: &str| -> Url {
            let line = env.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{name} is a URL in {env}"))
        };
        Vhost::create_at(&at("AMQP_URL"), &at("RABBITMQ_API")).await
    }

    async fn run(&self, command: &str) {
        self.run_with(command, &[]).await;
    }

    async fn run_with(&self, command: &str, arguments: &[&str]) {
        let done = Command::new(script())
            .arg(command)
            .arg(self.folder.path())
            .args(arguments)
            .stdin(Stdio::null())
            .status()
            .await
            .expect("the script runs");
        assert!(done.success(), "rabbitmq {command}: {done}");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let killed = std::process::Command::new(script()).arg("remove").arg(self.folder.path()).status();
        if !killed.is_ok_and(|status| status.success()) {
            eprintln!("the RabbitMQ node in {} was left behind", self.folder.path().display());
        }
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/local/rabbitmq")
}
