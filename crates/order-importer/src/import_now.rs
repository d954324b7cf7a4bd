//! Reads, judges and releases orders at once, for a person who waits for the result.

use std::collections::HashMap;
use std::sync::Arc;

use crossdock_domain::{Mend, OrderId, ShopOrder, StoreId};
use crossdock_ledger::{Ledger, OrderState, Verdict};
use crossdock_queue::Failure;
use crossdock_storefront::{Priority, Shop, Shops, StorefrontError};
use crossdock_telemetry::Trace;
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;

use crate::judge::{Occasion, verdict};
use crate::settle_order::{DELETED, SettleOrder};

/// Most orders that are judged and published at once.
const ORDERS_AT_ONCE: usize = 8;

/// What became of an order that a person had imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// It went to the warehouse just now.
    Released,
    /// The warehouse had it, or had it cancelled, before.
    AlreadyThere(OrderState),
    /// It waits.
    Held {
        /// For what.
        reason: String,
    },
    /// A rule keeps it out.
    Filtered {
        /// Rule and value.
        reason: String,
    },
    /// The shop does not want it packed.
    Cancelled {
        /// Why.
        reason: String,
    },
    /// It could not be read or released: repair what the failure says, and import again.
    Failed(Failure),
}

pub(crate) struct ImportNow {
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) settle_order: Arc<SettleOrder>,
}

impl ImportNow {
    pub(crate) async fn import(
        &self,
        store: &StoreId,
        ids: &[OrderId],
        cause: &str,
        priority: Priority,
    ) -> Vec<(OrderId, Imported)> {
        match self.try_import(store, ids, cause, priority).await {
            Ok(imported) => imported,
            Err(failure) => ids.iter().map(|id| (id.clone(), Imported::Failed(failure.clone()))).collect(),
        }
    }

    /// What [`Self::import`] would come to. Nothing is written, and nobody is told.
    pub(crate) async fn preview(
        &self,
        store: &StoreId,
        ids: &[OrderId],
        priority: Priority,
    ) -> Vec<(OrderId, Imported)> {
        match self.try_preview(store, ids, priority).await {
            Ok(imported) => imported,
            Err(failure) => ids.iter().map(|id| (id.clone(), Imported::Failed(failure.clone()))).collect(),
        }
    }

    async fn try_preview(
        &self,
        store: &StoreId,
        ids: &[OrderId],
        priority: Priority,
    ) -> Result<Vec<(OrderId, Imported)>, Failure> {
        let shop = self.shops.get(store)?;
        let before = self.states(store, ids).await?;
        let read = shop.storefront.orders(ids, priority).await;
        let foreseen = |(id, order): (&OrderId, Result<ShopOrder, StorefrontError>)| {
            (id.clone(), foresee(&shop, before.get(id).copied(), order))
        };
        Ok(ids.iter().zip(read).map(foreseen).collect())
    }

    async fn states(
        &self,
        store: &StoreId,
        ids: &[OrderId],
    ) -> Result<HashMap<OrderId, OrderState>, Failure> {
        let known = self.ledger.known(store, ids).await?;
        Ok(known.into_iter().map(|known| (known.order_id, known.state)).collect())
    }

    async fn try_import(
        &self,
        store: &StoreId,
        ids: &[OrderId],
        cause: &str,
        priority: Priority,
    ) -> Result<Vec<(OrderId, Imported)>, Failure> {
        let shop = self.shops.get(store)?;
        let before = self.states(store, ids).await?;
        let read_at = Timestamp::now();
        let read = shop.storefront.orders(ids, priority).await;
        let imports: Vec<_> = ids
            .iter()
            .zip(read)
            .map(|(id, order)| {
                let (shop, before) = (&shop, before.get(id).copied());
                async move {
                    let occasion = Occasion {
                        key: String::new(),
                        cause: cause.to_owned(),
                        notices: Vec::new(),
                        read_at,
                        again: false,
                    };
                    let imported = self.import_one(shop, id, order, before, occasion).await;
                    (id.clone(), imported.unwrap_or_else(Imported::Failed))
                }
            })
            .collect();
        Ok(stream::iter(imports).buffered(ORDERS_AT_ONCE).collect().await)
    }

    async fn import_one(
        &self,
        shop: &Shop,
        id: &OrderId,
        order: Result<ShopOrder, StorefrontError>,
        before: Option<OrderState>,
        mut occasion: Occasion,
    ) -> Result<Imported, Failure> {
        let (store, trace) = (&shop.settings.id, Trace::of([]));
        match order {
            Ok(order) => {
                occasion.key = format!("{}/{}", occasion.cause, order.modified_at);
                self.settle_order.settle(shop, &order, &occasion, trace.parent()).await?;
            }
            // What the warehouse has is cancelled by the importer alone, which looks twice.
            Err(error @ StorefrontError::NotFound { .. }) if before.is_some_and(is_at_the_warehouse) => {
                return Err(Failure { mend: Mend::Wait, ..error.into() });
            }
            Err(StorefrontError::NotFound { .. }) if before.is_some() => {
                occasion.key = format!("{}/gone", occasion.cause);
                self.settle_order.gone(shop, id, &occasion, trace.parent()).await?;
            }
            Err(error) => return Err(error.into()),
        }
        let records = self.ledger.orders_named(id.as_str()).await?;
        let record = records.into_iter().find(|record| record.store == *store && record.order_id == *id);
        Ok(match record {
            Some(record) => match (record.state, before) {
                (OrderState::Held, _) => Imported::Held { reason: record.reason },
                (OrderState::Filtered, _) => Imported::Filtered { reason: record.reason },
                (OrderState::Cancelled, _) => Imported::Cancelled { reason: record.reason },
                (
                    _,
                    None
                    | Some(
                        OrderState::Held
                        | OrderState::Filtered
                        | OrderState::Cancelled
                        | OrderState::Releasing,
                    ),
                ) => Imported::Released,
                (state, Some(_)) => Imported::AlreadyThere(state),
            },
            None => Imported::Failed(vanished()),
        })
    }
}

/// What an order that was read would become. What the warehouse has, or had cancelled, is not foreseen in detail.
fn foresee(shop: &Shop, before: Option<OrderState>, order: Result<ShopOrder, StorefrontError>) -> Imported {
    if let Some(state) = before.filter(|state| !matches!(state, OrderState::Filtered | OrderState::Held)) {
        return Imported::AlreadyThere(state);
    }
    let order = match order {
        Ok(order) => order,
        Err(StorefrontError::NotFound { .. }) if before.is_some() => {
            return Imported::Cancelled { reason: DELETED.to_owned() };
        }
        Err(error) => return Imported::Failed(error.into()),
    };
    match verdict(shop.settings.orders.decide(&order, Timestamp::now())) {
        Verdict::Release(_) => Imported::Released,
        Verdict::Hold { reason, .. } => Imported::Held { reason },
        Verdict::Filter { reason } => Imported::Filtered { reason },
        Verdict::Cancel { reason } => Imported::Cancelled { reason },
    }
}

fn is_at_the_warehouse(state: OrderState) -> bool {
    !matches!(state, OrderState::Filtered | OrderState::Held | OrderState::Cancelled)
}

fn vanished() -> Failure {
    let chain = "the ledger has no record of an order that was just put down".to_owned();
    Failure { class: "order-vanished", chain, mend: Mend::Wait }
}
