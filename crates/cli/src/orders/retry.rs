//! `crossdock orders retry`: another release for what the warehouse rejected.

use std::path::Path;

use crossdock_domain::OrderNumber;
use crossdock_ledger::{OrderRecord, OrderState};
use serde::Serialize;

use super::by_hand::ByHand;
use crate::command_line::OrdersRetry;
use crate::configuration;
use crate::exit::Exit;
use crate::listing::{moment, print_json, say};

/// How the timeline names the occasion.
const CAUSE: &str = "retried by hand";

/// What came of one order.
#[derive(Debug, Serialize)]
struct Retried {
    /// As it was asked for.
    order: String,
    /// None if there is no such order.
    number: Option<OrderNumber>,
    released: bool,
    /// In a sentence.
    says: String,
}

/// `crossdock orders retry`
pub(crate) async fn retry(config: &Path, wanted: &OrdersRetry) -> anyhow::Result<Exit> {
    let by_hand = ByHand::begin(&configuration::load(config)?, false).await?;
    let retried = retry_all(&by_hand, &wanted.orders).await;
    by_hand.end().await;
    let retried = retried?;
    if wanted.json {
        print_json(&retried)?;
    } else {
        for order in &retried {
            say(&order.says);
        }
    }
    Ok(if retried.iter().all(|order| order.released) { Exit::Done } else { Exit::Failed })
}

async fn retry_all(by_hand: &ByHand, orders: &[String]) -> anyhow::Result<Vec<Retried>> {
    let mut retried = Vec::new();
    for order in orders {
        let records = by_hand.ledger.orders_named(order).await?;
        if records.is_empty() {
            let says =
                format!("no order is known as '{order}'; `crossdock orders list` shows those that are");
            retried.push(Retried { order: order.clone(), number: None, released: false, says });
        }
        for record in records {
            let (released, says) = retry_one(by_hand, &record).await;
            retried.push(Retried { order: order.clone(), number: Some(record.number), released, says });
        }
    }
    Ok(retried)
}

async fn retry_one(by_hand: &ByHand, record: &OrderRecord) -> (bool, String) {
    if record.state != OrderState::Rejected {
        return (false, instead(record));
    }
    let number = &record.number;
    match by_hand.importer.retry(number, CAUSE).await {
        Ok(true) => (true, format!("{number} is released again")),
        Ok(false) => {
            (false, format!("{number} is not rejected any more; `crossdock orders show {number}` tells"))
        }
        Err(failure) => (false, format!("{number} could not be released again: {}", failure.chain)),
    }
}

/// What to do with an order that the warehouse did not reject.
fn instead(OrderRecord { number, store, state, reason, held_until, .. }: &OrderRecord) -> String {
    match state {
        OrderState::Filtered => format!(
            "{number} is filtered ({reason}) and never went to the warehouse; change it at the shop, or the rule and then \
             `crossdock orders rejudge --store {store}`"
        ),
        OrderState::Held => match held_until {
            Some(until) => {
                format!("{number} is held until {} ({reason}) and then goes by itself", moment(*until))
            }
            None => format!(
                "{number} is held ({reason}); change it at the shop, or the settings and then `crossdock orders rejudge \
                 --store {store}`"
            ),
        },
        OrderState::Cancelled => {
            format!(
                "{number} is cancelled ({reason}); if it is wanted after all, place it at the shop as a new order"
            )
        }
        OrderState::Releasing => {
            format!("{number} is on its way to the warehouse; the order-importer sees to it")
        }
        OrderState::Released => format!("the warehouse has {number}, and has not answered yet"),
        OrderState::Accepted => format!("the warehouse has taken {number} over"),
        OrderState::Shipped => format!("{number} has shipped"),
        OrderState::Rejected => format!("{number} is rejected ({reason})"),
    }
}
