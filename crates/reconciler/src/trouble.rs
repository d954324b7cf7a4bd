//! Trouble that lasts is logged when it begins, when it changes, and when it is over.

use std::time::Duration;

use crossdock_domain::Mend;
use crossdock_queue::Failure;

/// Longest time until a round that has failed is tried again, in seconds, where waiting may mend it.
const RETRY_SECS_MAX: u64 = 15;

/// Time until a round that has failed is tried again, if rounds begin this far apart.
pub(crate) fn pause_after(failure: &Failure, every: Duration) -> Duration {
    match failure.mend {
        Mend::WaitFor(wait) => wait,
        Mend::Wait => every.min(Duration::from_secs(RETRY_SECS_MAX)),
        Mend::Credentials | Mend::Never => every,
    }
}

/// What stands in the way, if anything does.
#[derive(Debug, Default)]
pub(crate) struct Trouble(Option<&'static str>);

impl Trouble {
    /// It failed. Tells the failure's causes, unless they were told already; that another process is at it is no trouble.
    pub(crate) fn is(&mut self, failure: &Failure, tell: impl FnOnce(&str)) {
        if !matches!(failure.mend, Mend::WaitFor(_)) && self.0.replace(failure.class) != Some(failure.class) {
            tell(&failure.chain);
        }
    }

    /// It went well. Tells so if it did not before.
    pub(crate) fn is_over(&mut self, tell: impl FnOnce()) {
        if self.0.take().is_some() {
            tell();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_when_it_begins_changes_and_ends() {
        let failure = |class, mend| Failure { class, chain: class.to_owned(), mend };
        let (mut trouble, mut told) = (Trouble::default(), Vec::new());
        let history = [
            failure("shop-unavailable", Mend::Wait),
            failure("shop-unavailable", Mend::Wait),
            failure("busy-elsewhere", Mend::WaitFor(Duration::from_secs(5))),
            failure("shop-credentials-refused", Mend::Credentials),
        ];
        for failure in &history {
            trouble.is(failure, |error| told.push(error.to_owned()));
        }
        trouble.is_over(|| told.push("over".to_owned()));
        trouble.is_over(|| told.push("over".to_owned()));
        assert_eq!(told, ["shop-unavailable", "shop-credentials-refused", "over"]);
    }
}
