//! Compares what a shop has changed with the ledger, and has the order-importer look at what differs.
//!
//! Effects  a notice for each order that the ledger does not have, or not as new; for each deleted one; then the shop's cursor
//! Replay   safe: the cursor moves on last, once every notice is confirmed

mod news;
mod rounds;
mod span;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::{Mend, OrderId, StoreId};
use crossdock_ledger::{KnownOrder, Ledger, OrderState, Swept};
use crossdock_queue::Failure;
use crossdock_storefront::{ListedOrder, Page, Place, Shop, Window};
use jiff::Timestamp;

use crate::notices::{Cause, Notice, Notices};
use crate::open_orders::look_at_unread;
use crate::patience::patiently;

use news::{News, news};
use span::Span;

pub(crate) use rounds::{Progress, SweepRounds};
pub(crate) use span::{floor, is_ahead};

/// How long a webhook may be on its way, in seconds: what changed this moment is left to the next sweep, which looks back further.
/// Of a shop that is swept more often, as long as its sweeps are apart.
const WEBHOOK_SECS_MAX: u64 = 30;

/// Most pages of one list. A list that has more does not end.
pub(crate) const PAGES_MAX: usize = 100_000;

/// Sweeps shops.
#[derive(Clone)]
pub(crate) struct Sweeper {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) notices: Notices,
}

/// A sweep that is not complete: where it breaks off, the next try goes on, and nothing that was told is told again.
pub(crate) struct Begun {
    at: Timestamp,
    /// How far the shop was swept before.
    after: Option<Swept>,
    span: Span,
    reading: Reading,
}

/// A list of changes, as far as it was read.
struct Reading {
    window: Window,
    /// What changed later is left to others.
    until: Timestamp,
    cause: Cause,
    place: Option<Place>,
    pages: usize,
    ended: bool,
    /// Orders that the ledger did not have as the shop changed them.
    missed: usize,
}

impl Sweeper {
    /// Sweeps a shop that was swept so far. Returns how far it is swept now.
    pub(crate) async fn sweep(
        &self,
        shop: &Shop,
        swept: Option<Swept>,
        begun: &mut Option<Begun>,
    ) -> Result<Swept, Failure> {
        // Another process may have completed one since.
        begun.take_if(|begun| begun.after != swept);
        let sweep = begun.get_or_insert_with(|| Begun::now(shop, swept));
        let done = self.go_on(shop, sweep).await;
        let heals =
            |failure: &Failure| matches!(failure.mend, Mend::Wait | Mend::WaitFor(_) | Mend::Credentials);
        if !done.as_ref().is_err_and(heals) {
            // Where it broke off may be what is wrong.
            *begun = None;
        }
        done
    }

    async fn go_on(&self, shop: &Shop, sweep: &mut Begun) -> Result<Swept, Failure> {
        let (store, span) = (&shop.settings.id, sweep.span);
        self.read_on(shop, &mut sweep.reading).await?;
        self.deleted_since(shop, span.since).await?;
        if span.beyond {
            let (about, since) = (sweep.at.to_string(), span.since);
            let open = look_at_unread(&*self.ledger, &self.notices, store, sweep.at, &about).await?;
            tracing::info!(store.id = %store, %since, orders.open = open, "swept further back than to the last sweep");
        }
        let swept = Swept { from: Some(span.whole_from), to: sweep.at };
        self.ledger.keep_swept(store, swept).await?;
        if !span.beyond && shop.settings.connection.has_webhooks() {
            self.report(store, sweep.reading.missed);
        }
        Ok(swept)
    }

    /// Has every order looked at that the shop changed since then and that the ledger does not have as it was changed. Returns how
    /// many these are, once RabbitMQ has confirmed all of them.
    pub(crate) async fn changed_since(
        &self,
        shop: &Shop,
        since: Timestamp,
        cause: Cause,
    ) -> Result<usize, Failure> {
        let mut reading = Reading::of(since, Timestamp::now(), cause);
        self.read_on(shop, &mut reading).await?;
        Ok(reading.missed)
    }

    async fn read_on(&self, shop: &Shop, reading: &mut Reading) -> Result<(), Failure> {
        while !reading.ended {
            if reading.pages == PAGES_MAX {
                return Err(endless());
            }
            let page = patiently(|| shop.storefront.list(&reading.window, reading.place.as_ref())).await?;
            let Page { orders, next } = page;
            let missed = self.compare(&shop.settings.id, &orders, reading).await?;
            (reading.missed, reading.pages) = (reading.missed + missed, reading.pages + 1);
            (reading.ended, reading.place) = (next.is_none(), next);
        }
        Ok(())
    }

    async fn compare(
        &self,
        store: &StoreId,
        listed: &[ListedOrder],
        reading: &Reading,
    ) -> Result<usize, Failure> {
        let known = self.known(store, listed.iter().map(|order| order.order_id.clone()).collect()).await?;
        let (mut missed, mut second_looks) = (Vec::new(), Vec::new());
        for order in listed {
            let notice = || Notice {
                order_id: order.order_id.clone(),
                about: order.modified_at.unwrap_or(reading.until).to_string(),
            };
            match news(order, known.get(&order.order_id), reading.until) {
                Some(News::Missed) => missed.push(notice()),
                Some(News::SecondLook) => second_looks.push(notice()),
                None => {}
            }
        }
        self.notices.publish(store, reading.cause, &missed).await?;
        self.notices.publish(store, Cause::SecondLook, &second_looks).await?;
        Ok(missed.len())
    }

    /// Has every order looked at that the shop deleted in this time, and that is not over already.
    pub(crate) async fn deleted_since(&self, shop: &Shop, since: Timestamp) -> Result<(), Failure> {
        let store = &shop.settings.id;
        let deleted = patiently(|| shop.storefront.deleted(since)).await?;
        let known = self.known(store, deleted).await?;
        let open = known
            .into_values()
            .filter(|order| !matches!(order.state, OrderState::Cancelled | OrderState::Shipped));
        let notices: Vec<Notice> =
            open.map(|order| Notice { order_id: order.order_id, about: "gone".to_owned() }).collect();
        self.notices.publish(store, Cause::Deleted, &notices).await?;
        Ok(())
    }

    async fn known(
        &self,
        store: &StoreId,
        ids: Vec<OrderId>,
    ) -> Result<HashMap<OrderId, KnownOrder>, Failure> {
        let known = self.ledger.known(store, &ids).await?;
        Ok(known.into_iter().map(|order| (order.order_id.clone(), order)).collect())
    }

    /// Where webhooks are lost, for example switched off at the platform, this is where it shows.
    fn report(&self, store: &StoreId, missed: usize) {
        if missed > 0 {
            self.notices.metrics.missed(store, missed);
            tracing::warn!(store.id = %store, orders = missed, "a sweep found orders that no webhook told of");
        }
    }
}

impl Begun {
    fn now(shop: &Shop, after: Option<Swept>) -> Self {
        let at = Timestamp::now();
        let span = Span::of(&shop.settings.orders, after, at);
        let on_its_way = Duration::from_secs(WEBHOOK_SECS_MAX).min(shop.settings.sweep_every);
        let webhook = if shop.settings.connection.has_webhooks() { on_its_way } else { Duration::ZERO };
        Self { at, after, span, reading: Reading::of(span.since, at - webhook, Cause::Sweep) }
    }
}

impl Reading {
    fn of(since: Timestamp, until: Timestamp, cause: Cause) -> Self {
        let window = Window::ModifiedSince(since);
        Self { window, until, cause, place: None, pages: 0, ended: false, missed: 0 }
    }
}

pub(crate) fn endless() -> Failure {
    let chain = format!("the shop's list of orders has more than {PAGES_MAX} pages");
    Failure { class: "list-endless", chain, mend: Mend::Never }
}
