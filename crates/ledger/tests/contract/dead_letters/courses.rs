//! Random courses of failures, replays and people, against the model. The same dice each time, by their seed.

mod comparing;
mod people;

use std::collections::HashMap;
use std::sync::Arc;

use crossdock_ledger::{ActId, DeadLetterId, Fallen, Ledger, Paused, ReplayKey};
use fastrand::Rng;
use rstest::rstest;

use super::model::{Desk, Failure, Sending};
use super::{acting, all, fallen, message};
use crate::database::{Engine, fresh};
use crate::samples::minute;

pub(super) const STORES: [&str; 2] = ["acme-au", "acme-nz"];

const SUBJECTS: [&str; 3] = ["BG1001", "BG1002", "BG1003"];

const STEPS: i64 = 300;

struct Course {
    ledger: Arc<dyn Ledger>,
    dice: Rng,
    now: i64,
    desk: Desk,
    ids: HashMap<String, DeadLetterId>,
    /// All failures and sendings so far: each may come once more.
    failures: Vec<Failure>,
    sendings: Vec<Sending>,
    replays: Vec<ActId>,
    discardings: Vec<ActId>,
    acts: usize,
}

impl Course {
    async fn step(&mut self) {
        // Now and then an hour passes.
        self.now += if self.dice.u32(..12) == 0 { 61 } else { 1 };
        match self.dice.u32(..100) {
            0..22 => self.fails().await,
            22..28 => self.comes_twice().await,
            28..52 => self.send().await,
            52..70 => self.comes_back().await,
            70..78 => self.begin().await,
            78..82 => self.cancel().await,
            82..86 => self.resume().await,
            86..90 => self.discard().await,
            90..94 => self.undo().await,
            94..97 => self.edit().await,
            97..99 => self.rises().await,
            _ => self.falls_anew().await,
        }
    }

    /// A new message, or one that failed before.
    async fn fails(&mut self) {
        let some = self.dice.choice(&self.failures).cloned();
        let minute = self.now;
        let waits = self.dice.u32(..4) == 0;
        let failure = match some.filter(|_| self.dice.u32(..3) == 0) {
            Some(known) => Failure { minute, waits, replay: None, ..known },
            None => Failure {
                message: format!("M{minute}"),
                store: STORES[self.dice.usize(..2)],
                subject: self.dice.choice(SUBJECTS).filter(|_| self.dice.u32(..5) > 0),
                minute,
                waits,
                replay: None,
            },
        };
        if let Some(subject) = failure.subject.filter(|_| self.dice.bool()) {
            self.desk.falls(&failure.message, subject);
            self.ledger
                .falls(&message(&failure.message), subject, crate::samples::minute(minute))
                .await
                .unwrap();
        }
        self.bury(failure).await;
    }

    /// A message that failed before is about to fail once more.
    async fn falls_anew(&mut self) {
        let some = self.dice.choice(&self.failures).cloned();
        let Some(Failure { message: name, subject: Some(subject), .. }) = some else { return };
        self.ledger.falls(&message(&name), subject, minute(self.now)).await.unwrap();
        self.desk.falls(&name, subject);
    }

    async fn bury(&mut self, failure: Failure) {
        let replay = failure.replay.map(|sending| self.key(sending));
        let came = Fallen {
            store: failure.store.to_owned(),
            subject: failure.subject.map(str::to_owned),
            waits: failure.waits,
            replay,
            ..fallen(&failure.message, failure.minute)
        };
        self.ledger.bury(&[came], minute(self.now)).await.unwrap();
        self.desk.bury(&failure, self.now);
        self.failures.push(failure);
    }

    async fn comes_twice(&mut self) {
        if let Some(failure) = self.dice.choice(&self.failures).cloned() {
            self.bury(failure).await;
        }
    }

    async fn send(&mut self) {
        let most = self.dice.u32(..6);
        let paused: Vec<&str> =
            self.dice.choice(STORES).filter(|_| self.dice.u32(..4) == 0).into_iter().collect();
        let stores = paused.iter().map(|store| (*store).to_owned()).collect();
        let (next, expected) = if self.dice.u32(..4) == 0 {
            (self.ledger.unconfirmed().await.unwrap(), self.desk.unconfirmed())
        } else {
            let names = Paused { stores, except: &[] };
            let next = self.ledger.next_to_send(most, &names, minute(self.now)).await.unwrap();
            (next, self.desk.next(usize::try_from(most).unwrap(), &paused, self.now))
        };
        let mut keys: Vec<(i64, u32)> = next.iter().map(|it| (it.replay.id.0, it.replay.round)).collect();
        let mut expected_keys: Vec<(i64, u32)> =
            expected.iter().map(|sending| self.key(*sending)).map(|key| (key.id.0, key.round)).collect();
        keys.sort_unstable();
        expected_keys.sort_unstable();
        assert_eq!(keys, expected_keys);
        for sent in &next {
            let letter = self.desk.letters.iter().find(|it| it.message == sent.message.message_id).unwrap();
            assert_eq!(sent.body == b"edited", letter.edited);
        }
        if self.dice.u32(..3) > 0 {
            let keys: Vec<ReplayKey> = next.iter().map(|sent| sent.replay).collect();
            self.ledger.sent(&keys).await.unwrap();
            for sending in &expected {
                self.desk.sent(*sending);
            }
        }
        self.sendings.extend(expected);
    }

    /// What comes back of any sending, the latest more often than others.
    async fn comes_back(&mut self) {
        let latest = self.sendings.len().saturating_sub(4);
        let from = if self.dice.bool() { latest } else { 0 };
        let Some(sending) = self.dice.choice(&self.sendings[from..]).copied() else { return };
        if self.dice.bool() {
            self.ledger.revive(&[self.key(sending)], minute(self.now)).await.unwrap();
            self.desk.revive(sending, self.now);
        } else {
            let letter = &self.desk.letters[sending.0];
            let failure = Failure {
                message: letter.message.clone(),
                store: letter.store,
                subject: letter.subject,
                minute: self.now,
                waits: self.dice.u32(..4) == 0,
                replay: Some(sending),
            };
            self.bury(failure).await;
        }
    }

    fn key(&self, (which, round): Sending) -> ReplayKey {
        ReplayKey { id: self.ids[&self.desk.letters[which].message], round }
    }

    /// Everything goes out and is handled.
    async fn end(&mut self) {
        self.now += 61;
        for name in self.desk.not_come() {
            self.ledger.rises(&message(&name), minute(self.now)).await.unwrap();
            self.desk.rises(&name);
        }
        for _ in 0..100 {
            let begun = self.ledger.begin_replay(&all(), &acting(self.now)).await.unwrap();
            let everything: Vec<usize> = (0..self.desk.letters.len()).collect();
            assert_eq!(begun.is_some(), self.desk.begin(&everything, false, self.now));
            self.acts += usize::from(begun.is_some());
            self.replays.extend(begun);
            let next = self.ledger.next_to_send(1_000, &Paused::default(), minute(self.now)).await.unwrap();
            self.desk.next(1_000, &[], self.now);
            let open: Vec<Sending> =
                (0..self.desk.letters.len()).filter_map(|it| self.desk.under_way(it)).collect();
            if open.is_empty() && next.is_empty() {
                return;
            }
            let keys: Vec<ReplayKey> = open.iter().map(|sending| self.key(*sending)).collect();
            self.ledger.revive(&keys, minute(self.now)).await.unwrap();
            for sending in open {
                self.desk.revive(sending, self.now);
            }
        }
        panic!("it has no end: {:?}", self.desk.letters);
    }
}

#[rstest]
#[tokio::test]
async fn the_desk_does_what_a_simple_model_says_whatever_happens(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(1, 2, 3, 4, 5)] seed: u64,
) {
    let (ledger, _database) = fresh(engine).await;
    let mut course = Course {
        ledger,
        dice: Rng::with_seed(seed),
        now: 10,
        desk: Desk::default(),
        ids: HashMap::new(),
        failures: Vec::new(),
        sendings: Vec::new(),
        replays: Vec::new(),
        discardings: Vec::new(),
        acts: 0,
    };
    for _ in 0..STEPS {
        course.step().await;
        course.compare().await;
    }
    let did =
        [course.desk.letters.len(), course.sendings.len(), course.replays.len(), course.discardings.len()];
    assert!(did.iter().all(|count| *count >= 5), "the dice did something: {did:?}");
    course.end().await;
    course.compare().await;
    let over = course.desk.letters.iter().filter(|it| matches!(it.state.as_str(), "done" | "discarded"));
    assert_eq!(over.count(), course.desk.letters.len(), "all are over");
}
