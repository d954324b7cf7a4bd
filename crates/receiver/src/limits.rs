//! What one sender may take of the receiver, and how long the receiver waits for whom.

use std::time::Duration;

/// Largest callback body accepted, in bytes.
///
/// Shops send a few hundred bytes; this leaves room and bounds memory per connection.
/// Error: 413, and the shop retries on its own schedule.
pub const WEBHOOK_BODY_BYTES_MAX: usize = 256 * 1024;

/// Largest body accepted from the warehouse, in bytes: a batch of some thousand events.
pub const WAREHOUSE_BODY_BYTES_MAX: usize = 1024 * 1024;

/// Largest request head accepted, in bytes. BigCommerce sends up to 8 KiB of headers that its user has set.
pub(crate) const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Time for a request's head to arrive, in seconds; an idle connection is closed after it too.
const HEAD_SECS_MAX: u64 = 10;

/// Time for a request's body to arrive, in seconds.
const BODY_SECS_MAX: u64 = 10;

/// Time for RabbitMQ to confirm, or the spool to sync, all events of a request, in seconds.
///
/// Ecwid gives up after 10 s (docs.ecwid.com, How to process webhooks): our 503 is out before.
const CONFIRM_SECS_MAX: u64 = 8;

/// Time for RabbitMQ to confirm a request's events before the rest of them is spooled, in milliseconds: a confirm takes some ten.
const PATIENCE_MS_MAX: u64 = 1_000;

/// Time for spooled events on their way to be confirmed when stopping. What is not is sent again after the next start.
pub(crate) const DRAIN_FINISH: Duration = Duration::from_secs(5);

/// Connections held at once. Further ones wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 1024;

/// Verified requests that may wait for RabbitMQ at once. Further ones are answered 503 at once.
///
/// Only verified ones count: nobody without a secret can take these places.
const REQUESTS_MAX: usize = 512;

/// Age at which a connection is closed after its current request, in seconds, so that a balancer spreads them anew.
const CONNECTION_SECS_MAX: u64 = 3600;

/// Time between `/readyz` turning red and the listener closing, in seconds: balancers that look each second have seen it.
const UNREADY_SECS: u64 = 1;

/// Time for the requests in flight to finish once the listener has closed, in seconds.
const FINISH_SECS_MAX: u64 = 15;

/// The limits that a caller may want otherwise; the defaults are this module's constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time for a request's head to arrive.
    pub head: Duration,
    /// Time for a request's body to arrive.
    pub body: Duration,
    /// Time for RabbitMQ to confirm all events of a request.
    pub confirm: Duration,
    /// Time for RabbitMQ to confirm a request's events before the rest of them is spooled.
    pub patience: Duration,
    /// Connections held at once.
    pub connections: usize,
    /// Verified requests that may wait for RabbitMQ at once.
    pub requests: usize,
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
            body: Duration::from_secs(BODY_SECS_MAX),
            confirm: Duration::from_secs(CONFIRM_SECS_MAX),
            patience: Duration::from_millis(PATIENCE_MS_MAX),
            connections: CONNECTIONS_MAX,
            requests: REQUESTS_MAX,
            connection_age: Duration::from_secs(CONNECTION_SECS_MAX),
            unready: Duration::from_secs(UNREADY_SECS),
            finish: Duration::from_secs(FINISH_SECS_MAX),
        }
    }
}
