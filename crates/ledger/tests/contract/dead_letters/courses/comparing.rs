//! The ledger against the model: all that can be asked.

use crossdock_ledger::Progress;

use super::super::model::Outcome;
use super::super::{IMPORTER, all, message, progress};
use super::{Course, SUBJECTS};
use crate::samples::minute;

impl Course {
    pub(super) async fn compare(&mut self) {
        let stands = self.ledger.dead_letters(&all()).await.unwrap();
        assert_eq!(stands.len(), self.desk.letters.len(), "none is lost or doubled");
        for letter in stands {
            // As the samples' chains begin: `order M1 …`.
            let name = letter.chain.split(' ').nth(1).unwrap().to_owned();
            let model = self.desk.letters.iter().find(|it| it.message == name).unwrap();
            let told = (letter.state, letter.failures, letter.edited);
            assert_eq!(told, (model.state, model.failures, model.edited), "{name}");
            self.ids.insert(name, letter.id);
        }
        for (id, replay) in self.replays.iter().zip(&self.desk.replays) {
            let told = progress(&*self.ledger, *id).await;
            let of = |outcome| replay.outcomes.values().filter(|it| **it == outcome).count() as u64;
            let expected = Progress {
                queued: of(Outcome::Queued),
                sent: of(Outcome::Sent),
                done: of(Outcome::Done),
                dead: of(Outcome::Dead),
                left: of(Outcome::Left),
                cancelled: replay.cancelled,
                ended_at: told.ended_at,
                sent_since: told.sent_since,
            };
            assert_eq!(told, expected);
        }
        let missing = self.ledger.missing(minute(self.now + 1)).await.unwrap();
        let missing: Vec<_> = missing.iter().map(|it| it.message.message_id.as_str()).collect();
        assert_eq!(missing, self.desk.missing());
        for subject in SUBJECTS {
            let about = self.ledger.falls_about(IMPORTER, subject).await.unwrap();
            assert_eq!(about, self.desk.falls_about(subject));
            let some = self.dice.choice(&self.desk.letters).map_or("M0", |letter| letter.message.as_str());
            for name in ["another", some] {
                let behind = self.ledger.falls_behind(&message(name), subject).await.unwrap();
                assert_eq!(behind.as_deref(), self.desk.falls_behind(name, subject), "{name} of {subject}");
            }
        }
        assert_eq!(self.ledger.acts(u32::MAX).await.unwrap().len(), self.acts);
    }
}
