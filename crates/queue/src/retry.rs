//! Whether a failed message is tried again, and after how long.

use std::time::Duration;

use crossdock_domain::Mend;

/// Counted attempts before a message is dead: about 7 hours on the ladder below.
pub(crate) const ATTEMPTS_MAX: u32 = 12;

/// A queue in which messages wait out a fixed time. One per step, because a queue expires messages only at its head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RetryStep {
    /// Of the queue, and of the fanout exchange that leads to it.
    pub queue: &'static str,
    /// How long a message stays.
    pub wait_ms: u32,
}

/// The steps, from the shortest wait to the longest.
pub(crate) const RETRY_STEPS: [RetryStep; 5] = [
    RetryStep { queue: "crossdock.retry.5s", wait_ms: 5_000 },
    RetryStep { queue: "crossdock.retry.30s", wait_ms: 30_000 },
    RetryStep { queue: "crossdock.retry.2m", wait_ms: 120_000 },
    RetryStep { queue: "crossdock.retry.10m", wait_ms: 600_000 },
    RetryStep { queue: "crossdock.retry.1h", wait_ms: 3_600_000 },
];

/// Where messages wait that are put off without having failed.
pub(crate) const SHORTEST: &RetryStep = &RETRY_STEPS[0];

/// Where messages wait for new credentials: an operator's fix is taken up within 2 minutes.
const FOR_CREDENTIALS: &RetryStep = &RETRY_STEPS[2];

/// What is done with a failed message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It waits at this step, then is tried again.
    Retry {
        /// Where.
        step: &'static RetryStep,
        /// Whether it is one of the [`ATTEMPTS_MAX`].
        counted: bool,
    },
    /// It goes to the dead letters.
    Dead,
}

impl Verdict {
    /// Judges a failure. `attempt` is 1 for the first one.
    pub(crate) fn of(mend: Mend, attempt: u32) -> Self {
        match mend {
            Mend::Never => Self::Dead,
            Mend::Wait if attempt >= ATTEMPTS_MAX => Self::Dead,
            Mend::Wait => Self::Retry { step: after_attempts(attempt), counted: true },
            Mend::WaitFor(wait) => Self::Retry { step: at_least(wait), counted: false },
            Mend::Credentials => Self::Retry { step: FOR_CREDENTIALS, counted: false },
        }
    }
}

fn after_attempts(attempt: u32) -> &'static RetryStep {
    let step = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    &RETRY_STEPS[step.min(RETRY_STEPS.len() - 1)]
}

fn at_least(wait: Duration) -> &'static RetryStep {
    let long_enough = |step: &&RetryStep| Duration::from_millis(step.wait_ms.into()) >= wait;
    RETRY_STEPS.iter().find(long_enough).unwrap_or(&RETRY_STEPS[RETRY_STEPS.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(queue: &str, verdict: &Verdict, counted: bool) {
        assert!(
            matches!(verdict, Verdict::Retry { step, counted: is } if step.queue == queue && *is == counted),
            "{verdict:?}"
        );
    }

    #[test]
    fn waits_grow_with_attempts_until_the_message_is_dead() {
        let ladder = ["5s", "30s", "2m", "10m", "1h", "1h", "1h", "1h", "1h", "1h", "1h"];
        for (attempt, step) in (1..).zip(ladder) {
            retry(&format!("crossdock.retry.{step}"), &Verdict::of(Mend::Wait, attempt), true);
        }
        assert_eq!(Verdict::of(Mend::Wait, ATTEMPTS_MAX), Verdict::Dead);
    }

    #[test]
    fn a_wait_that_the_shop_asks_for_is_kept_and_never_counts() {
        for (secs, step) in
            [(0, "5s"), (5, "5s"), (6, "30s"), (31, "2m"), (121, "10m"), (601, "1h"), (7_200, "1h")]
        {
            let verdict = Verdict::of(Mend::WaitFor(Duration::from_secs(secs)), ATTEMPTS_MAX + 5);
            retry(&format!("crossdock.retry.{step}"), &verdict, false);
        }
    }

    #[test]
    fn dead_credentials_wait_and_hopeless_messages_do_not() {
        retry("crossdock.retry.2m", &Verdict::of(Mend::Credentials, 40), false);
        assert_eq!(Verdict::of(Mend::Never, 1), Verdict::Dead);
    }
}
