//! Dead letters: taken, read, replayed, given up. What the tests of this folder have in common stands here.

mod acting;
mod burying;
mod courses;
mod discarding;
mod falling;
mod falling_anew;
mod forgetting;
mod grouping;
mod listing;
mod missing;
mod model;
mod previewing;
mod replaying;
mod sending;
mod sending_limits;
mod together;

use crossdock_ledger::{
    ActId, Acting, DeadLetter, DeadLetterId, DeadLetterState, DeadLettersWanted, Fallen, Ledger, MessageKey,
    Paused, Progress, ReplayKey, ToSend,
};
use serde_json::json;

use crate::samples::minute;

pub(crate) const IMPORTER: &str = "order-importer";

pub(crate) fn message(id: &str) -> MessageKey {
    MessageKey { role: IMPORTER.to_owned(), message_id: id.to_owned() }
}

/// A message of acme-au's that failed at this minute, about a subject of its own.
pub(crate) fn fallen(id: &str, at: i64) -> Fallen {
    Fallen {
        message: message(id),
        store: "acme-au".to_owned(),
        subject: Some(id.to_owned()),
        kind: "shop.order.changed".to_owned(),
        content_type: "application/cloudevents+json".to_owned(),
        properties: json!({ "headers": { "x-tried": at } }),
        body: format!("body of minute {at}").into_bytes(),
        class: "order-invalid".to_owned(),
        chain: format!("order {id} has no lines at minute {at}"),
        cause: "order # has no lines at minute #".to_owned(),
        group: "0a0a0a0a".to_owned(),
        attempts: 3,
        first_failed_at: minute(at),
        last_failed_at: minute(at),
        waits: false,
        replay: None,
    }
}

/// The same, as it fails after this sending.
pub(crate) fn fallen_after(sent: &ToSend, at: i64) -> Fallen {
    Fallen {
        message: sent.message.clone(),
        replay: Some(sent.replay),
        ..fallen(&sent.message.message_id, at)
    }
}

pub(crate) fn acting(at: i64) -> Acting {
    Acting { who: "jo".to_owned(), at: minute(at), note: format!("act of minute {at}") }
}

pub(crate) fn all() -> DeadLettersWanted {
    DeadLettersWanted::default()
}

pub(crate) fn only(ids: &[DeadLetterId]) -> DeadLettersWanted {
    DeadLettersWanted { ids: ids.to_vec(), ..all() }
}

pub(crate) async fn bury(ledger: &dyn Ledger, fallen: &[Fallen], at: i64) {
    ledger.bury(fallen, minute(at)).await.unwrap();
}

/// The dead letter about this subject.
pub(crate) async fn letter(ledger: &dyn Ledger, subject: &str) -> DeadLetter {
    let wanted = DeadLettersWanted { subject: Some(subject.to_owned()), ..all() };
    let mut letters = ledger.dead_letters(&wanted).await.unwrap();
    assert_eq!(letters.len(), 1, "{letters:?}");
    letters.remove(0)
}

pub(crate) async fn state(ledger: &dyn Ledger, subject: &str) -> DeadLetterState {
    letter(ledger, subject).await.state
}

/// A replay of all that is dead.
pub(crate) async fn replay_all(ledger: &dyn Ledger, at: i64) -> ActId {
    ledger.begin_replay(&all(), &acting(at)).await.unwrap().unwrap()
}

/// What is sent now, confirmed.
pub(crate) async fn send(ledger: &dyn Ledger, at: i64) -> Vec<ToSend> {
    let next = ledger.next_to_send(250, &Paused::default(), minute(at)).await.unwrap();
    let keys: Vec<ReplayKey> = next.iter().map(|sent| sent.replay).collect();
    ledger.sent(&keys).await.unwrap();
    next
}

/// The only one that is sent now.
pub(crate) async fn send_one(ledger: &dyn Ledger, at: i64) -> ToSend {
    let mut next = send(ledger, at).await;
    assert_eq!(next.len(), 1, "{next:?}");
    next.remove(0)
}

pub(crate) async fn revive(ledger: &dyn Ledger, sent: &ToSend, at: i64) {
    ledger.revive(&[sent.replay], minute(at)).await.unwrap();
}

pub(crate) fn ids_of(sent: &[ToSend]) -> Vec<&str> {
    sent.iter().map(|sent| sent.message.message_id.as_str()).collect()
}

pub(crate) async fn progress(ledger: &dyn Ledger, replay: ActId) -> Progress {
    let act = ledger.act(replay).await.unwrap().unwrap();
    let progress = act.progress.unwrap();
    let sum = progress.queued + progress.sent + progress.done + progress.dead + progress.left;
    assert_eq!(sum, act.count, "{progress:?}");
    assert_eq!(progress.sent_since.is_some(), progress.sent > 0, "{progress:?}");
    assert_eq!(progress.ended_at.is_some(), progress.queued + progress.sent == 0, "{progress:?}");
    progress
}

/// Queued, sent, done, dead and left.
pub(crate) async fn numbers(ledger: &dyn Ledger, replay: ActId) -> [u64; 5] {
    let Progress { queued, sent, done, dead, left, .. } = progress(ledger, replay).await;
    [queued, sent, done, dead, left]
}
