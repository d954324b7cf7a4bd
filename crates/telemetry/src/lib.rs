//! Logs, metrics and traces: how a running Crossdock is watched.

mod chain;
pub mod logs;
pub mod metrics;
mod trace;
mod trace_parent;

pub use chain::chain;
pub use trace::Trace;
pub use trace_parent::TraceParent;
