//! Reads changed orders anew from their shop, decides about them, and releases those that the warehouse is to pack.
//!
//! In       `shop.order.changed`
//! Effects  the order's record and timeline; at most one `order.released` per order
//! Replay   safe: the ledger remembers the decision; a release whose confirm is in doubt is published again with the same id

use std::collections::BTreeMap;
use std::sync::Arc;

use crossdock_domain::{
    Classify as _, Decision, ImportRules, Mend, OrderId, Platform, ReleasedOrder, ShopOrder, StoreId,
};
use crossdock_events::{Event, EventData, OrderReleased, ShopOrderChanged, Source};
use crossdock_ledger::{Busy, Happening, Judged, Ledger, NextStep, Verdict};
use crossdock_queue::{Delivery, Failure, Message, Outcome, Publisher};
use crossdock_storefront::{Shop, Shops, StorefrontError};
use crossdock_telemetry::{Trace, TraceParent};
use jiff::Timestamp;
use tracing::Instrument as _;

use crate::ROLE;

pub(crate) struct ImportOrders {
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) publisher: Publisher,
}

/// A notice and where it stands in its batch.
struct Notice {
    position: usize,
    attempt: u32,
    event: Event<ShopOrderChanged>,
}

impl ImportOrders {
    /// Several notices of one order are answered by one reading of it.
    pub(crate) async fn handle(&self, store: &StoreId, batch: &[Delivery]) -> Vec<Outcome> {
        // Each is replaced below; one that were forgotten would be tried again, not acknowledged.
        let mut outcomes = vec![Outcome::Failed(unanswered()); batch.len()];
        let mut by_order: BTreeMap<OrderId, Vec<Notice>> = BTreeMap::new();
        for (position, delivery) in batch.iter().enumerate() {
            match Event::<ShopOrderChanged>::from_json(&delivery.body) {
                Ok(event) => {
                    let notice = Notice { position, attempt: delivery.attempt, event };
                    by_order.entry(notice.event.data.order_id.clone()).or_default().push(notice);
                }
                Err(error) => outcomes[position] = Outcome::Failed(error.into()),
            }
        }
        let results = self.import(store, &by_order).await;
        for (notices, result) in by_order.values().zip(results) {
            let outcome = Outcome::from(result);
            for notice in notices {
                outcomes[notice.position] = outcome.clone();
            }
        }
        outcomes
    }

    /// One result for each order.
    async fn import(
        &self,
        store: &StoreId,
        by_order: &BTreeMap<OrderId, Vec<Notice>>,
    ) -> Vec<Result<(), Failure>> {
        let shop = match self.shops.get(store) {
            Ok(shop) => shop,
            Err(unknown) => return by_order.iter().map(|_| Err(unknown.clone().into())).collect(),
        };
        let ids: Vec<OrderId> = by_order.keys().cloned().collect();
        let reading = trace_of(by_order.values().flatten());
        let read = shop.storefront.orders(&ids).instrument(reading.span()).await;
        let mut results = Vec::with_capacity(read.len());
        for ((id, notices), order) in by_order.iter().zip(read) {
            let trace = trace_of(notices);
            let answered = self.answer(&shop, id, notices, order, trace.parent());
            results.push(answered.instrument(trace.span()).await);
        }
        results
    }

    /// Answers all notices of one order by what was read of it.
    async fn answer(
        &self,
        shop: &Shop,
        id: &OrderId,
        notices: &[Notice],
        order: Result<ShopOrder, StorefrontError>,
        trace: TraceParent,
    ) -> Result<(), Failure> {
        let result = match order {
            Ok(order) => self.import_one(shop, &order, notices, trace).await,
            Err(error) => Err(error.into()),
        };
        if let Err(failure) = &result
            && failure.class != Busy.class()
        {
            self.tell_failure(&shop.settings.id, id, notices, failure).await;
        }
        result
    }

    async fn import_one(
        &self,
        shop: &Shop,
        order: &ShopOrder,
        notices: &[Notice],
        trace: TraceParent,
    ) -> Result<(), Failure> {
        let store = &shop.settings.id;
        self.tell_notices(store, &order.order_id, notices).await?;
        let newest = &notices.last().expect("an order is read because of a notice").event;
        let judged = judge(&shop.settings.orders, shop.settings.platform(), order, newest);
        match self.ledger.judge(&judged).await? {
            NextStep::Release(released) => self.release(&released, trace).await,
            NextStep::Wait { .. } => Err(Busy.into()),
            NextStep::Nothing => {
                tracing::debug!(store.id = %store, order.id = %order.order_id, "read; nothing to release");
                Ok(())
            }
        }
    }

    async fn release(&self, order: &ReleasedOrder, trace: TraceParent) -> Result<(), Failure> {
        let now = Timestamp::now();
        // The number is the event's id: however often the release is published, it is the same release.
        let event = Event::new(&Source::Role(ROLE), order.number.as_str(), now, order.clone())
            .traced(Some(trace.to_string()));
        let message = Message {
            routing_key: OrderReleased::TYPE.to_owned(),
            id: event.id.clone(),
            content_type: crossdock_events::CONTENT_TYPE,
            body: event.to_json().into(),
        };
        self.publisher.publish(message).await?;
        self.ledger.released(&order.store, &order.order_id, now).await?;
        tracing::info!(store.id = %order.store, order.id = %order.order_id, order.number = %order.number, "released to the warehouse");
        Ok(())
    }

    async fn tell_notices(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        notices: &[Notice],
    ) -> Result<(), Failure> {
        for Notice { event, .. } in notices {
            let happening = Happening {
                key: event.id.clone(),
                at: event.time.unwrap_or_else(Timestamp::now),
                role: "receiver",
                what: "the shop told of a change".to_owned(),
                cause: event.data.cause.clone(),
            };
            self.ledger.tell(store, order_id, &happening).await?;
        }
        Ok(())
    }

    /// Best effort: the failure itself travels with the message.
    async fn tell_failure(&self, store: &StoreId, order_id: &OrderId, notices: &[Notice], failure: &Failure) {
        for Notice { event, attempt, .. } in notices {
            let happening = Happening {
                key: format!("{}/failed/{attempt}", event.id),
                at: Timestamp::now(),
                role: ROLE,
                what: format!("could not be imported: {}", failure.chain),
                cause: event.data.cause.clone(),
            };
            if self.ledger.tell(store, order_id, &happening).await.is_err() {
                return;
            }
        }
    }
}

/// The newest notice lends its trace.
fn trace_of<'a>(notices: impl IntoIterator<Item = &'a Notice>) -> Trace {
    Trace::of(notices.into_iter().map(|notice| notice.event.traceparent.as_deref()))
}

fn unanswered() -> Failure {
    let chain = "the shop's client gave no answer for the order".to_owned();
    Failure { class: "order-unanswered", chain, mend: Mend::Wait }
}

fn judge(
    rules: &ImportRules,
    platform: Platform,
    order: &ShopOrder,
    notice: &Event<ShopOrderChanged>,
) -> Judged {
    let (verdict, what) = match rules.decide(order) {
        Decision::Release(released) => {
            let what = format!("to be released to the warehouse as {}", released.number);
            (Verdict::Release(released), what)
        }
        Decision::Hold { reason } => {
            let what = format!("held: {reason}");
            (Verdict::Hold { reason }, what)
        }
        Decision::Filter { rule, value } => {
            let reason = format!("{rule}: {value}");
            let what = format!("filtered by {reason}");
            (Verdict::Filter { reason }, what)
        }
    };
    Judged {
        store: rules.store.clone(),
        platform,
        order_id: order.order_id.clone(),
        number: rules.number(order),
        placed_at: order.placed_at,
        modified_at: order.modified_at,
        shop_status: order.status.to_string(),
        verdict,
        happening: Happening {
            // With the decision in it: a redelivery that decides otherwise is told too.
            key: format!("{}/{what}", notice.id),
            at: Timestamp::now(),
            role: ROLE,
            what,
            cause: notice.data.cause.clone(),
        },
    }
}
