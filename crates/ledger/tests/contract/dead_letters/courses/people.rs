//! What people do, at random.

use crossdock_ledger::DeadLettersWanted;

use super::super::{acting, all, message, only};
use super::{Course, STORES};
use crate::samples::minute;

impl Course {
    /// Some of a shop, or some by their ids.
    fn some(&mut self) -> (DeadLettersWanted, Vec<usize>, bool) {
        let letters = &self.desk.letters;
        if self.dice.bool() {
            let store = STORES[self.dice.usize(..2)];
            let these = (0..letters.len()).filter(|which| letters[*which].store == store).collect();
            return (DeadLettersWanted { store: Some(store.to_owned()), ..all() }, these, false);
        }
        let count = self.dice.usize(1..4).min(letters.len());
        let these = self.dice.choose_multiple(0..letters.len(), count);
        let ids: Vec<_> = these.iter().map(|which| self.ids[&letters[*which].message]).collect();
        (only(&ids), these, true)
    }

    pub(super) async fn begin(&mut self) {
        let (wanted, these, by_id) = self.some();
        if these.is_empty() {
            return;
        }
        let begun = self.ledger.begin_replay(&wanted, &acting(self.now)).await.unwrap();
        assert_eq!(begun.is_some(), self.desk.begin(&these, by_id, self.now));
        self.acts += usize::from(begun.is_some());
        self.replays.extend(begun);
    }

    pub(super) async fn discard(&mut self) {
        let (wanted, these, by_id) = self.some();
        if these.is_empty() {
            return;
        }
        let begun = self.ledger.discard(&wanted, &acting(self.now)).await.unwrap();
        assert_eq!(begun.is_some(), self.desk.discard(&these, by_id, self.now));
        self.acts += usize::from(begun.is_some());
        self.discardings.extend(begun);
    }

    pub(super) async fn cancel(&mut self) {
        let Some(which) = self.dice.choice(0..self.replays.len()) else { return };
        let cancelled = self.ledger.cancel_replay(self.replays[which], &acting(self.now)).await.unwrap();
        assert_eq!(cancelled, self.desk.cancel(which, self.now));
        self.acts += usize::from(cancelled);
    }

    pub(super) async fn resume(&mut self) {
        let Some(which) = self.dice.choice(0..self.replays.len()) else { return };
        let resumed = self.ledger.resume_replay(self.replays[which], &acting(self.now)).await.unwrap();
        assert_eq!(resumed, self.desk.resume(which, self.now));
        self.acts += usize::from(resumed);
    }

    pub(super) async fn undo(&mut self) {
        let Some(which) = self.dice.choice(0..self.discardings.len()) else { return };
        let restored = self.ledger.undo_discard(self.discardings[which], &acting(self.now)).await.unwrap();
        assert_eq!(restored, self.desk.undo(which, self.now));
        self.acts += usize::from(restored > 0);
    }

    pub(super) async fn edit(&mut self) {
        let Some(which) = self.dice.choice(0..self.desk.letters.len()) else { return };
        let id = self.ids[&self.desk.letters[which].message];
        let body = self.dice.bool().then_some(b"edited".as_slice());
        let edited = self.ledger.edit(id, body, &acting(self.now)).await.unwrap();
        assert_eq!(edited, self.desk.edit(which, body.is_some()));
        self.acts += usize::from(edited);
    }

    pub(super) async fn rises(&mut self) {
        let Some(letter) = self.dice.choice(&self.desk.letters) else { return };
        let name = letter.message.clone();
        self.ledger.rises(&message(&name), minute(self.now)).await.unwrap();
        self.desk.rises(&name);
    }
}
