//! Whose message it is and what it is about, where the role that gave it up could not say so.

use crossdock_domain::OrderNumber;
use crossdock_events::RawEvent;
use serde::Deserialize;

/// What stands in a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    /// The configured shop.
    pub(crate) store: Option<String>,
    /// The order or SKU.
    pub(crate) subject: Option<String>,
    /// The warehouse's number of the order, where nothing names the shop.
    pub(crate) number: Option<OrderNumber>,
}

/// As much of an event's data as names a shop or an order, whatever else is missing.
#[derive(Default, Deserialize)]
struct Named {
    store: Option<String>,
    order_id: Option<String>,
    number: Option<String>,
    order: Option<Box<Named>>,
}

impl Address {
    /// Reads as much of it as can be read.
    pub(crate) fn read(body: &[u8]) -> Self {
        let Ok(event) = RawEvent::parse(body) else { return Self::default() };
        let named: Named = serde_json::from_str(event.data.get()).unwrap_or_default();
        let Named { store, order_id, number, .. } =
            named.order.map_or(Named { order: None, ..named }, |it| *it);
        Self {
            subject: event.subject.or_else(|| number.clone()).or(order_id),
            number: number.filter(|_| store.is_none()).map(OrderNumber::new),
            store,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(subject: Option<&str>, data: &serde_json::Value) -> Address {
        let mut event =
            json!({ "specversion": "1.0", "id": "1", "source": "/warehouse", "type": "t", "data": data });
        if let Some(subject) = subject {
            event["subject"] = json!(subject);
        }
        Address::read(event.to_string().as_bytes())
    }

    #[test]
    fn shop_and_order_are_found_wherever_the_type_has_them() {
        let some = |text: &str| Some(text.to_owned());
        let changed = read(Some("1001"), &json!({ "store": "acme-au", "order_id": "1001" }));
        assert_eq!(changed, Address { store: some("acme-au"), subject: some("1001"), number: None });
        let amended = read(None, &json!({ "order": { "store": "acme-au", "number": "BG1" }, "changed": [] }));
        assert_eq!(amended, Address { store: some("acme-au"), subject: some("BG1"), number: None });
        let shipment = read(None, &json!({ "number": "BG1", "shipment_id": 7 }));
        assert_eq!(shipment, Address { store: None, subject: some("BG1"), number: Some("BG1".into()) });
    }

    #[test]
    fn what_cannot_be_read_has_none() {
        assert_eq!(Address::read(b"\xff"), Address::default());
        assert_eq!(read(None, &json!("text")), Address::default());
        assert_eq!(read(Some("MUG"), &json!({ "store": 7 })).subject.as_deref(), Some("MUG"));
    }
}
