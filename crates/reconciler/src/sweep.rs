//! Compares what a shop has changed with the ledger, and has the order-importer look at what differs.
//!
//! Effects  a notice for each order that the ledger does not have, or not as new; for each deleted one; then the shop's cursor
//! Replay   safe: the cursor moves on last, once every notice is confirmed

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::{ImportRules, Mend, OrderId, Platform, StoreId};
use crossdock_ledger::{KnownOrder, Ledger, OrderState};
use crossdock_queue::Failure;
use crossdock_storefront::{ListedOrder, Page, Shop, Window};
use jiff::{SignedDuration, Timestamp};

use crate::notices::{Cause, Notice, Notices};
use crate::patience::patiently;

/// How far a sweep looks back beyond the one before it, in seconds, at BigCommerce: clocks that differ, and lists that lag.
const OVERLAP_SECS_BIGCOMMERCE: i64 = 5 * 60;

/// The same at Ecwid, whose search sees an order only once its index does.
///
/// Source: the official Java client's tests wait for it in ten growing steps of 1.5 s, 80 s in all (b0eeb74, 2026-07-14); the lag under load is
/// not documented.
const OVERLAP_SECS_ECWID: i64 = 15 * 60;

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

impl Sweeper {
    /// Sweeps a shop that was swept up to then. Returns up to when it is swept now.
    pub(crate) async fn sweep(&self, shop: &Shop, swept_to: Option<Timestamp>) -> Result<Timestamp, Failure> {
        let (store, now) = (&shop.settings.id, Timestamp::now());
        let since = window_start(&shop.settings.orders, swept_to, now);
        let webhook = Duration::from_secs(WEBHOOK_SECS_MAX).min(shop.settings.sweep_every);
        let missed = self.changed_since(shop, since, now - webhook, Cause::Sweep).await?;
        if swept_to.is_some() {
            self.report(store, missed);
        }
        self.deleted_since(shop, since).await?;
        self.ledger.swept(store, now).await?;
        Ok(now)
    }

    /// Has every order looked at that the shop changed in this time and that the ledger does not have as it was changed. Returns how
    /// many these are, once RabbitMQ has confirmed all of them.
    pub(crate) async fn changed_since(
        &self,
        shop: &Shop,
        since: Timestamp,
        until: Timestamp,
        cause: Cause,
    ) -> Result<usize, Failure> {
        let (window, mut place, mut noticed) = (Window::ModifiedSince(since), None, 0);
        for _ in 0..PAGES_MAX {
            let page = patiently(|| shop.storefront.list(&window, place.as_ref())).await?;
            let Page { orders, next } = page;
            noticed += self.compare(&shop.settings.id, &orders, until, cause).await?;
            match next {
                Some(next) => place = Some(next),
                None => return Ok(noticed),
            }
        }
        Err(endless())
    }

    async fn compare(
        &self,
        store: &StoreId,
        listed: &[ListedOrder],
        until: Timestamp,
        cause: Cause,
    ) -> Result<usize, Failure> {
        let known = self.known(store, listed.iter().map(|order| order.order_id.clone()).collect()).await?;
        let news = listed.iter().filter(|order| is_news(order, known.get(&order.order_id), until));
        let notice = |order: &ListedOrder| Notice {
            order_id: order.order_id.clone(),
            about: order.modified_at.unwrap_or(until).to_string(),
        };
        let notices: Vec<Notice> = news.map(notice).collect();
        self.notices.publish(store, cause, &notices).await?;
        Ok(notices.len())
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

pub(crate) fn endless() -> Failure {
    let chain = format!("the shop's list of orders has more than {PAGES_MAX} pages");
    Failure { class: "list-endless", chain, mend: Mend::Never }
}

/// The first sweep looks at what was changed since the day from which the shop's orders are wanted. Where there is no such day, it
/// begins now: the many orders of an old shop that still have a wanted status would otherwise be shipped by surprise.
fn window_start(rules: &ImportRules, swept_to: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let overlap = SignedDuration::from_secs(match rules.platform {
        Platform::Bigcommerce => OVERLAP_SECS_BIGCOMMERCE,
        Platform::Ecwid => OVERLAP_SECS_ECWID,
    });
    match (swept_to, rules.placed_from) {
        (Some(moment), _) => moment - overlap,
        (None, Some(day)) => day.min(now - overlap),
        (None, None) => now - overlap,
    }
}

/// Whether the shop has changed an order, by this moment, since the ledger has read it. One without a readable date may have changed.
fn is_news(listed: &ListedOrder, known: Option<&KnownOrder>, until: Timestamp) -> bool {
    listed.modified_at.is_none_or(|modified_at| {
        modified_at <= until && known.is_none_or(|known| known.modified_at < modified_at)
    })
}

#[cfg(test)]
mod tests {
    use crossdock_domain::Kits;

    use super::*;

    fn second(second: i64) -> Timestamp {
        "2026-11-02T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
    }

    fn rules(platform: Platform, placed_from: Option<Timestamp>) -> ImportRules {
        ImportRules {
            store: "acme-au".parse().unwrap(),
            platform,
            prefix: String::new(),
            placed_from,
            statuses: Vec::new(),
            payment_statuses: Vec::new(),
            fulfillment_statuses: Vec::new(),
            countries: Vec::new(),
            channels: Vec::new(),
            kits: Kits::default(),
            test_skus: Vec::new(),
            product_options: Vec::new(),
            hold_hours: 0,
        }
    }

    #[test]
    fn a_sweep_overlaps_the_one_before_it_and_the_first_begins_where_orders_are_wanted() {
        let (now, day) = (second(0), second(-86_400));
        let bigcommerce =
            |placed_from, swept_to| window_start(&rules(Platform::Bigcommerce, placed_from), swept_to, now);
        assert_eq!(bigcommerce(None, Some(second(-60))), second(-360));
        assert_eq!(bigcommerce(Some(day), Some(second(-60))), second(-360));
        assert_eq!(bigcommerce(Some(day), None), day);
        assert_eq!(bigcommerce(Some(second(86_400)), None), second(-300), "from tomorrow on");
        assert_eq!(bigcommerce(None, None), second(-300), "nobody said from when on");
        assert_eq!(window_start(&rules(Platform::Ecwid, None), Some(second(-60)), now), second(-960));
    }

    #[test]
    fn news_is_what_the_ledger_does_not_have_as_the_shop_changed_it() {
        let listed = |modified_at| ListedOrder { order_id: "1001".into(), placed_at: None, modified_at };
        let known = |at: i64| KnownOrder {
            order_id: "1001".into(),
            state: OrderState::Filtered,
            modified_at: second(at),
        };
        let until = second(100);
        for (modified_at, known, news) in [
            (Some(second(50)), None, true),
            (Some(second(50)), Some(known(49)), true),
            (Some(second(50)), Some(known(50)), false),
            (Some(second(50)), Some(known(51)), false),
            (Some(second(100)), None, true),
            (Some(second(101)), None, false),
            (None, None, true),
            (None, Some(known(50)), true),
        ] {
            assert_eq!(
                is_news(&listed(modified_at), known.as_ref(), until),
                news,
                "{modified_at:?} {known:?}"
            );
        }
    }
}
