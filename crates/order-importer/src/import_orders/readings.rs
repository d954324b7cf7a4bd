//! In which company, and how urgently, the orders of a batch are read.

use std::collections::BTreeMap;

use crossdock_domain::OrderId;
use crossdock_ledger::OrderState;
use crossdock_storefront::Priority;

use super::{Notice, is_our_own};

/// What the reconciler calls the end of an order's hold: the warehouse waits for it.
const HOLD_OVER: &str = "hold-over";

/// An order that is to be read.
pub(super) struct Wanted<'n> {
    pub(super) id: &'n OrderId,
    /// Why.
    pub(super) notices: &'n [Notice],
    /// Whether it has a record.
    pub(super) known: bool,
}

/// Orders that the shop is asked for at once.
pub(super) struct Reading<'n> {
    pub(super) priority: Priority,
    pub(super) orders: Vec<Wanted<'n>>,
}

/// Each order once: those of one priority in company, the most urgent first; or all of them `together`, as urgent as the most urgent.
pub(super) fn readings<'n>(
    by_order: &'n BTreeMap<OrderId, Vec<Notice>>,
    known: &BTreeMap<OrderId, OrderState>,
    together: bool,
) -> Vec<Reading<'n>> {
    let mut readings: Vec<Reading> = Vec::new();
    for priority in [Priority::Urgent, Priority::Amendment, Priority::Sweep] {
        let orders = by_order.iter().filter(|(id, notices)| of(notices, known.get(*id)) == priority);
        let wanted = |(id, notices): (&'n OrderId, &'n Vec<Notice>)| Wanted {
            id,
            notices,
            known: known.contains_key(id),
        };
        let orders: Vec<Wanted> = orders.map(wanted).collect();
        match readings.first_mut() {
            Some(first) if together => first.orders.extend(orders),
            _ if orders.is_empty() => {}
            _ => readings.push(Reading { priority, orders }),
        }
    }
    readings
}

/// What the reading of an order is for: one that the warehouse waits for goes before one that it has.
fn of(notices: &[Notice], state: Option<&OrderState>) -> Priority {
    let may_wait = |notice: &Notice| is_our_own(&notice.event) && notice.event.data.cause != HOLD_OVER;
    if notices.iter().all(may_wait) {
        return Priority::Sweep;
    }
    match state {
        None | Some(OrderState::Filtered | OrderState::Held | OrderState::Releasing) => Priority::Urgent,
        Some(_) => Priority::Amendment,
    }
}

#[cfg(test)]
mod tests {
    use crossdock_events::{Event, ShopOrderChanged, Source};
    use jiff::Timestamp;

    use super::*;

    fn notice(source: &Source, order: &str, cause: &str) -> Notice {
        let store = "acme-au".parse().unwrap();
        let data = ShopOrderChanged { store, order_id: order.into(), cause: cause.to_owned() };
        Notice { position: 0, attempt: 1, event: Event::new(source, "n1", Timestamp::UNIX_EPOCH, data) }
    }

    fn batch(notices: &[(&str, Source, &str)]) -> BTreeMap<OrderId, Vec<Notice>> {
        let mut batch: BTreeMap<OrderId, Vec<Notice>> = BTreeMap::new();
        for (order, source, cause) in notices {
            batch.entry((*order).into()).or_default().push(notice(source, order, cause));
        }
        batch
    }

    fn read(batch: &BTreeMap<OrderId, Vec<Notice>>, together: bool) -> Vec<(Priority, Vec<OrderId>)> {
        let known = [("2", OrderState::Accepted), ("3", OrderState::Held), ("5", OrderState::Shipped)];
        let known = known.map(|(id, state)| (OrderId::from(id), state)).into();
        let named =
            |it: &Reading<'_>| (it.priority, it.orders.iter().map(|order| order.id.clone()).collect());
        readings(batch, &known, together).iter().map(named).collect()
    }

    fn ids<const N: usize>(ids: [&str; N]) -> Vec<OrderId> {
        ids.map(OrderId::from).to_vec()
    }

    fn mixed() -> BTreeMap<OrderId, Vec<Notice>> {
        let shop = || Source::Store("acme-au".parse().unwrap());
        let ours = || Source::Role("reconciler");
        batch(&[
            ("1", shop(), "store/order/created"),
            ("2", shop(), "store/order/updated"),
            ("3", ours(), HOLD_OVER),
            ("4", ours(), "sweep"),
            ("5", ours(), "sweep"),
            ("5", shop(), "store/order/updated"),
        ])
    }

    #[test]
    fn each_order_is_read_once_and_as_urgently_as_its_own_notices_are() {
        let expected = [
            (Priority::Urgent, ids(["1", "3"])),
            (Priority::Amendment, ids(["2", "5"])),
            (Priority::Sweep, ids(["4"])),
        ];
        assert_eq!(read(&mixed(), false), expected);
    }

    #[test]
    fn where_one_call_brings_many_they_come_together() {
        assert_eq!(read(&mixed(), true), [(Priority::Urgent, ids(["1", "3", "2", "5", "4"]))]);
        let swept = batch(&[("4", Source::Role("reconciler"), "sweep")]);
        assert_eq!(read(&swept, true), [(Priority::Sweep, ids(["4"]))]);
    }
}
