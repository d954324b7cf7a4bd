//! Logs, metrics and traces: how a running Crossdock is watched.

mod chain;
pub mod logs;
pub mod metrics;
mod trace_parent;

pub use chain::chain;
pub use trace_parent::TraceParent;
