//! `shop.order.changed`: the order is read anew and judged, or, if the warehouse had refused it, released again.

use std::collections::BTreeSet;

use crossdock_domain::{Decision, ImportRules, ShopOrder, Sku};
use crossdock_events::{Event, ShopOrderChanged};
use crossdock_ledger::{OrderRecord, OrderState};
use crossdock_storefront::StorefrontError;
use jiff::Timestamp;

use super::access::Access;
use super::foresight::{Foresight, Halt};
use super::known::Known;
use super::letter::Letter;

/// Source and cause of the notice that stands for an order that the warehouse refused.
const REFUSAL: (&str, &str) = ("/crossdock/order-importer", "retry");

/// How the causes of an order that is gone at the shop end.
const GONE: [&str; 2] = ["deleted", "archived"];

pub(super) async fn foresee(
    known: &Known<'_>,
    letter: &Letter,
    event: &Event<ShopOrderChanged>,
) -> Result<Foresight, Halt> {
    let ShopOrderChanged { store, order_id, .. } = &event.data;
    let shop = known.open_shop(store, Access::READ_ORDERS)?;
    let (rules, record) = (&shop.settings.orders, known.record(store, order_id));
    let order = match known.order(store, order_id) {
        Err(StorefrontError::NotFound { .. }) => return Ok(gone(event, record)),
        order => Known::readable(store, order)?,
    };
    if let Some(reason) = order.status.cancellation() {
        return Ok(Foresight::cancelled_since(reason));
    }
    let is_refusal = (event.source.as_str(), event.data.cause.as_str()) == REFUSAL;
    let foresight = match record.filter(|_| is_refusal) {
        Some(record) if record.state == OrderState::Rejected => {
            let unknown = unknown_skus(known, letter, record).await?;
            match kept_out(known, rules, record, order).await? {
                Some((why, true)) => Foresight::goes_through(format!(
                    "{} waits, and is released again once its rules let it in: {why}",
                    record.number
                )),
                Some((why, false)) => {
                    Foresight::superseded(format!("{} stays refused: {why}", record.number))
                }
                None => released_again(letter, record, order, &unknown),
            }
        }
        Some(record) if is_at_the_warehouse(record.state) => Foresight::already_done(format!(
            "{} was released again since, and is {}",
            record.number, record.state
        )),
        _ => judged(rules, record, order, known.now),
    };
    if letter.failed_as("number-taken") {
        number_is_free(known, rules, order).await?;
    }
    Ok(foresight)
}

/// The SKUs for which the warehouse refused the order and of which it has told nothing since.
async fn unknown_skus(known: &Known<'_>, letter: &Letter, record: &OrderRecord) -> Result<Vec<Sku>, Halt> {
    let refused = known.ledger.refused_for(&record.store, std::slice::from_ref(&record.order_id)).await?;
    let refused: Vec<Sku> = refused.into_iter().map(|(_, sku)| sku).collect();
    let since = letter.entry.last_failed_at;
    let known: BTreeSet<Sku> = known.ledger.known_since(&refused, since).await?.into_iter().collect();
    Ok(refused.into_iter().filter(|sku| !known.contains(sku)).collect())
}

/// Why the shop's rules would keep out now what the warehouse has refused, as somebody may have shipped it without the warehouse; and
/// whether it only waits. What left through the warehouse says nothing against the rest.
async fn kept_out(
    known: &Known<'_>,
    rules: &ImportRules,
    record: &OrderRecord,
    order: &ShopOrder,
) -> Result<Option<(String, bool)>, Halt> {
    let decision = rules.decide(order, known.now);
    let waits = rules.waits(order, &decision);
    let why = match decision {
        Decision::Release(_) | Decision::Cancel { .. } => return Ok(None),
        Decision::Hold { reason, .. } => format!("held: {reason}"),
        Decision::Filter { rule, value } => format!("kept out by {rule}: {value}"),
    };
    let consignments = known.ledger.shipments(&record.store, &record.order_id).await?;
    let has_left = consignments.iter().any(|consignment| consignment.state.counts());
    Ok(Some((why, waits)).filter(|_| !has_left))
}

/// Of an order that the warehouse has refused, and that is not cancelled.
fn released_again(letter: &Letter, record: &OrderRecord, order: &ShopOrder, unknown: &[Sku]) -> Foresight {
    let number = &record.number;
    if let Some(sku) = unknown.first() {
        return Foresight::fails_again(format!("the warehouse still does not know SKU {sku}"));
    }
    let of_a_sku = letter.entry.class == "sku-unknown";
    if of_a_sku || record.modified_at < order.modified_at {
        return Foresight::goes_through(format!("released again as {number}"));
    }
    Foresight::unknown(format!("{number} is released again as it was; the warehouse had refused it"))
}

/// Of an order that is not cancelled at the shop, and that the warehouse does not have, or has taken.
fn judged(rules: &ImportRules, record: Option<&OrderRecord>, order: &ShopOrder, now: Timestamp) -> Foresight {
    let Some(record) = record.filter(|it| it.released.is_some()) else {
        return match rules.decide(order, now) {
            Decision::Release(released) => {
                Foresight::goes_through(format!("released as {}", released.number))
            }
            Decision::Hold { reason, .. } => Foresight::goes_through(format!("held: {reason}")),
            Decision::Filter { rule, value } => {
                Foresight::goes_through(format!("kept out by {rule}: {value}"))
            }
            Decision::Cancel { reason } => Foresight::cancelled_since(reason),
        };
    };
    let number = &record.number;
    match record.state {
        OrderState::Cancelled => {
            Foresight::cancelled_since(format!("{number} was cancelled: {}", record.reason))
        }
        OrderState::Shipped => Foresight::already_done(format!("{number} has shipped")),
        OrderState::Rejected => {
            Foresight::goes_through(format!("read anew; {number} is released again if it has changed"))
        }
        _ if record.modified_at < order.modified_at => {
            Foresight::goes_through(format!("it has changed; the warehouse is told what matters of {number}"))
        }
        state => Foresight::already_done(format!("{number} is {state} as the shop has it now")),
    }
}

/// Of an order that the shop does not have.
fn gone(event: &Event<ShopOrderChanged>, record: Option<&OrderRecord>) -> Foresight {
    let says_so = GONE.iter().any(|word| event.data.cause.ends_with(word));
    if says_so || record.is_some() {
        return Foresight::cancelled_since("deleted at the shop");
    }
    Foresight::fails_again(format!("the shop has no order {}", event.data.order_id))
}

async fn number_is_free(known: &Known<'_>, rules: &ImportRules, order: &ShopOrder) -> Result<(), Halt> {
    let number = rules.number(order);
    let holder = known.ledger.order_by_number(&number).await?;
    match holder.filter(|it| it.store != rules.store || it.order_id != order.order_id) {
        Some(other) => {
            let whose = format!("the number {number} belongs to order {} of {}", other.order_id, other.store);
            Err(Foresight::fails_again(whose).into())
        }
        None => Ok(()),
    }
}

fn is_at_the_warehouse(state: OrderState) -> bool {
    use OrderState::{Accepted, Released, Releasing, Shipped};
    matches!(state, Releasing | Released | Accepted | Shipped)
}
