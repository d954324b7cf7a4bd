//! What the desk sees to now and then: it forgets what is long over, and shows what never came.

use crossdock_ledger::{Fallen, Ledger, LedgerError, Missing};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::group::group;

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
    use crossdock_ledger::{Acting, DeadLetterState, DeadLettersWanted, MessageKey};

    use super::*;

    #[tokio::test]
    async fn a_message_that_never_came_is_seen_after_a_while_and_discarding_it_lets_the_order_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("ledger.db").display());
        let ledger = crossdock_ledger::open(&url.into()).await.unwrap();
        let message = |id: &str| MessageKey { role: "tracking-writer".to_owned(), message_id: id.to_owned() };
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
