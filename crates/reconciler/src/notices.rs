//! Telling the order-importer that orders are to be looked at.
//!
//! Effects  one `shop.order.changed` for each order, confirmed by RabbitMQ
//! Replay   safe: a notice is a doorbell, and the same notice has the same id

use crossdock_domain::{OrderId, StoreId};
use crossdock_events::{CONTENT_TYPE, Event, EventData as _, ShopOrderChanged, Source};
use crossdock_queue::{Message, PublishError, Publisher};
use crossdock_telemetry::TraceParent;
use futures_util::future::try_join_all;
use jiff::Timestamp;

use crate::ROLE;
use crate::metrics::ReconcilerMetrics;

/// Why an order is to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A sweep found it changed at the shop, and no webhook told of it.
    Sweep,
    /// It was read in the second in which the shop changed it, and may have changed again in that.
    SecondLook,
    /// It is open here, and was not read for some time.
    Unread,
    /// The shop lists it as deleted.
    Deleted,
    /// It was held until now.
    HoldOver,
    /// It was kept out by rules that have changed.
    Settings,
    /// It changed at the shop while webhooks were missing or switched off.
    WebhookDead,
    /// The shop has it of a day that was proved, and the ledger does not.
    Proof,
}

impl Cause {
    /// The name in events, timelines and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::SecondLook => "second-look",
            Self::Unread => "unread",
            Self::Deleted => "deleted",
            Self::HoldOver => "hold-over",
            Self::Settings => "settings",
            Self::WebhookDead => "webhook-dead",
            Self::Proof => "proof",
        }
    }
}

/// That an order is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// The shop's id of the order.
    pub(crate) order_id: OrderId,
    /// What tells this notice from others of its cause and order: a time, for most.
    pub(crate) about: String,
}

/// Publishes notices.
#[derive(Clone)]
pub(crate) struct Notices {
    pub(crate) publisher: Publisher,
    pub(crate) metrics: ReconcilerMetrics,
}

impl Notices {
    /// Publishes notices of one shop, and returns once RabbitMQ has confirmed all of them.
    pub(crate) async fn publish(
        &self,
        store: &StoreId,
        cause: Cause,
        notices: &[Notice],
    ) -> Result<(), PublishError> {
        let trace = TraceParent::start();
        let publishing = notices.iter().map(|notice| {
            let message = message(store, cause, notice, trace);
            async move { self.publisher.publish(message).await }
        });
        try_join_all(publishing).await?;
        self.metrics.noticed(store, cause, notices.len());
        Ok(())
    }
}

fn message(store: &StoreId, cause: Cause, notice: &Notice, trace: TraceParent) -> Message {
    let Notice { order_id, about } = notice;
    let id = format!("{}/{store}/{order_id}/{about}", cause.as_str());
    let data = ShopOrderChanged {
        store: store.clone(),
        order_id: order_id.clone(),
        cause: cause.as_str().to_owned(),
    };
    let event =
        Event::new(&Source::Role(ROLE), id, Timestamp::now(), data).traced(Some(trace.step().to_string()));
    Message::new(ShopOrderChanged::TYPE, event.id.as_str(), CONTENT_TYPE, event.to_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_order_of_two_shops_makes_two_notices() {
        let notice = Notice { order_id: OrderId::from("1001"), about: "2026-11-02T06:00:00Z".to_owned() };
        let trace = TraceParent::start();
        let of = |store: &str| message(&store.parse().unwrap(), Cause::Sweep, &notice, trace);
        let (one, other) = (of("acme-au"), of("acme-nz"));
        assert_eq!(one.id, "sweep/acme-au/1001/2026-11-02T06:00:00Z");
        assert_eq!(other.id, "sweep/acme-nz/1001/2026-11-02T06:00:00Z");
        let event = Event::<ShopOrderChanged>::from_json(&one.body).unwrap();
        assert_eq!((event.source.as_str(), event.data.cause.as_str()), ("/crossdock/reconciler", "sweep"));
    }
}
