//! Watching a replay until it has ended, or somebody has seen enough.

use std::time::Duration;

use crossdock_ledger::{ActId, Progress};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Followed, settled};
use crate::dead_letters::Desk;
use crate::progress;

/// Time between two looks, in milliseconds.
const LOOK_MS: u64 = 500;

/// A replay of which nothing was sent for so long, in seconds, has nobody who sends it. A desk looks every second.
const UNSENT_SECS_MAX: u64 = 10;

/// Longest time without a change, in seconds, before it is told what a replay may wait for.
const STILL_SECS_MAX: u64 = 30;

/// Said of what nobody sends.
const UNSENT: &str = "nothing was sent so far: does a process run the role dead-letters (`crossdock run --role dead-letters`)? \
     To a shop that refuses its credentials (`crossdock check`) nothing is sent until it takes them";

/// Said of what stands still.
const STILL: &str = "nothing was sent or came back for a while: what is on its way is tried again by its role for as long as a shop \
     or the warehouse is away, and what is about the same order goes after it (`crossdock dead-letters list --state queued,sent`, \
     `crossdock dead-letters show ID`); Ctrl-C only stops watching";

/// Shows how a replay goes until it has ended, or somebody has seen enough.
pub(super) async fn follow(desk: &Desk, id: ActId, stop: &CancellationToken) -> anyhow::Result<Followed> {
    let (mut shown, mut bar, mut standstill) = (0, None, Standstill::default());
    loop {
        let act = desk.act(id).await?;
        let Some(goes) = act.progress else { return Ok(Followed::Ended) };
        let total = usize::try_from(act.count).unwrap_or(usize::MAX);
        let bar = bar.get_or_insert_with(|| progress::Progress::over(total, "dead letters"));
        let now = usize::try_from(settled(&goes)).unwrap_or(total);
        if now > shown {
            bar.advance(now - shown);
            shown = now;
        }
        if goes.ended_at.is_some() {
            return Ok(Followed::Ended);
        }
        if let Some(hint) = standstill.hint(goes, Instant::now()) {
            bar.say(hint);
        }
        if stop.run_until_cancelled(tokio::time::sleep(Duration::from_millis(LOOK_MS))).await.is_none() {
            return Ok(Followed::Stopped);
        }
    }
}

/// How long a replay has stood still, and what was said of that.
#[derive(Default)]
struct Standstill {
    since: Option<(Progress, Instant)>,
    said: Option<&'static str>,
}

impl Standstill {
    /// What is to be said now of a replay that goes so: each hint once.
    fn hint(&mut self, goes: Progress, now: Instant) -> Option<&'static str> {
        let since = match self.since {
            Some((stood, since)) if stood == goes => since,
            _ => self.since.insert((goes, now)).1,
        };
        let still = now.duration_since(since).as_secs();
        let hint = match (is_untouched(&goes), still) {
            (true, UNSENT_SECS_MAX..) => UNSENT,
            (false, STILL_SECS_MAX..) => STILL,
            _ => return None,
        };
        (self.said.replace(hint) != Some(hint)).then_some(hint)
    }
}

fn is_untouched(progress: &Progress) -> bool {
    progress.sent + settled(progress) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_that_stands_still_says_once_what_it_may_wait_for() {
        let queued = Progress {
            queued: 2,
            sent: 0,
            sent_since: None,
            done: 0,
            dead: 0,
            left: 0,
            cancelled: false,
            ended_at: None,
        };
        let sent = Progress { queued: 1, sent: 1, ..queued };
        let done = Progress { sent: 0, done: 1, ..sent };
        let (mut standstill, began) = (Standstill::default(), Instant::now());
        let mut at = |secs, goes| standstill.hint(goes, began + Duration::from_secs(secs));
        assert_eq!((at(0, queued), at(9, queued), at(10, queued)), (None, None, Some(UNSENT)));
        assert_eq!((at(60, queued), at(61, sent), at(90, sent)), (None, None, None));
        assert_eq!((at(91, sent), at(200, sent)), (Some(STILL), None));
        assert_eq!((at(201, done), at(300, done)), (None, None));
    }
}
