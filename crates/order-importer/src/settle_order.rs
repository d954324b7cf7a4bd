//! From one reading of an order to all that follows from it: the ledger's record, and what the warehouse is told.

use std::sync::Arc;

use crossdock_domain::{OrderId, ShopOrder, StoreId};
use crossdock_ledger::{Busy, Happening, Ledger, NextStep};
use crossdock_queue::{Failure, Publisher};
use crossdock_storefront::Shop;
use crossdock_telemetry::TraceParent;
use futures_util::future::join;
use jiff::Timestamp;

use crate::ROLE;
use crate::announce_promise::{announce, of_skus, of_telling};
use crate::judge::{Occasion, judge};
use crate::tell_warehouse::tell_warehouse;

/// Most things that one reading of an order can lead to: what was in doubt is told again, then what changed meanwhile.
const STEPS_MAX: usize = 4;

/// Why an order that the shop does not have any more is cancelled.
pub(crate) const DELETED: &str = "deleted at the shop";

/// Judges orders and does what the ledger says is to be done.
pub(crate) struct SettleOrder {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) publisher: Publisher,
}

impl SettleOrder {
    /// Judges an order as it was just read.
    pub(crate) async fn settle(
        &self,
        shop: &Shop,
        order: &ShopOrder,
        occasion: &Occasion,
        trace: TraceParent,
    ) -> Result<(), Failure> {
        let store = &shop.settings.id;
        let mut judged = judge(shop, order, occasion);
        for _ in 0..STEPS_MAX {
            // Each turn's time to tell the warehouse begins now.
            judged.happening.at = Timestamp::now();
            let step = self.ledger.judge(&judged).await?;
            if !self.take_of(store, &order.order_id, step, trace).await? {
                break;
            }
        }
        Ok(())
    }

    /// The shop does not have the order any more.
    pub(crate) async fn gone(
        &self,
        shop: &Shop,
        order_id: &OrderId,
        occasion: &Occasion,
        trace: TraceParent,
    ) -> Result<(), Failure> {
        let (store, stock_push) = (&shop.settings.id, shop.settings.stock.push);
        for notice in &occasion.notices {
            self.ledger.tell(store, order_id, notice).await?;
        }
        let mut happening = occasion.happening(format!("cancelled: {DELETED}"));
        for _ in 0..STEPS_MAX {
            happening.at = Timestamp::now();
            let step =
                self.ledger.gone(store, order_id, DELETED, occasion.read_at, stock_push, &happening).await?;
            if !self.take_of(store, order_id, step, trace).await? {
                break;
            }
        }
        Ok(())
    }

    /// Releases an order again that the warehouse refused. False if it does not stand refused.
    pub(crate) async fn retry(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        cause: &str,
        trace: TraceParent,
    ) -> Result<bool, Failure> {
        let now = Timestamp::now();
        let happening = Happening {
            key: format!("retry/{now}"),
            at: now,
            role: ROLE,
            what: "to be released again".to_owned(),
            cause: cause.to_owned(),
        };
        let step = self.ledger.retry(store, order_id, &happening).await?;
        let released = matches!(step, NextStep::Tell(_));
        self.take(store, order_id, step, trace).await?;
        Ok(released)
    }

    /// Does what is to be done. Returns whether that was begun before, and says nothing of this reading yet.
    async fn take_of(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        step: NextStep,
        trace: TraceParent,
    ) -> Result<bool, Failure> {
        let again = matches!(&step, NextStep::Tell(telling) if telling.again);
        self.take(store, order_id, step, trace).await?;
        Ok(again)
    }

    /// Does what the ledger says is to be done of an order.
    pub(crate) async fn take(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        step: NextStep,
        trace: TraceParent,
    ) -> Result<(), Failure> {
        match step {
            NextStep::Tell(telling) => {
                let promised = of_telling(store, order_id, &telling, Timestamp::now(), trace);
                let ((), told) = join(
                    announce(&self.publisher, promised),
                    tell_warehouse(&*self.ledger, &self.publisher, store, order_id, &telling, trace),
                )
                .await;
                told
            }
            NextStep::Wait => Err(Busy.into()),
            NextStep::Promised(skus) => {
                let promised = of_skus(store, order_id, skus, Timestamp::now(), trace);
                announce(&self.publisher, Some(promised)).await;
                Ok(())
            }
            NextStep::Nothing => {
                tracing::debug!(store.id = %store, order.id = %order_id, "nothing to tell the warehouse");
                Ok(())
            }
        }
    }
}
