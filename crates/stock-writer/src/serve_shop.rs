//! What waits in one shop's lane: products that changed, and pushes that are due. One push answers them all.

use std::collections::BTreeSet;
use std::sync::Arc;

use crossdock_domain::{Sku, StockPush, StoreId};
use crossdock_events::{Event, EventData as _, InvalidEvent, RawEvent, ShopProductChanged, StockDue};
use crossdock_ledger::{Busy, Ledger, alone};
use crossdock_queue::{Delivery, Failure, Outcome, Turn};
use crossdock_storefront::{Shop, Shops};
use crossdock_telemetry::Trace;
use jiff::Timestamp;
use tracing::Instrument as _;

use crate::ROLE;
use crate::affected::Affected;
use crate::push_stock::{Leftover, PushStock};
use crate::reread_products::is_quantity_only;
use crate::tell_shops::TellShops;
use crate::wanted::{self, Wanted};

pub(crate) struct ServeShop {
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) push_stock: PushStock,
    pub(crate) tell_shops: TellShops,
}

/// A message of the lane.
enum Message {
    Changed(Event<ShopProductChanged>),
    Due(Event<StockDue>),
}

impl Message {
    fn read(delivery: &Delivery) -> Result<Self, InvalidEvent> {
        let event = RawEvent::parse(&delivery.body)?;
        match event.kind.as_str() {
            StockDue::TYPE => Ok(Self::Due(event.read()?)),
            ShopProductChanged::TYPE => Ok(Self::Changed(event.read()?)),
            _ => Err(InvalidEvent::Misrouted { kind: event.kind, role: ROLE }),
        }
    }

    fn tells_nothing(&self) -> bool {
        matches!(self, Self::Changed(event) if is_quantity_only(&event.data))
    }

    fn traceparent(&self) -> Option<&str> {
        match self {
            Self::Changed(event) => event.traceparent.as_deref(),
            Self::Due(event) => event.traceparent.as_deref(),
        }
    }

    /// The SKU, if the message is about it alone.
    fn alone(&self) -> Option<&Sku> {
        match self {
            Self::Changed(_) => None,
            Self::Due(event) => wanted::alone(&event.data),
        }
    }
}

impl ServeShop {
    pub(crate) async fn handle(&self, store: &StoreId, batch: &[Delivery]) -> Vec<Outcome> {
        let mut outcomes = vec![Outcome::Done; batch.len()];
        let mut messages = Vec::new();
        for (position, delivery) in batch.iter().enumerate() {
            match Message::read(delivery) {
                Ok(message) if message.tells_nothing() => {}
                Ok(message) => messages.push((position, message)),
                Err(error) => outcomes[position] = Outcome::Failed(error.into()),
            }
        }
        if messages.is_empty() {
            return outcomes;
        }
        let trace = Trace::of(messages.iter().map(|(_, message)| message.traceparent()));
        let mut leftover = Leftover::default();
        let done = self.serve(store, &messages, &trace, &mut leftover).instrument(trace.span()).await;
        for (position, message) in &messages {
            outcomes[*position] = match message.alone().and_then(|sku| leftover.refused.get(sku)) {
                Some(refusal) => Outcome::Failed(refusal.clone()),
                None => Outcome::from(done.clone()),
            };
        }
        outcomes
    }

    async fn serve(
        &self,
        store: &StoreId,
        messages: &[(usize, Message)],
        trace: &Trace,
        leftover: &mut Leftover,
    ) -> Result<(), Failure> {
        let shop = self.shops.get(store)?;
        if shop.settings.stock.push == StockPush::Off {
            return Ok(());
        }
        let done = {
            let work = self.work(&shop, messages, leftover);
            // Between two processes, the older of two computed quantities could reach the shop last, and stand there as if it were new.
            alone(&*self.ledger, &format!("stock/{store}"), Busy.into(), work).await
        };
        let alone_already: BTreeSet<&Sku> =
            messages.iter().filter_map(|(_, message)| message.alone()).collect();
        self.tell_shops.found(store, &leftover.found, trace.parent()).await?;
        for sku in leftover.refused.keys().filter(|sku| !alone_already.contains(sku)) {
            self.tell_shops.alone(store, sku, trace.parent()).await?;
        }
        done
    }

    async fn work(
        &self,
        shop: &Shop,
        messages: &[(usize, Message)],
        leftover: &mut Leftover,
    ) -> Result<(), Failure> {
        let (now, mut wanted, mut changed) = (Timestamp::now(), Wanted::default(), Vec::new());
        for (_, message) in messages {
            match message {
                Message::Changed(event) => changed.push(event.data.clone()),
                Message::Due(event) => wanted.add(event, now),
            }
        }
        let news = self.push_stock.reread_products.handle(shop, &changed).await?;
        if shop.settings.stock.follows_changes() {
            wanted.changed.add(news.into_iter().collect::<Affected>());
        }
        if wanted.is_nothing() {
            return Ok(());
        }
        self.push_stock.push(shop, &wanted, Turn::begin(), leftover).await
    }
}
