//! How long one batch of a shop works before it lets what waits behind it have a look.

use std::time::Duration;

use crossdock_domain::{Classify, Mend};
use tokio::time::Instant;

/// Time after which no further call is begun, in seconds: half of what the queue lets a batch run.
const TURN_SECS_MAX: u64 = 5 * 60;

/// Time until the rest is begun, in seconds.
const REST_SECS: u64 = 1;

/// A batch's time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    until: Instant,
}

/// There is more to do than fits into a turn. What was done stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is more to do; the rest follows")]
pub(crate) struct RestFollows;

impl Classify for RestFollows {
    fn mend(&self) -> Mend {
        Mend::WaitFor(Duration::from_secs(REST_SECS))
    }

    fn class(&self) -> &'static str {
        "rest-follows"
    }
}

impl Turn {
    pub(crate) fn begin() -> Self {
        Self { until: Instant::now() + Duration::from_secs(TURN_SECS_MAX) }
    }

    /// Fails once the time is over.
    pub(crate) fn go_on(self) -> Result<(), RestFollows> {
        if Instant::now() < self.until { Ok(()) } else { Err(RestFollows) }
    }
}
