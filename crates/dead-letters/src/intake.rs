//! Takes what comes off the dead-letter queue into the ledger.
//!
//! In       dead letters, and what became of replays
//! Effects  entries in the ledger
//! Replay   safe: a failure that was taken before changes nothing

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_ledger::{DeadLetterId, Fallen, Ledger, MessageKey, ReplayKey};
use crossdock_queue::{DeadLetter, Desk, Failure, Fate};
use jiff::Timestamp;

use crate::address::Address;
use crate::cause::cause;
use crate::group::group;

/// Class of what only waits for another dead letter about the same order.
const BEHIND: &str = "behind-dead-letter";

/// How the names of lanes begin that are no shops.
const OTHER_LANE: char = '/';

pub(crate) struct Intake {
    pub(crate) ledger: Arc<dyn Ledger>,
}

#[async_trait]
impl Desk for Intake {
    /// In the order in which they came: one message may have been done and dead again.
    async fn take(&self, batch: Vec<Fate>) -> Result<(), Failure> {
        let at = Timestamp::now();
        let (mut fallen, mut done) = (Vec::new(), Vec::new());
        for fate in batch {
            match fate {
                Fate::Dead(letter) => {
                    self.revive(&mut done, at).await?;
                    fallen.push(fallen_of(self.addressed(letter).await?));
                }
                Fate::Done { replay } => {
                    self.bury(&mut fallen, at).await?;
                    if let Some(key) = replay_key(&replay) {
                        done.push(key);
                    } else {
                        tracing::warn!("passed over the outcome of a replay that is none of ours");
                    }
                }
            }
        }
        self.revive(&mut done, at).await?;
        self.bury(&mut fallen, at).await
    }

    async fn ready(&self) -> bool {
        self.ledger.ping().await.is_ok()
    }
}

impl Intake {
    /// With the shop and the subject that its role could not tell, because it could not read it, had no time to, or works in lanes
    /// that are no shops.
    async fn addressed(&self, mut letter: DeadLetter) -> Result<DeadLetter, Failure> {
        let names_shop = !letter.store.is_empty() && !letter.store.starts_with(OTHER_LANE);
        if names_shop && letter.subject.is_some() {
            return Ok(letter);
        }
        let Address { store, subject, number } = Address::read(&letter.body);
        letter.subject = letter.subject.or(subject);
        if !names_shop {
            let store = match (store, number) {
                (None, Some(number)) => {
                    let order = self.ledger.order_by_number(&number).await?;
                    order.map(|order| order.store.to_string())
                }
                (store, _) => store,
            };
            letter.store = store.unwrap_or(letter.store);
        }
        Ok(letter)
    }

    async fn bury(&self, fallen: &mut Vec<Fallen>, at: Timestamp) -> Result<(), Failure> {
        if !fallen.is_empty() {
            self.ledger.bury(fallen, at).await?;
            tracing::info!(messages = fallen.len(), "took dead letters");
            fallen.clear();
        }
        Ok(())
    }

    async fn revive(&self, done: &mut Vec<ReplayKey>, at: Timestamp) -> Result<(), Failure> {
        if !done.is_empty() {
            self.ledger.revive(done, at).await?;
            tracing::info!(messages = done.len(), "replays were handled");
            done.clear();
        }
        Ok(())
    }
}

/// A dead letter, as the ledger keeps it.
fn fallen_of(letter: DeadLetter) -> Fallen {
    let subject = letter.subject.filter(|subject| !subject.is_empty());
    let cause = cause(&letter.chain, subject.as_deref());
    Fallen {
        group: group(&letter.role, &letter.store, &letter.class, &cause),
        waits: letter.class == BEHIND,
        message: MessageKey { role: letter.role, message_id: letter.id },
        store: letter.store,
        subject,
        kind: letter.routing_key,
        content_type: letter.content_type,
        properties: letter.properties,
        body: letter.body.into(),
        class: letter.class,
        chain: letter.chain,
        cause,
        attempts: letter.attempts,
        first_failed_at: letter.first_failed_at,
        last_failed_at: letter.last_failed_at,
        replay: letter.replay.as_deref().and_then(replay_key),
    }
}

/// What the header of a replay says.
pub(crate) fn replay_text(key: ReplayKey) -> String {
    format!("{}/{}", key.id, key.round)
}

fn replay_key(text: &str) -> Option<ReplayKey> {
    let (id, round) = text.split_once('/')?;
    Some(ReplayKey { id: DeadLetterId(id.parse().ok()?), round: round.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use crossdock_ledger::{Acting, DeadLettersWanted, Paused, Progress};
    use serde_json::json;

    use super::*;

    fn letter(chain: &str, subject: Option<&str>) -> DeadLetter {
        DeadLetter {
            role: "order-importer".into(),
            store: "acme-au".into(),
            subject: subject.map(str::to_owned),
            class: "sku-unknown".into(),
            chain: chain.into(),
            attempts: 3,
            first_failed_at: Timestamp::UNIX_EPOCH,
            last_failed_at: Timestamp::UNIX_EPOCH,
            id: "e1".into(),
            routing_key: "shop.order.changed".into(),
            content_type: "application/cloudevents+json".into(),
            properties: json!({ "priority": 1 }),
            body: b"{}".as_slice().into(),
            replay: None,
        }
    }

    #[test]
    fn two_orders_that_are_refused_for_one_sku_are_one_group() {
        let one = fallen_of(letter("the warehouse refused order BG1001: unknown SKU TEE-9", Some("1001")));
        let other = fallen_of(letter("the warehouse refused order BG1002: unknown SKU TEE-9", Some("1002")));
        assert_eq!((&one.group, &one.cause), (&other.group, &other.cause));
        let elsewhere = DeadLetter { store: "acme-us".into(), ..letter(&one.chain, Some("1001")) };
        assert_ne!(fallen_of(elsewhere).group, one.group);
        assert!(!one.waits);
    }

    /// What a replay of e1 comes to when this comes off the queue at once, in this order.
    async fn comes(batch: fn(String) -> Vec<Fate>) -> Progress {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("ledger.db").display());
        let ledger = crossdock_ledger::open(&url.into()).await.unwrap();
        let intake = Intake { ledger: ledger.clone() };
        intake.take(vec![Fate::Dead(letter("no", Some("1001")))]).await.unwrap();
        let act = Acting { who: "anna".into(), at: Timestamp::now(), note: String::new() };
        let job = ledger.begin_replay(&DeadLettersWanted::default(), &act).await.unwrap().unwrap();
        let sent = ledger.next_to_send(1, &Paused::default(), Timestamp::now()).await.unwrap();
        intake.take(batch(replay_text(sent[0].replay))).await.unwrap();
        ledger.act(job).await.unwrap().unwrap().progress.unwrap()
    }

    #[tokio::test]
    async fn shop_and_subject_that_its_role_could_not_tell_are_read_from_the_message() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("ledger.db").display());
        let intake = Intake { ledger: crossdock_ledger::open(&url.into()).await.unwrap() };
        let data = json!({ "store": "acme-us", "order_id": "7", "cause": "sweep" });
        let event = json!({ "specversion": "1.0", "id": "e1", "source": "/x", "type": "t", "data": data });
        let body = event.to_string();
        for (lane, subject, expected) in [
            ("acme-au", Some("1"), ("acme-au", "1")),
            ("acme-au", None, ("acme-au", "7")),
            ("/warehouse", Some("1"), ("acme-us", "1")),
            ("", None, ("acme-us", "7")),
        ] {
            let came = DeadLetter { store: lane.into(), body: body.clone().into(), ..letter("no", subject) };
            let told = intake.addressed(came).await.unwrap();
            assert_eq!((told.store.as_str(), told.subject.as_deref()), (expected.0, Some(expected.1)));
        }
    }

    #[tokio::test]
    async fn what_comes_at_once_is_taken_in_the_order_in_which_it_came() {
        let dead_first = |replay: String| {
            let again = DeadLetter { replay: Some(replay.clone()), ..letter("no", Some("1001")) };
            vec![Fate::Dead(again), Fate::Done { replay }]
        };
        let went = comes(dead_first).await;
        assert_eq!((went.dead, went.done), (1, 0));
        // Another copy fails after the replay was done; then comes what is of no replay of ours.
        let done_first = |replay: String| {
            let copy = DeadLetter { last_failed_at: Timestamp::now(), ..letter("no", Some("1001")) };
            vec![Fate::Done { replay }, Fate::Dead(copy), Fate::Done { replay: "foreign".into() }]
        };
        let went = comes(done_first).await;
        assert_eq!((went.dead, went.done), (0, 1));
    }

    #[test]
    fn what_is_behind_another_waits() {
        let behind = DeadLetter { class: BEHIND.into(), ..letter("waits behind another message", None) };
        assert!(fallen_of(behind).waits);
    }

    #[test]
    fn a_replay_is_known_again_by_its_header() {
        let key = ReplayKey { id: DeadLetterId(17), round: 2 };
        assert_eq!(replay_text(key), "17/2");
        assert_eq!(replay_key("17/2"), Some(key));
        for foreign in ["", "17", "17/", "/2", "17/x", "17/-1", "17/2/3", "a/2"] {
            assert_eq!(replay_key(foreign), None, "{foreign}");
        }
        let again = DeadLetter { replay: Some("17/2".into()), ..letter("no", None) };
        assert_eq!(fallen_of(again).replay, Some(key));
    }
}
