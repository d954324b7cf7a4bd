//! Names of the headers that a message carries once it has failed. Part of the wire contract: dead letters are read by them.

/// How the names of all of these begin. All other headers are the sender's, and stay as they are.
pub(crate) const OURS: &str = "x-crossdock-";

/// Kind of failure, a stable word. Dead letters only.
pub const CLASS: &str = "x-crossdock-class";

/// The error and all its causes in one line, shortened to 2 KiB. Dead letters only.
pub const CHAIN: &str = "x-crossdock-chain";

/// Counted attempts that have failed, a whole number.
pub const ATTEMPTS: &str = "x-crossdock-attempts";

/// When the first attempt failed, RFC 3339.
pub const FIRST_FAILURE: &str = "x-crossdock-first-failure";

/// When the last attempt failed, RFC 3339. Dead letters only.
pub const LAST_FAILURE: &str = "x-crossdock-last-failure";

/// The role that could not handle it. Dead letters only.
pub const ROLE: &str = "x-crossdock-role";

/// The lane in which it was handled: the shop's id; empty if it could not be read. Dead letters only.
pub const STORE: &str = "x-crossdock-store";

/// The order or SKU that it is about; absent if it is about none. Dead letters only.
pub const SUBJECT: &str = "x-crossdock-subject";

/// Which replay of a dead letter it is, as the desk names it. What becomes of it carries it on.
pub const REPLAY: &str = "x-crossdock-replay";

/// What became of a replay, without the message: [`DONE`]. One that failed again is a dead letter instead.
pub const OUTCOME: &str = "x-crossdock-outcome";

/// The outcome of a replay that was handled for good.
pub const DONE: &str = "done";

/// How large the sender's own headers were, in bytes, if they were too large to be carried on; a whole number.
pub const LEFT_OUT_BYTES: &str = "x-crossdock-left-out-bytes";

/// Routing key with which it was first published.
pub const ROUTING_KEY: &str = "x-crossdock-routing-key";
