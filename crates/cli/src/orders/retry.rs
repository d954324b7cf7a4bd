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
    /// None if there is no such order, or several.
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
        let (number, released, says) = match Meant::of(order, by_hand.ledger.orders_named(order).await?) {
            Meant::One(record) => {
                let (released, says) = retry_one(by_hand, &record).await;
                (Some(record.number), released, says)
            }
            Meant::Several(records) => (None, false, name_one(order, &records)),
            Meant::None => {
                let says =
                    format!("no order is known as '{order}'; `crossdock orders list` shows those that are");
                (None, false, says)
            }
        };
        retried.push(Retried { order: order.clone(), number, released, says });
    }
    Ok(retried)
}

/// Which order a text means.
#[derive(Debug, PartialEq, Eq)]
enum Meant {
    None,
    One(Box<OrderRecord>),
    /// Shops that share the id, and no telling which.
    Several(Vec<OrderRecord>),
}

impl Meant {
    /// A number belongs to one order. Of an id that several shops have, the order is meant that can be released again, if it is one.
    fn of(text: &str, named: Vec<OrderRecord>) -> Self {
        let only = |mut records: Vec<OrderRecord>| match (records.pop(), records.is_empty()) {
            (Some(record), true) => Some(Box::new(record)),
            _ => None,
        };
        let of = |wanted: &dyn Fn(&OrderRecord) -> bool| {
            only(named.iter().filter(|record| wanted(record)).cloned().collect())
        };
        let one = of(&|record| record.number.as_str() == text)
            .or_else(|| of(&|record| record.state == OrderState::Rejected))
            .or_else(|| of(&|_| true));
        match one {
            Some(record) => Self::One(record),
            None if named.is_empty() => Self::None,
            None => Self::Several(named),
        }
    }
}

/// What to do where several shops have an order of this id.
fn name_one(id: &str, records: &[OrderRecord]) -> String {
    let each = |record: &OrderRecord| format!("{} of {} ({})", record.number, record.store, record.state);
    let each: Vec<String> = records.iter().map(each).collect();
    format!("{id} is the id of several orders: {}; name one by its number", each.join(", "))
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

#[cfg(test)]
mod tests {
    use crossdock_domain::Platform;
    use jiff::Timestamp;

    use super::*;

    fn order(store: &str, number: &str, state: OrderState) -> OrderRecord {
        OrderRecord {
            store: store.parse().unwrap(),
            platform: Platform::Bigcommerce,
            order_id: "1001".into(),
            number: number.into(),
            state,
            reason: String::new(),
            shop_status: String::new(),
            placed_at: Timestamp::UNIX_EPOCH,
            modified_at: Timestamp::UNIX_EPOCH,
            held_until: None,
            released: None,
        }
    }

    #[test]
    fn an_id_of_several_shops_means_the_order_that_can_be_released_again_or_none() {
        let au = |state| order("acme-au", "1001", state);
        let nz = |state| order("acme-nz", "NZ1001", state);
        let us = |state| order("acme-us", "US1001", state);
        let one = |order: OrderRecord| Meant::One(Box::new(order));
        let (rejected, shipped) = (OrderState::Rejected, OrderState::Shipped);

        let both = vec![nz(shipped), us(rejected)];
        assert_eq!(Meant::of("1001", both), one(us(rejected)));
        for several in [vec![nz(rejected), us(rejected)], vec![nz(shipped), us(shipped)]] {
            assert_eq!(Meant::of("1001", several.clone()), Meant::Several(several));
        }
        let number = Meant::of("1001", vec![nz(rejected), au(shipped)]);
        assert_eq!(number, one(au(shipped)), "it is that one's number");
        assert_eq!(Meant::of("1001", vec![nz(shipped)]), one(nz(shipped)));
        assert_eq!(Meant::of("1001", Vec::new()), Meant::None);

        let told = name_one("1001", &[nz(rejected), us(shipped)]);
        let each = "NZ1001 of acme-nz (rejected), US1001 of acme-us (shipped)";
        assert_eq!(told, format!("1001 is the id of several orders: {each}; name one by its number"));
    }
}
