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

/// Shows how a replay goes until it has ended, or somebody has seen enough.
pub(super) async fn follow(desk: &Desk, id: ActId, stop: &CancellationToken) -> anyhow::Result<Followed> {
    let began = Instant::now();
    let (mut shown, mut bar, mut warned) = (0, None, false);
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
        if !warned && began.elapsed().as_secs() >= UNSENT_SECS_MAX && is_untouched(&goes) {
            warned = true;
            bar.say(
                "nothing was sent so far: does a process run the role dead-letters (`crossdock run --role dead-letters`)? To a shop \
                 that refuses its credentials (`crossdock check`) nothing is sent until it takes them",
            );
        }
        if stop.run_until_cancelled(tokio::time::sleep(Duration::from_millis(LOOK_MS))).await.is_none() {
            return Ok(Followed::Stopped);
        }
    }
}

fn is_untouched(progress: &Progress) -> bool {
    progress.sent + settled(progress) == 0
}
