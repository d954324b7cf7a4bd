//! What the desk sees to now and then: it forgets what is long over, and shows what never came.

use std::time::Duration;

use crossdock_ledger::{Fallen, Ledger, LedgerError, Missing};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::time::Instant;

use crate::group::group;

/// Time between two housekeepings, in minutes.
const EVERY_MINUTES: u64 = 10;

/// How long what was done or discarded is kept, in hours: 30 days.
const KEPT_HOURS: i64 = 30 * 24;

/// How long a message that fell may be on its way to the desk, in minutes: longer than one waits that was given back, and is tried once
/// an hour. While the broker or the ledger is away it takes longer, and then what comes in the end takes the place of what was shown
/// for it.
const ON_ITS_WAY_MINUTES_MAX: i64 = 90;

/// Most that are shown in one transaction: nobody else changes dead letters meanwhile.
const AT_ONCE_MAX: usize = 100;

/// Class of what stands for a message that fell and never came.
const NEVER_CAME: &str = "never-came";

/// Says when it is time to keep house: now and then, and first as soon as the desk has caught up. What came to its queue while no desk
/// ran would else be shown as what never came, a moment before it is taken.
pub(crate) struct Rota {
    since: Instant,
    is_first: bool,
}

impl Rota {
    pub(crate) fn begin() -> Self {
        Self { since: Instant::now(), is_first: true }
    }

    /// Whether it is time. If so, the next time is counted from now.
    pub(crate) fn is_due(&mut self, desk_caught_up: bool) -> bool {
        let is_due =
            (self.is_first && desk_caught_up) || self.since.elapsed() >= Duration::from_mins(EVERY_MINUTES);
        if is_due {
            *self = Self { since: Instant::now(), is_first: false };
        }
        is_due
    }
}

pub(crate) async fn keep_house(ledger: &dyn Ledger, now: Timestamp) -> Result<(), LedgerError> {
    forget(ledger, now).await?;
    show_missing(ledger, now).await
}

async fn forget(ledger: &dyn Ledger, now: Timestamp) -> Result<(), LedgerError> {
    let before = now - SignedDuration::from_hours(KEPT_HOURS);
    loop {
        let forgotten = ledger.forget_dead_letters(before).await?;
        if forgotten == 0 {
            return Ok(());
        }
        tracing::info!(
            messages = forgotten,
            "forgot what was done or discarded {} days ago",
            KEPT_HOURS / 24
        );
    }
}

/// Later messages of an order wait behind one that fell. If somebody emptied the queue that it was on, they would for ever, and nobody
/// would see why.
async fn show_missing(ledger: &dyn Ledger, now: Timestamp) -> Result<(), LedgerError> {
    let missing = ledger.missing(now - SignedDuration::from_mins(ON_ITS_WAY_MINUTES_MAX)).await?;
    if missing.is_empty() {
        return Ok(());
    }
    tracing::warn!(
        messages = missing.len(),
        class = NEVER_CAME,
        "messages that failed never came to the desk; later ones of their orders wait until they come or are discarded"
    );
    let mut stand_ins = Vec::with_capacity(missing.len());
    for one in missing {
        stand_ins.push(stand_in(ledger, one).await?);
    }
    for some in stand_ins.chunks(AT_ONCE_MAX) {
        ledger.bury_missing(some, now).await?;
    }
    Ok(())
}

/// What is known of a message that did not come.
async fn stand_in(
    ledger: &dyn Ledger,
    Missing { message, subject, fell_at }: Missing,
) -> Result<Fallen, LedgerError> {
    let order = ledger.order_by_number(&subject.as_str().into()).await?;
    let store = order.map_or_else(String::new, |order| order.store.to_string());
    let chain = "it failed and never came to the desk: a queue was emptied by hand, or it is still on its way; once it is discarded, what \
                 waits behind it goes on";
    Ok(Fallen {
        group: group(&message.role, &store, NEVER_CAME, chain),
        message,
        store,
        subject: Some(subject),
        kind: String::new(),
        content_type: String::new(),
        properties: json!({}),
        body: Vec::new(),
        class: NEVER_CAME.to_owned(),
        chain: chain.to_owned(),
        cause: chain.to_owned(),
        attempts: 0,
        first_failed_at: fell_at,
        last_failed_at: fell_at,
        waits: false,
        replay: None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crossdock_ledger::{Acting, DeadLetterState, DeadLettersWanted, MessageKey};
    use tempfile::TempDir;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn house_is_kept_first_when_the_desk_has_caught_up_and_then_every_ten_minutes() {
        let pass = async |secs| tokio::time::advance(Duration::from_secs(secs)).await;
        let mut rota = Rota::begin();
        assert!(!rota.is_due(false), "what fell may lie on its queue");
        pass(300).await;
        assert!(rota.is_due(true));
        assert!(!rota.is_due(true));
        pass(599).await;
        assert!(!rota.is_due(true));
        pass(1).await;
        assert!(rota.is_due(false));
        assert!(!rota.is_due(true));
        let mut of_a_desk_that_never_does = Rota::begin();
        pass(600).await;
        assert!(of_a_desk_that_never_does.is_due(false));
    }

    fn message(id: &str) -> MessageKey {
        MessageKey { role: "tracking-writer".to_owned(), message_id: id.to_owned() }
    }

    async fn opened() -> (Arc<dyn Ledger>, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("ledger.db").display());
        (crossdock_ledger::open(&url.into()).await.unwrap(), folder)
    }

    #[tokio::test]
    async fn what_was_discarded_can_be_taken_back_for_30_days_and_not_any_more_after_that() {
        let (ledger, _folder) = opened().await;
        let began = Timestamp::now();
        let after = |days: i64, minutes| {
            began + SignedDuration::from_hours(24 * days) + SignedDuration::from_mins(minutes)
        };
        let acting = |at| Acting { who: "anna".to_owned(), at, note: "not needed".to_owned() };
        let fell = Missing { message: message("e1"), subject: "BG1".to_owned(), fell_at: began };
        let failed = Fallen { body: b"{}".to_vec(), ..stand_in(&*ledger, fell).await.unwrap() };
        ledger.bury(&[failed], began).await.unwrap();
        let all = DeadLettersWanted::default();
        let discarded = ledger.discard(&all, &acting(began)).await.unwrap().unwrap();
        let taken_back = after(30, -1);
        keep_house(&*ledger, taken_back).await.unwrap();
        assert_eq!(ledger.undo_discard(discarded, &acting(taken_back)).await.unwrap(), 1);
        assert_eq!(ledger.dead_letters(&all).await.unwrap()[0].state, DeadLetterState::Dead);

        let anew = ledger.discard(&all, &acting(after(31, 0))).await.unwrap().unwrap();
        keep_house(&*ledger, after(31 + 30, 1)).await.unwrap();
        assert_eq!(ledger.undo_discard(anew, &acting(after(31 + 30, 2))).await.unwrap(), 0);
        assert_eq!(ledger.dead_letters(&all).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_former_dead_letter_that_is_shown_again_is_done_when_its_message_is_handled_in_the_end() {
        let (ledger, _folder) = opened().await;
        let now = Timestamp::now();
        let ago = |minutes| now - SignedDuration::from_mins(minutes);
        let missing = |id| Missing { message: message(id), subject: "BG1".to_owned(), fell_at: ago(300) };
        let failed = stand_in(&*ledger, missing("e1")).await.unwrap();
        let failed = Fallen { class: "shop-refused".to_owned(), body: b"{}".to_vec(), ..failed };
        ledger.bury(&[failed], ago(300)).await.unwrap();
        let all = DeadLettersWanted::default();
        let act = Acting { who: "anna".to_owned(), at: ago(200), note: "not needed".to_owned() };
        ledger.discard(&all, &act).await.unwrap().unwrap();
        ledger.falls(&message("e1"), "BG1", ago(100)).await.unwrap();
        keep_house(&*ledger, now).await.unwrap();
        let shown = ledger.dead_letters(&all).await.unwrap().remove(0);
        assert_eq!((shown.class.as_str(), shown.state), (NEVER_CAME, DeadLetterState::Dead));
        ledger.rises(&message("e1"), now).await.unwrap();
        assert_eq!(ledger.dead_letters(&all).await.unwrap()[0].state, DeadLetterState::Done);
    }

    #[tokio::test]
    async fn a_message_that_never_came_is_seen_after_a_while_and_discarding_it_lets_the_order_go_on() {
        let (ledger, _folder) = opened().await;
        let fell_at = Timestamp::now();
        let after = |minutes| fell_at + SignedDuration::from_mins(minutes);
        ledger.falls(&message("e1"), "BG1", fell_at).await.unwrap();
        keep_house(&*ledger, after(90)).await.unwrap();
        let all = DeadLettersWanted::default();
        assert_eq!(ledger.dead_letters(&all).await.unwrap(), [], "it may be on its way");

        keep_house(&*ledger, after(91)).await.unwrap();
        keep_house(&*ledger, after(92)).await.unwrap();
        let letters = ledger.dead_letters(&all).await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!((letters[0].class.as_str(), letters[0].subject.as_deref()), (NEVER_CAME, Some("BG1")));
        assert_eq!((letters[0].state, letters[0].failures), (DeadLetterState::Dead, 0));
        let act = Acting { who: "anna".to_owned(), at: after(93), note: "purged".to_owned() };
        assert_eq!(ledger.begin_replay(&all, &act).await.unwrap(), None, "there is nothing to be sent");
        assert_eq!(ledger.falls_behind(&message("e2"), "BG1").await.unwrap().as_deref(), Some("e1"));
        ledger.discard(&all, &act).await.unwrap().unwrap();
        assert_eq!(ledger.falls_behind(&message("e2"), "BG1").await.unwrap(), None);
        keep_house(&*ledger, after(200)).await.unwrap();
        assert_eq!(ledger.dead_letters(&all).await.unwrap()[0].state, DeadLetterState::Discarded);
        keep_house(&*ledger, after(93 + 30 * 24 * 60 + 1)).await.unwrap();
        assert_eq!(ledger.dead_letters(&all).await.unwrap(), [], "a month later it is forgotten");
    }
}
