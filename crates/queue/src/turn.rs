//! How long a handler works on one batch before it lets what waits behind it have a look.

use std::time::Duration;

use crossdock_domain::{Classify, Mend};
use tokio::time::Instant;

use crate::consumer::HANDLE_SECS_MAX;

/// Time after which nothing further is begun, in seconds: half of what a batch may take.
const TURN_SECS_MAX: u64 = HANDLE_SECS_MAX / 2;

/// Time until the rest is begun, in seconds.
const REST_SECS: u64 = 1;

/// A batch's time, for handlers whose batches may take longer than the 10 minutes after which they are cut.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    until: Instant,
}

/// There is more to do than fits into a turn. What was done stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is more to do; the rest follows")]
pub struct RestFollows;

impl Classify for RestFollows {
    fn mend(&self) -> Mend {
        Mend::WaitFor(Duration::from_secs(REST_SECS))
    }

    fn class(&self) -> &'static str {
        "rest-follows"
    }
}

impl Turn {
    /// Begins now.
    pub fn begin() -> Self {
        Self { until: Instant::now() + Duration::from_secs(TURN_SECS_MAX) }
    }

    /// Whether something further may be begun.
    ///
    /// # Errors
    /// [`RestFollows`] once the time is over: what is left comes back a second later.
    pub fn go_on(self) -> Result<(), RestFollows> {
        if Instant::now() < self.until { Ok(()) } else { Err(RestFollows) }
    }
}
