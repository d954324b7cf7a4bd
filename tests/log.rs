//! What a process has logged.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::eventually;

/// The log of a [`Process`](crate::process::Process), in a file, one JSON object a line.
#[derive(Debug, Clone)]
pub struct Log(PathBuf);

impl Log {
    /// A log to be written into this folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self(folder.join("log.jsonl"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// All lines so far; one that is being written is left out.
    ///
    /// # Panics
    /// If a whole line is not JSON.
    pub fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        // A panic's words are not ours to format.
        let ours = whole.lines().filter(|line| line.starts_with('{'));
        ours.map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
    }

    /// The lines with this message.
    pub fn saying(&self, message: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["message"] == message).collect()
    }

    /// The lines of this trace, by their own field or by that of the work within which they were written.
    pub fn of_trace(&self, id: &str) -> Vec<Value> {
        let own = |line: &Value| line["trace.id"] == id || line["span"]["trace.id"] == id;
        self.lines().into_iter().filter(own).collect()
    }

    /// Waits until this message has been logged so many times, and returns the last of them.
    pub async fn has_said(&self, message: &str, times: usize) -> Value {
        let claim = format!("the log says {times} times: {message}");
        eventually(&claim, || async { self.saying(message).into_iter().nth(times - 1) }).await
    }
}
