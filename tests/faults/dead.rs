//! Whether what cannot be handled lies at the desk, each of it once.

use std::collections::BTreeMap;

use crossdock_ledger::{DeadLetterState, DeadLettersWanted, Ledger};
use crossdock_tests::world::World;
use serde_json::Value;

use crate::accounting::event_id;

/// The dead letters that are not there, or are there and should not be. Those of these orders' webhooks should, having failed so often.
pub(crate) async fn wrong_dead_letters(
    world: &World,
    ledger: &dyn Ledger,
    vanished: &[String],
    failures: u32,
) -> Vec<String> {
    let told = world.bigcommerce.callbacks().told();
    let of_vanished = told.iter().filter(|it| it.status == 200 && vanished.contains(&order_of(&it.body)));
    let mut missing: BTreeMap<String, String> =
        of_vanished.map(|it| (event_id(&it.body), order_of(&it.body))).collect();
    let letters = ledger.dead_letters(&DeadLettersWanted::default()).await.expect("the ledger answers");
    let mut wrong = Vec::new();
    for letter in letters {
        let whole = ledger.dead_letter(letter.id).await.expect("the ledger answers");
        let id = whole.map(|whole| whole.message_id).unwrap_or_default();
        let stands = letter.state == DeadLetterState::Dead && letter.failures == failures;
        if missing.remove(&id).is_none() || !stands || letter.role != "order-importer" {
            wrong.push(format!("dead letter {id}: {letter:?}, and not dead {failures} times"));
        }
    }
    wrong.extend(missing.into_iter().map(|(id, order)| format!("{id} of order {order} is no dead letter")));
    wrong
}

fn order_of(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).expect("webhooks are JSON");
    body["data"]["id"].to_string()
}
