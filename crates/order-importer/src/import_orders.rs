//! Reads changed orders anew from their shop, decides about them, and tells the warehouse what follows.
//!
//! In       `shop.order.changed`
//! Effects  the order's record and timeline; `order.released` at most once per order, `order.amended`, `order.cancelled`
//! Replay   safe: the ledger remembers what was decided; what is in doubt is published again with the same id

mod readings;

use std::collections::BTreeMap;
use std::sync::Arc;

use crossdock_domain::{Classify as _, Mend, OrderId, Platform, ShopOrder, StoreId};
use crossdock_events::{Event, ShopOrderChanged};
use crossdock_ledger::{Busy, Happening, Ledger};
use crossdock_queue::{Delivery, Failure, Outcome};
use crossdock_storefront::{Shop, Shops, StorefrontError};
use crossdock_telemetry::{Trace, TraceParent};
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;
use tracing::Instrument as _;

use crate::ROLE;
use crate::judge::Occasion;
use crate::refused::{is_known_now, is_retry};
use crate::settle_order::SettleOrder;
use readings::{Reading, Wanted, readings};

/// Most orders of a batch that are judged and published at once.
const ORDERS_AT_ONCE: usize = 16;

/// Tries after which an order that the shop does not have, and that we never saw, is given up: it may be about to appear.
const UNSEEN_ATTEMPTS_MAX: u32 = 2;

pub(crate) struct ImportOrders {
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) settle_order: Arc<SettleOrder>,
}

/// A notice and where it stands in its batch.
struct Notice {
    position: usize,
    attempt: u32,
    event: Event<ShopOrderChanged>,
}

/// All notices of one order, and what the ledger knew of it before it was read.
struct Noticed<'n> {
    id: &'n OrderId,
    notices: &'n [Notice],
    known: bool,
    /// When the shop was asked for it.
    read_at: Timestamp,
}

impl Noticed<'_> {
    /// Whether the shop said that it has deleted the order.
    fn says_deleted(&self) -> bool {
        let deleted = |notice: &Notice| {
            let cause = &notice.event.data.cause;
            ["deleted", "archived"].iter().any(|word| cause.ends_with(word))
        };
        self.notices.iter().any(deleted)
    }

    fn attempt(&self) -> u32 {
        self.notices.iter().map(|notice| notice.attempt).max().unwrap_or_default()
    }
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
        let results = match self.import(store, &by_order).await {
            Ok(results) => results,
            Err(failure) => by_order.keys().map(|id| (id, Err(failure.clone()))).collect(),
        };
        for (id, result) in results {
            let outcome = Outcome::from(result);
            for notice in &by_order[id] {
                outcomes[notice.position] = outcome.clone();
            }
        }
        outcomes
    }

    /// One result for each order. What is urgent is read and answered before the shop is asked for the rest.
    async fn import<'n>(
        &self,
        store: &StoreId,
        by_order: &'n BTreeMap<OrderId, Vec<Notice>>,
    ) -> Result<Vec<(&'n OrderId, Result<(), Failure>)>, Failure> {
        let shop = self.shops.get(store)?;
        let ids: Vec<OrderId> = by_order.keys().cloned().collect();
        let known = self.ledger.known(store, &ids).await?;
        let known: BTreeMap<_, _> = known.into_iter().map(|known| (known.order_id, known.state)).collect();
        // Where one call brings many orders, another call for the less urgent ones would only cost more.
        let together = shop.settings.platform() == Platform::Bigcommerce;
        let mut results = Vec::with_capacity(ids.len());
        for reading in readings(by_order, &known, together) {
            results.extend(self.read(&shop, reading).await);
        }
        Ok(results)
    }

    /// Asks the shop for these orders, and answers for each.
    async fn read<'n>(&self, shop: &Shop, reading: Reading<'n>) -> Vec<(&'n OrderId, Result<(), Failure>)> {
        let Reading { priority, orders } = reading;
        let ids: Vec<OrderId> = orders.iter().map(|order| order.id.clone()).collect();
        let trace = trace_of(orders.iter().flat_map(|order| order.notices));
        let read_at = Timestamp::now();
        let read = shop.storefront.orders(&ids, priority).instrument(trace.span()).await;
        let answers = orders.into_iter().zip(read).map(|(Wanted { id, notices, known }, order)| {
            let trace = trace_of(notices);
            let noticed = Noticed { id, notices, known, read_at };
            let answered = self.answer(shop, noticed, order, trace.parent());
            async move { (id, answered.instrument(trace.span()).await) }
        });
        // Not lazily: a stream over borrowing futures confuses the compiler about their lifetimes.
        let answers: Vec<_> = answers.collect();
        stream::iter(answers).buffered(ORDERS_AT_ONCE).collect().await
    }

    /// Answers all notices of one order by what was read of it.
    async fn answer(
        &self,
        shop: &Shop,
        noticed: Noticed<'_>,
        order: Result<ShopOrder, StorefrontError>,
        trace: TraceParent,
    ) -> Result<(), Failure> {
        let result = self.settle(shop, &noticed, order, trace).await;
        if let Err(failure) = &result
            && failure.class != Busy.class()
        {
            self.tell_failure(&shop.settings.id, &noticed, failure).await;
        }
        result
    }

    async fn settle(
        &self,
        shop: &Shop,
        noticed: &Noticed<'_>,
        order: Result<ShopOrder, StorefrontError>,
        trace: TraceParent,
    ) -> Result<(), Failure> {
        let store = &shop.settings.id;
        let newest = &noticed.notices.last().expect("an order is read because of a notice").event;
        let occasion = Occasion {
            key: newest.id.clone(),
            cause: newest.data.cause.clone(),
            notices: noticed.notices.iter().map(|notice| told(&notice.event)).collect(),
            read_at: noticed.read_at,
            again: noticed.notices.iter().any(|notice| is_retry(&notice.event)),
        };
        match order {
            Ok(order) => self.settle_order.settle(shop, &order, &occasion, trace).await,
            Err(error @ StorefrontError::NotFound { .. }) => {
                if noticed.says_deleted() || noticed.known && self.missed_before(store, noticed).await? {
                    return self.settle_order.gone(shop, noticed.id, &occasion, trace).await;
                }
                let failure = Failure::from(error);
                let again = noticed.known || noticed.attempt() < UNSEEN_ATTEMPTS_MAX;
                Err(if again { Failure { mend: Mend::Wait, ..failure } } else { failure })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the shop did not have it either when it was asked for the same notice before. An order that it had, and that is suddenly not
    /// there, counts as deleted only then where the shop did not say so: what follows cannot be undone.
    async fn missed_before(&self, store: &StoreId, noticed: &Noticed<'_>) -> Result<bool, Failure> {
        let mut before = false;
        for Notice { event, .. } in noticed.notices {
            let happening = Happening {
                key: format!("{}/missed", event.id),
                at: Timestamp::now(),
                role: ROLE,
                what: "not found at the shop; to be asked for once more".to_owned(),
                cause: event.data.cause.clone(),
            };
            before |= self.ledger.told_at(store, noticed.id, &happening.key).await?.is_some();
            self.ledger.tell(store, noticed.id, &happening).await?;
        }
        Ok(before)
    }

    /// Best effort: the failure itself travels with the message.
    async fn tell_failure(&self, store: &StoreId, noticed: &Noticed<'_>, failure: &Failure) {
        let now = Timestamp::now();
        for Notice { event, attempt, .. } in noticed.notices {
            let key = match failure.mend {
                // However many notices wait for credentials, and however often they are tried: told once a day.
                Mend::Credentials => format!("{}/{}", failure.class, now.strftime("%F")),
                Mend::Wait | Mend::WaitFor(_) | Mend::Never => format!("{}/failed/{attempt}", event.id),
            };
            let happening = Happening {
                key,
                at: now,
                role: ROLE,
                what: format!("could not be imported: {}", failure.chain),
                cause: event.data.cause.clone(),
            };
            if self.ledger.tell(store, noticed.id, &happening).await.is_err() {
                return;
            }
        }
    }
}

/// A notice, as the timeline tells it.
fn told(event: &Event<ShopOrderChanged>) -> Happening {
    let (role, what) = if is_retry(event) {
        (ROLE, "to be looked at again, because its refusal is replayed")
    } else if is_known_now(event) {
        (ROLE, "to be looked at again, because the warehouse knows its SKUs now")
    } else if is_our_own(event) {
        ("reconciler", "to be looked at again")
    } else {
        ("receiver", "the shop told of a change")
    };
    Happening {
        key: event.id.clone(),
        at: event.time.unwrap_or_else(Timestamp::now),
        role,
        what: what.to_owned(),
        cause: event.data.cause.clone(),
    }
}

/// Whether the notice is the reconciler's, not a shop's.
fn is_our_own(event: &Event<ShopOrderChanged>) -> bool {
    event.source.starts_with("/crossdock/")
}

/// The newest notice lends its trace.
fn trace_of<'a>(notices: impl IntoIterator<Item = &'a Notice>) -> Trace {
    Trace::of(notices.into_iter().map(|notice| notice.event.traceparent.as_deref()))
}

fn unanswered() -> Failure {
    let chain = "the shop's client gave no answer for the order".to_owned();
    Failure { class: "order-unanswered", chain, mend: Mend::Wait }
}
