//! CloudEvents 1.0, structured JSON.
//!
//! Source: CloudEvents specification 1.0.2, JSON event format (cloudevents.io).

use std::fmt;

use crossdock_domain::{Classify, Mend, StoreId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::EventData;

/// Content type of one event, over HTTP and on queues.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// Content type of a JSON array of events.
pub const BATCH_CONTENT_TYPE: &str = "application/cloudevents-batch+json";

const SPEC_VERSION: &str = "1.0";

/// Longest identity that is made of source and id themselves, in bytes: a message's id of 255 has room for what is added to it.
const IDENTITY_BYTES_MAX: usize = 160;

/// Who tells an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A configured shop: `/stores/acme-au`.
    Store(StoreId),
    /// The warehouse: `/warehouse`.
    Warehouse,
    /// A role of Crossdock: `/crossdock/order-importer`.
    Role(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(id) => write!(f, "/stores/{id}"),
            Self::Warehouse => f.write_str("/warehouse"),
            Self::Role(role) => write!(f, "/crossdock/{role}"),
        }
    }
}

/// An event and its envelope.
///
/// `source` and `id` together are the event's identity: the same pair is the same event, told again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event<T> {
    /// Always `1.0`.
    pub specversion: String,
    /// The platform's own id of the event where it has one.
    pub id: String,
    /// See [`Source`].
    pub source: String,
    /// The message's type, which is its routing key too.
    #[serde(rename = "type")]
    pub kind: String,
    /// The order or SKU that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it happened, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// Always `application/json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datacontenttype: Option<String>,
    /// W3C trace context, carried from the first request to the last effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// What is told.
    pub data: T,
}

/// An event whose data has not been looked at: the envelope tells which type to read it as.
pub type RawEvent = Event<Box<RawValue>>;

/// A text that is not the event that it should be.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEvent {
    /// No CloudEvent, or data of another shape than its type's.
    #[error("the message is no CloudEvent of the documented shape")]
    Shape(#[source] serde_json::Error),
    /// A CloudEvents version that we do not speak.
    #[error("the event's specversion is '{0}', expected '1.0'")]
    Version(String),
    /// A known event in the wrong place.
    #[error("the event's type is '{found}', expected '{expected}'")]
    Type {
        /// The type that it says.
        found: String,
        /// The type that was asked for.
        expected: &'static str,
    },
    /// An event on the queue of a role that has nothing to do with its type.
    #[error("messages of type '{kind}' are not for the {role}; remove the binding that brought it here")]
    Misrouted {
        /// Its type.
        kind: String,
        /// Who got it.
        role: &'static str,
    },
}

impl Classify for InvalidEvent {
    fn mend(&self) -> Mend {
        match self {
            Self::Shape(_) | Self::Version(_) | Self::Type { .. } | Self::Misrouted { .. } => Mend::Never,
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Shape(_) => "event-malformed",
            Self::Version(_) => "event-version",
            Self::Type { .. } => "event-type",
            Self::Misrouted { .. } => "event-misrouted",
        }
    }
}

impl<T> Event<T> {
    /// What tells the event from all others, in one text of 160 bytes at most: source and id, or a digest of both where they are long, or
    /// where the source has a `#` itself.
    pub fn identity(&self) -> String {
        let Self { source, id, .. } = self;
        let readable = format!("{source}#{id}");
        if readable.len() <= IDENTITY_BYTES_MAX && !source.contains('#') {
            return readable;
        }
        let both = serde_json::to_vec(&(source, id)).expect("two texts can be written as JSON");
        let digest = Sha256::digest(both);
        digest.iter().fold("sha256-".to_owned(), |text, byte| format!("{text}{byte:02x}"))
    }
}

impl<T: EventData> Event<T> {
    /// Wraps data. `id` must be the same whenever the same thing is told again.
    pub fn new(source: &Source, id: impl Into<String>, time: Timestamp, data: T) -> Self {
        Self {
            specversion: SPEC_VERSION.to_owned(),
            id: id.into(),
            source: source.to_string(),
            kind: T::TYPE.to_owned(),
            subject: data.subject(),
            time: Some(time),
            datacontenttype: Some("application/json".to_owned()),
            traceparent: None,
            data,
        }
    }

    /// The same event, carrying on a trace.
    #[must_use]
    pub fn traced(mut self, traceparent: Option<String>) -> Self {
        self.traceparent = traceparent;
        self
    }

    /// The event as structured JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self)
            .expect("events hold only maps with text keys and numbers that JSON can write")
    }

    /// Reads an event of just this type.
    pub fn from_json(body: &[u8]) -> Result<Self, InvalidEvent> {
        RawEvent::parse(body)?.read()
    }
}

impl RawEvent {
    /// Reads the envelope.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidEvent> {
        // Serde would read an array too, field by field, and pass over what is no text where nothing is read.
        let Some(object) = std::str::from_utf8(body).ok().filter(|text| text.trim_start().starts_with('{'))
        else {
            return Err(InvalidEvent::Shape(serde::de::Error::custom("expected a JSON object in UTF-8")));
        };
        let event: Self = serde_json::from_str(object).map_err(InvalidEvent::Shape)?;
        if event.specversion != SPEC_VERSION {
            return Err(InvalidEvent::Version(event.specversion));
        }
        Ok(event)
    }

    /// Reads the data as this type.
    pub fn read<T: EventData>(self) -> Result<Event<T>, InvalidEvent> {
        if self.kind != T::TYPE {
            return Err(InvalidEvent::Type { found: self.kind, expected: T::TYPE });
        }
        let data = serde_json::from_str(self.data.get()).map_err(InvalidEvent::Shape)?;
        let Self { specversion, id, source, kind, subject, time, datacontenttype, traceparent, .. } = self;
        Ok(Event { specversion, id, source, kind, subject, time, datacontenttype, traceparent, data })
    }
}

#[cfg(test)]
mod tests {
    use crossdock_domain::OrderId;

    use super::*;
    use crate::{ShopOrderChanged, StockDue};

    #[test]
    fn two_events_are_told_apart_by_source_and_id_however_long_they_are() {
        let identity = |source: &str, id: &str| {
            let told =
                format!(r#"{{"specversion":"1.0","type":"t","source":"{source}","id":"{id}","data":1}}"#);
            RawEvent::parse(told.as_bytes()).unwrap().identity()
        };
        assert_eq!(identity("/warehouse/north", "42"), "/warehouse/north#42");
        let long = "n".repeat(255);
        let all = [
            identity("/a", "b#c"),
            identity("/a#b", "c"),
            identity(&long, &long),
            identity(&long, &long[1..]),
            identity(&long[1..], &long),
        ];
        assert!(all.iter().all(|one| one.len() <= IDENTITY_BYTES_MAX));
        for (place, one) in all.iter().enumerate() {
            assert!(!all[..place].contains(one), "{one}");
        }
    }

    #[test]
    fn an_event_reads_back_as_what_was_written_and_as_nothing_else() {
        let store: StoreId = "acme-au".parse().unwrap();
        let data = ShopOrderChanged {
            store: store.clone(),
            order_id: OrderId::from("1001"),
            cause: "store/order/created".into(),
        };
        let event = Event::new(&Source::Store(store), "e1", Timestamp::UNIX_EPOCH, data)
            .traced(Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()));
        insta::assert_snapshot!(String::from_utf8(event.to_json()).unwrap());
        assert_eq!(Event::<ShopOrderChanged>::from_json(&event.to_json()).unwrap(), event);
        assert!(matches!(Event::<StockDue>::from_json(&event.to_json()), Err(InvalidEvent::Type { .. })));
        assert!(matches!(RawEvent::parse(b"{}"), Err(InvalidEvent::Shape(_))));
        let by_position = br#"["1.0","e1","/warehouse","stock.due",null,null,null,null,{}]"#;
        assert!(matches!(RawEvent::parse(by_position), Err(InvalidEvent::Shape(_))));
        let mut latin_1 = event.to_json();
        latin_1.truncate(latin_1.len() - 1);
        latin_1.extend(b",\"note\":\"caf\xe9\"}");
        assert!(matches!(RawEvent::parse(&latin_1), Err(InvalidEvent::Shape(_))));
    }
}
