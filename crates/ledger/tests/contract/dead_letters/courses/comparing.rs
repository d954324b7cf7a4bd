//! The ledger against the model: all that can be asked.

use crossdock_ledger::Progress;

use super::super::model::Outcome;
use super::super::{all, message, progress};
use super::{Course, SUBJECTS};

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
            };
            assert_eq!(told, expected);
        }
        for subject in SUBJECTS {
            let some = self.dice.choice(&self.desk.letters).map_or("M0", |letter| letter.message.as_str());
            for name in ["another", some] {
                let behind = self.ledger.falls_behind(&message(name), subject).await.unwrap();
                assert_eq!(behind.as_deref(), self.desk.falls_behind(name, subject), "{name} of {subject}");
            }
        }
        assert_eq!(self.ledger.acts(u32::MAX).await.unwrap().len(), self.acts);
    }
}
