//! Shops' callbacks. Each is a doorbell: it names an order or a product, which is read anew from the shop later.

pub(crate) mod bigcommerce;
pub(crate) mod ecwid;

use crossdock_domain::{OrderId, StoreId};
use crossdock_events::{Event, EventData, ShopOrderChanged, ShopProductChanged, Source};
use crossdock_queue::Message;
use crossdock_telemetry::TraceParent;
use jiff::Timestamp;

use crate::publish::{Run, message, publish};
use crate::refusal::Refusal;
use crate::verified::Verified;
use crate::visit::{Taken, Visit};

/// The topics that are told apart in metrics; the platforms may invent others.
const TOPICS: [&str; 17] = [
    "app",
    "application",
    "cart",
    "category",
    "channel",
    "customer",
    "information",
    "invoice",
    "order",
    "product",
    "profile",
    "promotion",
    "review",
    "shipment",
    "sku",
    "subscriber",
    "unfinished_order",
];

/// A callback of either platform.
#[derive(Debug)]
struct Doorbell {
    /// The same whenever the same event is told again.
    id: String,
    /// When it happened.
    time: Timestamp,
    /// What the platform says happened.
    cause: String,
    subject: Subject,
}

/// What it rings for.
#[derive(Debug)]
enum Subject {
    Order(OrderId),
    Product(String),
    Nothing,
}

/// Publishes what the callback rings for, or drops what nobody needs.
async fn ring(visit: &mut Visit<'_>, store: &StoreId, bell: Verified<Doorbell>) -> Result<Taken, Refusal> {
    if let Subject::Nothing = bell.get().subject {
        return Ok(Taken::Ignored(topic(&bell.get().cause)));
    }
    let trace = visit.trace();
    publish(visit.app, bell.map(|bell| vec![bell.run(store, trace)])).await
}

impl Doorbell {
    /// All that is taken on from the callback but its id and time.
    fn about(&self) -> [&str; 3] {
        let (kind, id) = match &self.subject {
            Subject::Order(id) => ("order", id.as_str()),
            Subject::Product(id) => ("product", id.as_str()),
            Subject::Nothing => ("nothing", ""),
        };
        [&self.cause, kind, id]
    }

    fn run(self, store: &StoreId, trace: TraceParent) -> Run {
        let Self { id, time, cause, subject } = self;
        let (source, store) = (Source::Store(store.clone()), store.clone());
        match subject {
            Subject::Order(order_id) => {
                vec![wrapped(&source, id, time, trace, ShopOrderChanged { store, order_id, cause })]
            }
            Subject::Product(product_id) => {
                vec![wrapped(&source, id, time, trace, ShopProductChanged { store, product_id, cause })]
            }
            Subject::Nothing => Vec::new(),
        }
    }
}

fn wrapped<T: EventData>(
    source: &Source,
    id: String,
    time: Timestamp,
    trace: TraceParent,
    data: T,
) -> Message {
    message(Event::new(source, id, time, data).traced(Some(trace.to_string())))
}

/// `order` for `store/order/created` and `order.created`; `other` for what is not told apart.
fn topic(cause: &str) -> &'static str {
    let cause = cause.strip_prefix("store/").unwrap_or(cause);
    let first = cause.split(['/', '.']).next().unwrap_or_default();
    TOPICS.into_iter().find(|topic| *topic == first).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doorbell_is_wrapped_as_the_event_of_its_shop() {
        let store: StoreId = "acme-au".parse().unwrap();
        let (trace, time) = (TraceParent::start(), Timestamp::UNIX_EPOCH);
        let bell = |subject| Doorbell { id: "e-1".into(), time, cause: "store/sku/created".into(), subject };
        let run = bell(Subject::Order("250".into())).run(&store, trace);
        let event = Event::<ShopOrderChanged>::from_json(&run[0].body).unwrap();
        assert_eq!(
            (run.len(), run[0].routing_key.as_str(), run[0].id.as_str()),
            (1, "shop.order.changed", "e-1")
        );
        assert_eq!(
            (event.id.as_str(), event.source.as_str(), event.time),
            ("e-1", "/stores/acme-au", Some(time))
        );
        assert_eq!((event.subject.as_deref(), event.traceparent), (Some("250"), Some(trace.to_string())));
        assert_eq!((event.data.store.as_str(), event.data.cause.as_str()), ("acme-au", "store/sku/created"));
        let run = bell(Subject::Product("7".into())).run(&store, trace);
        let event = Event::<ShopProductChanged>::from_json(&run[0].body).unwrap();
        assert_eq!(
            (event.data.product_id.as_str(), run[0].routing_key.as_str()),
            ("7", "shop.product.changed")
        );
        assert!(bell(Subject::Nothing).run(&store, trace).is_empty());
    }

    #[test]
    fn topics_are_a_fixed_set_whatever_is_sent() {
        for (cause, expected) in [
            ("store/customer/address/created", "customer"),
            ("unfinished_order.created", "unfinished_order"),
            ("store/app/uninstalled", "app"),
            ("store/", "other"),
            ("", "other"),
            ("anything.else", "other"),
        ] {
            assert_eq!(topic(cause), expected, "{cause}");
        }
    }
}
