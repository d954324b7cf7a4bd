//! The real `crossdock` binary in a terminal, as a person has it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::process::binary;

/// Longest wait for something to be shown, or for the end, in seconds.
const SHOW_SECS_MAX: u64 = 60;

/// A command in a terminal of its own; killed when dropped.
pub struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    shown: String,
}

impl Terminal {
    /// Starts a command with this configuration. No argument may have a quote in it.
    ///
    /// # Panics
    /// If the binary is not there, or no `env` or `script` (of coreutils and util-linux; every Debian has them).
    pub fn start(config: &Path, arguments: &[&str]) -> Self {
        let (binary, config) = (binary().display().to_string(), config.display().to_string());
        let words = [&[binary.as_str(), "--config", config.as_str()], arguments].concat();
        let line = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        // Whoever runs the tests in the background has them ignore Ctrl-C, and what they start too.
        let mut command = Command::new("env");
        command.args([
            "--default-signal=INT",
            "script",
            "--quiet",
            "--return",
            "--command",
            &line,
            "/dev/null",
        ]);
        command.env("SHELL", "/bin/sh").env("TERM", "xterm").env_remove("CROSSDOCK_CONFIG");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("coreutils' env starts");
        let (keys, screen) = (child.stdin.take(), child.stdout.take());
        let (keys, screen) = (keys.expect("it is piped"), screen.expect("it is piped"));
        Self { child, keys, screen, shown: String::new() }
    }

    /// Waits until this text is on the screen.
    ///
    /// # Panics
    /// If it does not come for a minute, or the command ends without it.
    pub async fn shows(&mut self, text: &str) {
        while !self.shown.contains(text) {
            assert!(self.read().await, "'{text}' is shown, not: {}", self.shown);
        }
    }

    /// Types this; `\n` is the enter key, `\x03` is Ctrl-C.
    ///
    /// # Panics
    /// If the terminal is gone.
    pub async fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).await.expect("the terminal takes keys");
        self.keys.flush().await.expect("the terminal takes keys");
    }

    /// Waits until it ends: its exit status (128 and the signal's number, if one ended it), and all that was shown.
    ///
    /// # Panics
    /// If it does not end for a minute.
    pub async fn ended(mut self) -> (i32, String) {
        while self.read().await {}
        let ended = timeout(Duration::from_secs(SHOW_SECS_MAX), self.child.wait()).await;
        let status = ended.expect("the command ends").expect("it can be waited for");
        (status.code().expect("script exits by itself"), self.shown)
    }

    /// Whether there was more to read.
    async fn read(&mut self) -> bool {
        let mut some = [0; 4096];
        let read = timeout(Duration::from_secs(SHOW_SECS_MAX), self.screen.read(&mut some)).await;
        let read = read.unwrap_or_else(|_| panic!("nothing more is shown after: {}", self.shown));
        let bytes = read.expect("the screen can be read");
        self.shown.push_str(&String::from_utf8_lossy(&some[..bytes]));
        bytes > 0
    }
}
