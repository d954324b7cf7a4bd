//! What waits in one shop's lane: products that changed, and pushes that are due. One push answers them all.

use std::collections::BTreeSet;
use std::sync::Arc;

use crossdock_domain::{Mend, Sku, StockPush, StoreId};
use crossdock_events::{Event, EventData as _, InvalidEvent, RawEvent, ShopProductChanged, StockDue};
use crossdock_ledger::{Busy, Ledger, alone};
use crossdock_queue::{Delivery, Failure, Outcome, Turn};
use crossdock_storefront::{Shop, Shops};
use crossdock_telemetry::Trace;
use jiff::Timestamp;
use tracing::Instrument as _;

use crate::ROLE;
use crate::doubts_told::DoubtsTold;
use crate::push_stock::{Leftover, PushStock};
use crate::reread_products::is_quantity_only;
use crate::tell_shops::TellShops;
use crate::wanted::{self, Wanted};

pub(crate) struct ServeShop {
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) push_stock: PushStock,
    pub(crate) tell_shops: TellShops,
    pub(crate) doubts_told: DoubtsTold,
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

    /// Whether it wants whatever differs compared, as the next one will in a few minutes.
    fn compares_all(&self) -> bool {
        matches!(self, Self::Due(event) if event.data.skus.is_none() && !event.data.full)
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
        let (mut echoes, mut leftover) = (BTreeSet::new(), Leftover::default());
        let serve = self.serve(store, &messages, &trace, &mut echoes, &mut leftover);
        let done = serve.instrument(trace.span()).await;
        for (position, message) in &messages {
            // Another listing of the SKU may take the quantity when it is tried again.
            let can_mend = matches!(&done, Err(failure) if failure.mend != Mend::Never);
            let refusal = message.alone().filter(|_| !can_mend).and_then(|sku| refusal(&leftover, sku));
            outcomes[*position] = match refusal {
                Some(refusal) => Outcome::Failed(refusal.clone()),
                // Whatever else failed: told again when it is too old for an echo, it would be read.
                None if echoes.contains(position) => Outcome::Done,
                // Each is a message of its own; all others are told.
                None if message.compares_all() && !leftover.doubted.is_empty() => Outcome::Done,
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
        echoes: &mut BTreeSet<usize>,
        leftover: &mut Leftover,
    ) -> Result<(), Failure> {
        let shop = self.shops.get(store)?;
        if shop.settings.stock.push == StockPush::Off {
            return Ok(());
        }
        let work = async {
            let pushed = self.push(&shop, messages, echoes, leftover).await;
            if let Err(failure) = self.hand_on(store, messages, trace, leftover).await {
                leftover.doubted.clear();
                return Err(failure);
            }
            pushed
        };
        // Between two processes, the older of two computed quantities could reach the shop last, and stand there as if it were new.
        alone(&*self.ledger, &format!("stock/{store}"), Busy.into(), work).await
    }

    async fn push(
        &self,
        shop: &Shop,
        messages: &[(usize, Message)],
        echoes: &mut BTreeSet<usize>,
        leftover: &mut Leftover,
    ) -> Result<(), Failure> {
        let reread = &self.push_stock.reread_products;
        let (now, mut wanted, mut changes) = (Timestamp::now(), Wanted::default(), Vec::new());
        for (position, message) in messages {
            match message {
                Message::Due(event) => wanted.add(event, now),
                Message::Changed(event) => changes.push((*position, event)),
            }
        }
        *echoes = reread.echoes(shop, &changes).await?;
        let edits = changes.into_iter().filter(|(position, _)| !echoes.contains(position));
        let edited = edits.map(|(_, event)| event.data.product_id.clone()).collect();
        let mut news = Vec::new();
        let reread = reread.handle(shop, edited).await?;
        if shop.settings.stock.follows_changes() {
            wanted.changed.extend(reread.iter().cloned());
            news = reread;
        }
        if wanted.is_nothing() {
            return Ok(());
        }
        let pushed = self.push_stock.push(shop, &wanted, Turn::begin(), leftover).await;
        if pushed.is_err() {
            // They are news but once: the messages that come again find nothing new.
            leftover.found.add(news.into_iter().collect());
        }
        pushed
    }

    /// Publishes what the push leaves to be done. What was refused is put down only then: until somebody is told of it, it is tried again.
    async fn hand_on(
        &self,
        store: &StoreId,
        messages: &[(usize, Message)],
        trace: &Trace,
        leftover: &Leftover,
    ) -> Result<(), Failure> {
        self.tell_shops.found(store, &leftover.found, trace.parent()).await?;
        let refused: BTreeSet<&Sku> = leftover.refused.iter().map(|(listing, _)| &listing.sku).collect();
        let alone: BTreeSet<&Sku> = messages.iter().filter_map(|(_, message)| message.alone()).collect();
        for sku in refused.difference(&alone) {
            self.tell_shops.alone(store, sku, trace.parent()).await?;
        }
        if messages.iter().any(|(_, message)| message.compares_all()) {
            for sku in self.doubts_told.news(store, &leftover.doubted) {
                self.tell_shops.alone(store, &sku, trace.parent()).await?;
                self.doubts_told.told(store, sku);
            }
        }
        self.push_stock.give_up(store, &leftover.refused).await
    }
}

/// Why the shop refuses the SKU somewhere.
fn refusal<'l>(leftover: &'l Leftover, sku: &Sku) -> Option<&'l Failure> {
    leftover.refused.iter().find(|(listing, _)| listing.sku == *sku).map(|(_, failure)| failure)
}

#[cfg(test)]
mod tests;
