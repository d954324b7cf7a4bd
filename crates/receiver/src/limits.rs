//! What one sender may take of the receiver, and how long the receiver waits for whom.

use std::time::Duration;

use crate::rate::Rate;

/// Largest callback body accepted, in bytes.
///
/// Shops send a few hundred bytes; this leaves room and bounds memory per connection.
/// Error: 413, and the shop retries on its own schedule.
pub const WEBHOOK_BODY_BYTES_MAX: usize = 256 * 1024;

/// Largest body accepted from the warehouse, in bytes: a batch of some thousand events.
pub const WAREHOUSE_BODY_BYTES_MAX: usize = 1024 * 1024;

/// Largest request head accepted, in bytes. BigCommerce sends up to 8 KiB of headers that its user has set.
pub(crate) const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Most that may be held of all bodies together, in bytes. Who has no room is answered 503 at once.
///
/// Memory for a connection is at most two buffers of [`HEAD_BYTES_MAX`] and its body; for all connections about 112 MiB.
const BODIES_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What each body may hold of the room that is kept for small ones, in bytes. Far more than any shop sends.
pub(crate) const SMALL_BODY_BYTES_MAX: usize = 16 * 1024;

/// Time for a request's head to arrive whole, in seconds.
const HEAD_SECS_MAX: u64 = 10;

/// Time between two requests of a connection, in seconds: above the 60 s for which balancers and proxies keep theirs.
const IDLE_SECS_MAX: u64 = 75;

/// Time for a request's body to arrive whole, in seconds.
const BODY_SECS_MAX: u64 = 10;

/// Failed verifications that an address may have at once; one is forgiven every 100 ms. Over it: 429.
const FAILURES_MAX: u32 = 100;

/// Log lines about refused requests of verified senders: while nothing can be stored, all of them are refused.
pub(crate) const REFUSAL_LINES: Rate = Rate { burst: 20, each: Duration::from_secs(1) };

/// What a refused address is told to wait, in seconds.
pub(crate) const FAILURES_RETRY_SECS: u64 = 10;

/// Time for RabbitMQ to confirm, or the spool to sync, all events of a request, in seconds.
///
/// Ecwid gives up after 10 s (docs.ecwid.com, How to process webhooks): our 503 is out before.
const CONFIRM_SECS_MAX: u64 = 8;

/// Time for RabbitMQ to confirm a request's events before the rest of them is spooled, in milliseconds: a confirm takes some ten.
const PATIENCE_MS_MAX: u64 = 1_000;

/// Time for spooled events on their way to be confirmed when stopping. What is not is sent again after the next start.
pub(crate) const DRAIN_FINISH: Duration = Duration::from_secs(5);

/// Time for the spool to write what it was given and to close its file when stopping. One whose disk does not answer is left behind.
pub(crate) const SPOOL_CLOSE: Duration = Duration::from_secs(5);

/// Connections held at once.
///
/// A further one takes the place of the one that waits longest for its peer (a head, the rest of a body, a next request); if all are at work, it is answered 503 at once. A shop
/// whose call waits in the kernel's queue counts it as failed too, only later. With the database and RabbitMQ it stays
/// below 1,024 open files, the usual limit of a process.
const CONNECTIONS_MAX: usize = 768;

/// Connections that are being answered 503 or 429 for there being no place for them. Further ones are closed without a word.
pub(crate) const TURNED_AWAY_MAX: usize = 64;

/// Time for a connection to be turned away, in milliseconds: it is let send its request, for else it might not read the answer.
pub(crate) const TURN_AWAY_MS_MAX: u64 = 1_000;

/// Age at which a connection is closed after its current request, in seconds, so that a balancer spreads them anew.
const CONNECTION_SECS_MAX: u64 = 3600;

/// Time between `/readyz` turning red and the listener closing, in seconds: balancers that look each second have seen it.
const UNREADY_SECS: u64 = 1;

/// Time for the requests in flight to finish once the listener has closed, in seconds.
const FINISH_SECS_MAX: u64 = 15;

/// The limits that a caller may want otherwise; the defaults are this module's constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time for a request's head to arrive whole.
    pub head: Duration,
    /// Time between two requests of a connection.
    pub idle: Duration,
    /// Time for a request's body to arrive whole.
    pub body: Duration,
    /// Most that may be held of all bodies together, in bytes.
    pub bodies_bytes: usize,
    /// Failed verifications that an address may have at once.
    pub failures: u32,
    /// Time for RabbitMQ to confirm all events of a request.
    pub confirm: Duration,
    /// Time for RabbitMQ to confirm a request's events before the rest of them is spooled.
    pub patience: Duration,
    /// Connections held at once.
    pub connections: usize,
    /// Age at which a connection is closed after its current request.
    pub connection_age: Duration,
    /// Time between `/readyz` turning red and the listener closing.
    pub unready: Duration,
    /// Time for the requests in flight to finish once the listener has closed.
    pub finish: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(HEAD_SECS_MAX),
            idle: Duration::from_secs(IDLE_SECS_MAX),
            body: Duration::from_secs(BODY_SECS_MAX),
            bodies_bytes: BODIES_BYTES_MAX,
            failures: FAILURES_MAX,
            confirm: Duration::from_secs(CONFIRM_SECS_MAX),
            patience: Duration::from_millis(PATIENCE_MS_MAX),
            connections: CONNECTIONS_MAX,
            connection_age: Duration::from_secs(CONNECTION_SECS_MAX),
            unready: Duration::from_secs(UNREADY_SECS),
            finish: Duration::from_secs(FINISH_SECS_MAX),
        }
    }
}
