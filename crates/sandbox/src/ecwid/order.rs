//! One order, and what a change of it causes.

use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::webhooks::Event;

/// An order with its history.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) internal_id: u64,
    /// As the API gives it.
    pub(super) fields: Map<String, Value>,
    /// Mails to the buyer.
    pub(super) mails: usize,
    /// Bodies of PUTs that were carried out.
    pub(super) updates: Vec<Value>,
    /// When it was placed or last changed.
    pub(super) changed_at: Instant,
}

impl Order {
    /// Whether a path or an owner names this order.
    pub(super) fn is(&self, id: &str) -> bool {
        self.fields["id"] == id || self.internal_id.to_string() == id
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn seconds(&self, name: &str) -> i64 {
        self.fields[name].as_i64().unwrap_or_default()
    }

    /// Changes fields: `updateDate` follows, the buyer is mailed if the parcel is new or on its way, an event is due.
    ///
    /// One change is one mail at most (support.ecwid.com: sent when a tracking number is assigned or the status becomes
    /// Shipped); `disableAllCustomerNotifications` suppresses it.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Map<String, Value>)) -> Event {
        let before =
            ["paymentStatus", "fulfillmentStatus", "trackingNumber"].map(|name| self.text(name).to_owned());
        change(&mut self.fields);
        let after =
            ["paymentStatus", "fulfillmentStatus", "trackingNumber"].map(|name| self.text(name).to_owned());
        let tracked = after[2] != before[2] && !after[2].is_empty();
        let shipped = after[1] != before[1] && after[1] == "SHIPPED";
        let silent = self.fields.get("disableAllCustomerNotifications") == Some(&json!(true));
        if (tracked || shipped) && !silent {
            self.mails += 1;
        }
        let now = Timestamp::now();
        self.changed_at = Instant::now();
        self.fields.insert("updateDate".into(), json!(date(now)));
        self.fields.insert("updateTimestamp".into(), json!(now.as_second()));
        let data = json!({
            "orderId": self.fields["id"],
            "oldPaymentStatus": before[0],
            "newPaymentStatus": after[0],
            "oldFulfillmentStatus": before[1],
            "newFulfillmentStatus": after[1],
        });
        Event { kind: "order.updated", entity_id: self.internal_id, data: Some(data) }
    }
}

/// A moment as the API prints it: `2024-09-04 07:22:09 +0000`.
pub(super) fn date(moment: Timestamp) -> String {
    moment.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S %z").to_string()
}
