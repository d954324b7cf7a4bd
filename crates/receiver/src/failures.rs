//! Failed verifications by address: who fails too often is refused before its body is read.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use crate::caller::Caller;
use crate::rate::{Bucket, Lines, Rate};
use crate::recent::Recent;

/// Addresses whose failures are remembered. Who uses more makes it forget; it takes 5 MiB at most.
const ADDRESSES_MAX: usize = 56 * 1024;

/// Addresses remembered for a request that was verified. Only who has a secret adds any.
const KNOWN_MAX: usize = 8 * 1024;

/// How long an address is remembered for a verified request, at least, in seconds.
const KNOWN_SECS: u64 = 24 * 60 * 60;

/// Time in which one failure is forgiven, in milliseconds: ten a second. A shop whose secret is wrong here is far below that.
const FORGIVEN_MS: u64 = 100;

/// Time between two log lines about one address, in seconds.
const TOLD_SECS: u64 = 60;

/// Log lines about failures of all addresses.
const LINES: Rate = Rate { burst: 20, each: Duration::from_millis(200) };

/// Failed verifications by address.
///
/// An address over its limit is refused, unless it is known for a verified request of the last day, or is one that many share:
/// then each of its requests is verified nonetheless, so that a forger cannot shut out the genuine sender beside him. What he
/// gains by that is one HMAC for each request, over a body for which there was room.
#[derive(Debug)]
pub(crate) struct Failures {
    book: Mutex<Book>,
    rate: Rate,
}

#[derive(Debug)]
struct Book {
    failing: Recent<u128, Failing>,
    known: Recent<u128, ()>,
    lines: Lines,
}

#[derive(Debug)]
struct Failing {
    bucket: Bucket,
    /// The last line about it.
    told: Option<Instant>,
    /// The last line that called it over its limit.
    told_over: Option<Instant>,
}

/// A failure that is to be logged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Failures before it, of all addresses, that were not logged.
    pub(crate) untold: u64,
    /// Whether the address is over its limit now.
    pub(crate) over: bool,
}

impl Failures {
    /// An address may fail `burst` times at once.
    pub(crate) fn new(burst: u32, now: Instant) -> Self {
        let rate = Rate { burst, each: Duration::from_millis(FORGIVEN_MS) };
        let kept = rate.span().max(Duration::from_secs(TOLD_SECS));
        let book = Book {
            failing: Recent::new(ADDRESSES_MAX, kept, now),
            known: Recent::new(KNOWN_MAX, Duration::from_secs(KNOWN_SECS), now),
            lines: Lines::new(LINES, now),
        };
        Self { book: Mutex::new(book), rate }
    }

    /// Whether a request of this caller is refused unread.
    pub(crate) fn refuse(&self, caller: Caller, now: Instant) -> bool {
        if caller.shared {
            return false;
        }
        let (book, key) = (self.lock(), caller.key());
        let over = book.failing.get(&key).is_some_and(|failing| failing.bucket.is_empty(self.rate, now));
        over && book.known.get(&key).is_none()
    }

    /// Counts a failure. A line, if it is to be logged: a flood of failures must not become one of lines.
    pub(crate) fn failed(&self, caller: Caller, now: Instant) -> Option<Line> {
        let mut book = self.lock();
        let Book { failing, lines, .. } = &mut *book;
        let new = || Failing { bucket: Bucket::new(now), told: None, told_over: None };
        let failing = failing.get_or_insert(caller.key(), now, new);
        failing.bucket.take(self.rate, now);
        let over = failing.bucket.is_empty(self.rate, now);
        let last = if over { failing.told_over } else { failing.told };
        let lately = last.is_some_and(|told| now.duration_since(told).as_secs() < TOLD_SECS);
        if lately {
            lines.skip();
            return None;
        }
        let untold = lines.next(now)?;
        failing.told = Some(now);
        failing.told_over = if over { Some(now) } else { failing.told_over };
        Some(Line { untold, over })
    }

    /// Takes down that this caller has sent something genuine.
    pub(crate) fn verified(&self, caller: Caller, now: Instant) {
        if !caller.shared {
            self.lock().known.get_or_insert(caller.key(), now, || ());
        }
    }

    /// Addresses whose failures are remembered now.
    pub(crate) fn addresses(&self) -> usize {
        self.lock().failing.len()
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("nobody panics while holding the book of failures")
    }
}

#[cfg(test)]
mod tests {
    use crossdock_settings::TrustedProxies;
    use http::HeaderMap;

    use super::*;

    fn caller(peer: &str) -> Caller {
        Caller::of(Some(peer.parse().unwrap()), &HeaderMap::new(), &TrustedProxies::default())
    }

    fn after(began: Instant, millis: u64) -> Instant {
        began + Duration::from_millis(millis)
    }

    #[test]
    fn an_address_over_its_limit_is_refused_until_it_has_been_quiet() {
        let began = Instant::now();
        let failures = Failures::new(5, began);
        let (forger, other) = (caller("203.0.113.7"), caller("203.0.113.8"));
        for count in 0..5 {
            assert!(!failures.refuse(forger, began), "after {count}");
            failures.failed(forger, began);
        }
        for _ in 0..1_000 {
            failures.failed(forger, began);
        }
        assert!(failures.refuse(forger, began) && !failures.refuse(other, began));
        assert!(failures.refuse(forger, after(began, FORGIVEN_MS - 1)));
        assert!(!failures.refuse(forger, after(began, FORGIVEN_MS)), "one is forgiven");
        failures.failed(forger, after(began, FORGIVEN_MS));
        assert!(failures.refuse(forger, after(began, FORGIVEN_MS)));
    }

    #[test]
    fn a_forger_does_not_shut_out_a_genuine_sender_with_his_address() {
        let now = Instant::now();
        let failures = Failures::new(5, now);
        for peer in ["203.0.113.7", "127.0.0.1", "10.0.0.1"] {
            let caller = caller(peer);
            for _ in 0..100 {
                failures.failed(caller, now);
            }
            failures.verified(caller, now);
            assert!(!failures.refuse(caller, now), "{peer}");
            assert!(
                !failures.refuse(caller, now + Duration::from_secs(KNOWN_SECS) - Duration::from_secs(1)),
                "{peer}"
            );
        }
    }

    #[test]
    fn a_flood_is_logged_in_a_few_lines_and_counted_whole() {
        let began = Instant::now();
        let failures = Failures::new(5, began);
        let forger = caller("203.0.113.7");
        let lines: Vec<Line> =
            (0..20_000).filter_map(|at| failures.failed(forger, after(began, at))).collect();
        assert_eq!(lines, [Line { untold: 0, over: false }, Line { untold: 3, over: true }]);
        let line = failures.failed(forger, after(began, 61_000)).unwrap();
        assert_eq!(line.untold, 20_000 - 5);
    }

    #[test]
    fn failures_from_many_addresses_fill_neither_the_memory_nor_the_log() {
        let began = Instant::now();
        let failures = Failures::new(5, began);
        let mut lines = 0;
        for number in 0..200_000_u32 {
            let forger = caller(&std::net::Ipv4Addr::from_bits(0x0800_0000 + number).to_string());
            lines += usize::from(failures.failed(forger, began).is_some());
        }
        assert_eq!(lines, LINES.burst as usize);
        assert!(failures.addresses() <= ADDRESSES_MAX, "{}", failures.addresses());
        let genuine = caller("203.0.113.7");
        failures.verified(genuine, began);
        for _ in 0..100 {
            failures.failed(genuine, began);
        }
        assert!(!failures.refuse(genuine, began), "who was verified is not forgotten for it");
    }
}
