//! Log lines, on standard error: text for people, JSON for collectors.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// What is logged if nothing else is asked for: our own lines, and the libraries' troubles.
const FILTER_DEFAULT: &str = "warn,crossdock=info";

/// Before any filter, which may name it again: the queue tells of lapin's troubles itself, and lapin would print the whole
/// message that no queue takes, buyer and address included.
const FILTER_ALWAYS: &str = "lapin=off";

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One line a person reads.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging. `filter` is a list of `target=level`, as in `RUST_LOG`; one that cannot be read is replaced by the default.
///
/// Call it once: a second call changes nothing.
pub fn start(format: LogFormat, filter: Option<&str>) {
    let misread = filter.is_some_and(|text| EnvFilter::try_new(text).is_err());
    let filter = filter
        .and_then(|text| EnvFilter::try_new(format!("{FILTER_ALWAYS},{text}")).ok())
        .unwrap_or_else(|| EnvFilter::new(format!("{FILTER_ALWAYS},{FILTER_DEFAULT}")));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Else a reader that has gone would make every line panic, and whoever writes one with it.
        .log_internal_errors(false)
        .with_span_events(FmtSpan::NONE)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was already started");
    }
    if misread {
        tracing::warn!("RUST_LOG cannot be read and is left out; write for example warn,crossdock=debug");
    }
}
