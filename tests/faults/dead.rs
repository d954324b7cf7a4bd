//! Whether what cannot be handled lies at the desk, each of it once, and replays tell what became of it.

use std::collections::BTreeMap;

use crossdock_ledger::{Act, ActKind, DeadLetter, DeadLetterState, DeadLettersWanted, Ledger};
use crossdock_tests::world::World;
use serde_json::Value;

use crate::accounting::event_id;
use crate::breach::{Breach, Wrong};
use crate::buyers::{Bought, Order};

/// Most acts of one attack.
const ACTS_MAX: u32 = 100;

/// What should lie at the desk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fallen {
    /// Replays of all.
    pub(crate) replays: u32,
    /// Whether what was refused for its SKU was part of one since that is known.
    pub(crate) sku_is_known: bool,
    /// Whether who handles them may have been disturbed, and then handled, and given up, one of them twice.
    pub(crate) disturbed: bool,
}

/// How one dead letter should stand.
#[derive(Debug)]
struct Wanted {
    state: DeadLetterState,
    failures: u32,
    /// Whether it may have failed more often.
    or_more: bool,
}

impl Wanted {
    fn fits(&self, letter: &DeadLetter) -> bool {
        let failures = letter.failures == self.failures || self.or_more && letter.failures > self.failures;
        letter.role == "order-importer" && letter.state == self.state && failures
    }
}

impl Fallen {
    /// The dead letters that are not there, or are there and should not be, and the replays that are not over.
    pub(crate) async fn wrong(self, world: &World, ledger: &dyn Ledger, bought: &Bought) -> Vec<Wrong> {
        let mut wanted = self.wanted(world, bought);
        let letters = ledger.dead_letters(&DeadLettersWanted::default()).await.expect("the ledger answers");
        let mut wrong = Vec::new();
        for letter in letters {
            let whole = ledger.dead_letter(letter.id).await.expect("the ledger answers");
            let id = whole.map(|whole| whole.message_id).unwrap_or_default();
            match wanted.remove(&id) {
                None => wrong.push(Wrong::new(Breach::DeadLetterFromNowhere, id, format!("{letter:?}"))),
                Some(wanted) if !wanted.fits(&letter) => {
                    let says = format!("it is {letter:?}, and not {wanted:?}");
                    wrong.push(Wrong::new(Breach::DeadLetter, id, says));
                }
                Some(_) => {}
            }
        }
        let missing = |(id, wanted)| Wrong::new(Breach::DeadLetter, id, format!("there is none {wanted:?}"));
        wrong.extend(wanted.into_iter().map(missing));
        wrong.extend(self.wrong_replays(ledger, bought).await);
        wrong
    }

    /// By message id: the webhooks of orders that are gone fail each time, refused orders until their SKU is known.
    fn wanted(self, world: &World, bought: &Bought) -> BTreeMap<String, Wanted> {
        let told = world.bigcommerce.callbacks().told();
        let of_vanished =
            told.iter().filter(|it| it.status == 200 && bought.vanished.contains(&order_of(&it.body)));
        let gone =
            || Wanted { state: DeadLetterState::Dead, failures: 1 + self.replays, or_more: self.disturbed };
        let state = if self.sku_is_known { DeadLetterState::Done } else { DeadLetterState::Dead };
        let refused =
            bought.orders.iter().filter(|order| order.sku_is_new).map(|order| {
                (letter_of_refused(order), Wanted { state, failures: 1, or_more: self.disturbed })
            });
        of_vanished.map(|it| (event_id(&it.body), gone())).chain(refused).collect()
    }

    /// Each replay has ended, and the first one has brought all refused orders through.
    async fn wrong_replays(self, ledger: &dyn Ledger, bought: &Bought) -> Vec<Wrong> {
        let acts = ledger.acts(ACTS_MAX).await.expect("the ledger answers");
        let refused = bought.orders.iter().filter(|order| order.sku_is_new).count() as u64;
        let mut wrong = Vec::new();
        // The latest is told first.
        let replays = acts.iter().rev().filter(|act| act.kind == ActKind::Replay);
        for (at, act) in replays.enumerate() {
            let done = if at == 0 { refused } else { 0 };
            if !ended(act, done) {
                let says =
                    format!("of its {} letters, {done} were to be done: {:?}", act.count, act.progress);
                wrong.push(Wrong::new(Breach::Replay, act.id.to_string(), says));
            }
        }
        wrong
    }
}

/// The message id of the dead letter that a refused order leaves.
pub(crate) fn letter_of_refused(order: &Order) -> String {
    format!("refused/{}", order.number)
}

fn ended(act: &Act, done: u64) -> bool {
    let goes = act.progress;
    goes.is_some_and(|it| it.ended_at.is_some() && it.done == done && it.done + it.dead == act.count)
}

fn order_of(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).expect("webhooks are JSON");
    body["data"]["id"].to_string()
}
