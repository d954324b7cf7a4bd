//! What the warehouse may tell: its own types of events, each readable by whoever consumes it.

mod names;

use std::collections::BTreeMap;

use crossdock_domain::Classify as _;
use crossdock_events::{
    BATCH_CONTENT_TYPE, CONTENT_TYPE, EventData, InvalidEvent, RawEvent, ShipmentDispatched, ShipmentVoided,
    StockCounted, WarehouseOrderAccepted, WarehouseOrderRejected, WarehouseSkuKnown,
};
use crossdock_queue::Message;
use crossdock_telemetry::TraceParent;
use http::{HeaderMap, header};
use serde_json::value::RawValue;

use crate::publish::{EVENT_ID_BYTES_MAX, Run, event_id};
use names::{Name, Named};

/// Longest `source` of an event, in bytes.
const SOURCE_BYTES_MAX: usize = 255;

/// How many events a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One object.
    One,
    /// An array of them.
    Batch,
}

/// Which event cannot be taken, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}", match .index { Some(index) => format!("event {index} cannot be taken"), None => "the batch cannot be read".into() })]
pub(crate) struct BadEvent {
    /// Its place in the batch, from 0; none if there is no batch to count in.
    pub(crate) index: Option<usize>,
    #[source]
    fault: Fault,
}

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("expected a JSON array of events")]
    Batch(#[source] serde_json::Error),
    #[error(transparent)]
    Invalid(#[from] InvalidEvent),
    #[error("'{0}' is required, with 1 to {1} bytes")]
    Attribute(&'static str, usize),
    #[error("'{field}' has {bytes} bytes; send at most {bytes_max}")]
    Name { field: &'static str, bytes: usize, bytes_max: usize },
    #[error("'datacontenttype' is not 'application/json'")]
    ContentType,
    #[error("'{0}' is not a type of event that the warehouse tells")]
    Type(String),
}

impl Form {
    /// By the content type; none for one that is not taken.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        match essence(headers.get(header::CONTENT_TYPE)?.to_str().ok()?).as_str() {
            CONTENT_TYPE | "application/json" => Some(Self::One),
            BATCH_CONTENT_TYPE => Some(Self::Batch),
            _ => None,
        }
    }
}

impl BadEvent {
    /// A stable word for what is wrong, which quotes nothing of the event.
    pub(crate) fn class(&self) -> &'static str {
        match &self.fault {
            Fault::Batch(_) => "batch-malformed",
            Fault::Invalid(invalid) => invalid.class(),
            Fault::Attribute(..) => "event-attribute",
            Fault::Name { .. } => "event-name-too-long",
            Fault::ContentType => "event-content-type",
            Fault::Type(_) => "event-type",
        }
    }
}

/// A media type without its parameters.
fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// All events of a body, those of one order or SKU in their order; or the first that cannot be taken.
pub(crate) fn read(form: Form, body: &[u8], trace: TraceParent) -> Result<Vec<Run>, BadEvent> {
    let texts: Vec<&[u8]> = match form {
        Form::One => vec![body],
        Form::Batch => serde_json::from_slice::<Vec<&RawValue>>(body)
            .map_err(|error| BadEvent { index: None, fault: Fault::Batch(error) })?
            .into_iter()
            .map(|event| event.get().as_bytes())
            .collect(),
    };
    let mut runs = BTreeMap::<Result<String, usize>, Run>::new();
    for (index, text) in texts.into_iter().enumerate() {
        let (about, message) =
            message(text, trace).map_err(|fault| BadEvent { index: Some(index), fault })?;
        // One about nothing in particular (a count of many SKUs) has no order to keep.
        runs.entry(about.ok_or(index)).or_default().push(message);
    }
    Ok(runs.into_values().collect())
}

/// What an event is about, and the event with its data as it was sent: only a subject and a trace are set where it has none.
fn message(event: &[u8], trace: TraceParent) -> Result<(Option<String>, Message), Fault> {
    let mut event = RawEvent::parse(event)?;
    check_envelope(&event)?;
    let about = check_data(&event)?;
    event.subject = event.subject.or_else(|| about.clone());
    let own_trace = event.traceparent.as_deref().and_then(|text| text.parse::<TraceParent>().ok());
    event.traceparent = Some(own_trace.map_or(trace, TraceParent::step).to_string());
    let body =
        serde_json::to_vec(&event).expect("an event that was read from JSON can be written as JSON").into();
    let id = message_id(&event);
    Ok((about, Message { routing_key: event.kind, id, content_type: CONTENT_TYPE.into(), body }))
}

/// What tells an event's message from others: its source and its id, as only both together tell the event. A digest of them, if they
/// are too long together, or if the source has a `#` itself, so that no two events read alike.
/// Source: `CloudEvents` 1.0.2, 'id'.
fn message_id(event: &RawEvent) -> String {
    let (source, id) = (&event.source, &event.id);
    let readable = if source.contains('#') { String::new() } else { format!("{source}#{id}") };
    let both = serde_json::to_vec(&(source, id)).expect("two texts can be written as JSON");
    event_id(&readable, &both)
}

fn check_envelope(event: &RawEvent) -> Result<(), Fault> {
    for (name, value, bytes_max) in
        [("id", &event.id, EVENT_ID_BYTES_MAX), ("source", &event.source, SOURCE_BYTES_MAX)]
    {
        if value.is_empty() || value.len() > bytes_max {
            return Err(Fault::Attribute(name, bytes_max));
        }
    }
    match &event.datacontenttype {
        Some(media_type) if essence(media_type) != "application/json" => Err(Fault::ContentType),
        _ => Ok(()),
    }
}

/// Reads the data just as its consumer will, so that nothing is taken that can only become a dead letter. Says what it is about.
fn check_data(event: &RawEvent) -> Result<Option<String>, Fault> {
    match event.kind.as_str() {
        WarehouseOrderAccepted::TYPE => check::<WarehouseOrderAccepted>(event),
        WarehouseOrderRejected::TYPE => check::<WarehouseOrderRejected>(event),
        ShipmentDispatched::TYPE => check::<ShipmentDispatched>(event),
        ShipmentVoided::TYPE => check::<ShipmentVoided>(event),
        WarehouseSkuKnown::TYPE => check::<WarehouseSkuKnown>(event),
        StockCounted::TYPE => check::<StockCounted>(event),
        other => Err(Fault::Type(other.to_owned())),
    }
}

fn check<T: EventData + Named>(event: &RawEvent) -> Result<Option<String>, Fault> {
    let data = event.clone().read::<T>()?.data;
    match data.names().into_iter().find(|name| name.text.len() > name.bytes_max) {
        Some(Name { field, text, bytes_max }) => Err(Fault::Name { field, bytes: text.len(), bytes_max }),
        None => Ok(data.subject()),
    }
}

#[cfg(test)]
mod tests {
    use crossdock_events::Event;
    use crossdock_telemetry::chain;
    use serde_json::{Value, json};

    use super::*;

    fn accepted() -> Value {
        json!({
            "specversion": "1.0", "id": "w-1", "source": "/warehouse", "type": "warehouse.order.accepted",
            "time": "2026-01-31T11:00:00+11:00", "data": {"number": "BG1001", "dock": 7},
        })
    }

    fn one(event: &Value) -> Result<Message, String> {
        let read = read(Form::One, event.to_string().as_bytes(), TraceParent::start());
        read.map(|mut runs| runs.remove(0).remove(0)).map_err(|bad| chain(&bad))
    }

    fn batch(events: &Value) -> Result<Vec<Run>, BadEvent> {
        read(Form::Batch, events.to_string().as_bytes(), TraceParent::start())
    }

    #[test]
    fn an_event_is_published_as_it_was_sent() {
        let message = one(&accepted()).unwrap();
        assert_eq!(message.routing_key, "warehouse.order.accepted");
        assert_eq!(message.content_type, "application/cloudevents+json");
        let published: Value = serde_json::from_slice(&message.body).unwrap();
        assert_eq!((&published["data"], &published["subject"]), (&accepted()["data"], &json!("BG1001")));
        assert_eq!(published["id"], "w-1");
        assert_eq!(
            (&published["source"], &published["time"]),
            (&json!("/warehouse"), &json!("2026-01-31T00:00:00Z"))
        );
        Event::<WarehouseOrderAccepted>::from_json(&message.body).unwrap();
    }

    #[test]
    fn events_of_two_sources_are_two_messages_though_they_have_one_id() {
        let of = |source: &str, id: &str| {
            let mut event = accepted();
            (event["source"], event["id"]) = (json!(source), json!(id));
            one(&event).unwrap().id
        };
        assert_eq!(of("/warehouse/north", "42"), "/warehouse/north#42");
        assert_eq!(of("/warehouse/south", "42"), "/warehouse/south#42");
        let long = "x".repeat(255);
        for (one, other) in [
            (("/a", "b#c"), ("/a#b", "c")),
            ((&*long, "42"), (&*long, "43")),
            (("/north", &*long), ("/south", &*long)),
        ] {
            assert_ne!(of(one.0, one.1), of(other.0, other.1));
            assert!(of(one.0, one.1).len() <= EVENT_ID_BYTES_MAX && of(other.0, other.1).len() == 71);
            assert_eq!(of(one.0, one.1), of(one.0, one.1), "told again, it is the same message");
        }
    }

    #[test]
    fn a_trace_of_the_event_goes_before_that_of_the_request() {
        let trace = |event: &Value| {
            let body: Value = serde_json::from_slice(&one(event).unwrap().body).unwrap();
            body["traceparent"].as_str().unwrap().parse::<TraceParent>().unwrap().trace_id()
        };
        let mut event = accepted();
        event["traceparent"] = json!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        assert_eq!(trace(&event), "0af7651916cd43dd8448eb211c80319c");
        event["traceparent"] = json!("broken");
        assert_ne!(trace(&event), "0af7651916cd43dd8448eb211c80319c");
    }

    #[test]
    fn what_no_consumer_could_read_is_refused_with_its_reason() {
        for (field, value, says) in [
            (
                "specversion",
                json!("0.3"),
                "event 0 cannot be taken: the event's specversion is '0.3', expected '1.0'",
            ),
            ("id", json!(""), "event 0 cannot be taken: 'id' is required, with 1 to 255 bytes"),
            (
                "source",
                json!("x".repeat(256)),
                "event 0 cannot be taken: 'source' is required, with 1 to 255 bytes",
            ),
            ("type", json!("order.released"), "event 0 cannot be taken: 'order.released' is not a type"),
            (
                "datacontenttype",
                json!("text/xml"),
                "event 0 cannot be taken: 'datacontenttype' is not 'application/json'",
            ),
            (
                "data",
                json!({}),
                "event 0 cannot be taken: the message is no CloudEvent of the documented shape: missing field `number`",
            ),
            ("data", json!(null), "event 0 cannot be taken: the message is no CloudEvent"),
        ] {
            let mut event = accepted();
            event[field] = value;
            let said = one(&event).unwrap_err();
            assert!(said.starts_with(says), "{said}");
        }
    }

    #[test]
    fn ids_that_are_longer_than_what_is_looked_up_by_are_refused_with_what_to_send() {
        let of = |kind: &str, data: &Value| {
            let mut event = accepted();
            (event["type"], event["data"]) = (json!(kind), data.clone());
            one(&event)
        };
        let cases = |text: &str| {
            let shipment = |field: &str| {
                let mut shipment = json!({"shipment_id": "S1", "number": "BG1", "carrier": "DHL", "tracking_number": "1",
                    "dispatched_at": "2026-01-31T00:00:00Z"});
                shipment[field] = json!(text);
                shipment
            };
            let lines = json!([{"sku": "TEE", "quantity": 1}, {"sku": text, "quantity": 1}]);
            let mut with_lines = shipment("carrier");
            with_lines["lines"] = lines;
            let levels = json!([{"sku": "TEE", "on_hand": 1}, {"sku": text, "on_hand": 1}]);
            [
                ("warehouse.order.accepted", "number", json!({"number": text})),
                ("warehouse.order.rejected", "number", json!({"number": text, "reason": "no"})),
                (
                    "warehouse.order.rejected",
                    "unknown_skus",
                    json!({"number": "BG1", "reason": "no", "unknown_skus": [text]}),
                ),
                ("warehouse.shipment.dispatched", "shipment_id", shipment("shipment_id")),
                ("warehouse.shipment.dispatched", "number", shipment("number")),
                ("warehouse.shipment.dispatched", "lines.sku", with_lines),
                ("warehouse.shipment.voided", "number", json!({"shipment_id": "S1", "number": text})),
                ("warehouse.shipment.voided", "shipment_id", json!({"shipment_id": text, "number": "BG1"})),
                ("warehouse.sku.known", "sku", json!({"sku": text})),
                (
                    "warehouse.stock.counted",
                    "levels.sku",
                    json!({"counted_at": "2026-01-31T00:00:00Z", "levels": levels}),
                ),
            ]
        };
        for (bytes_max, is_sku) in [(255, false), (1_020, true)] {
            let those = |(_, field, _): &(&str, &str, Value)| field.contains("sku") == is_sku;
            for (kind, field, data) in cases(&"x".repeat(bytes_max + 1)).into_iter().filter(those) {
                let bytes = bytes_max + 1;
                let says =
                    format!("event 0 cannot be taken: '{field}' has {bytes} bytes; send at most {bytes_max}");
                assert_eq!(of(kind, &data).map(|_| kind), Err(says), "{kind}");
            }
            for (kind, _, data) in cases(&"x".repeat(bytes_max)).into_iter().filter(those) {
                assert_eq!(of(kind, &data).map(|message| message.routing_key), Ok(kind.to_owned()));
            }
        }
    }

    #[test]
    fn a_batch_keeps_the_order_of_what_is_about_one_order() {
        let event = |id: &str, number: &str| {
            let mut event = accepted();
            (event["id"], event["data"]["number"]) = (json!(id), json!(number));
            event
        };
        let runs = batch(&json!([event("1", "BG2"), event("2", "BG1"), event("3", "BG2")])).unwrap();
        let nothing_in_particular = |id: &str| {
            let levels = json!([{"sku": "A", "on_hand": 1}, {"sku": "B", "on_hand": 1}]);
            let data = json!({"counted_at": "2026-01-31T00:00:00Z", "levels": levels});
            json!({"specversion": "1.0", "id": id, "source": "/warehouse", "type": "warehouse.stock.counted", "data": data})
        };
        let counts = batch(&json!([nothing_in_particular("4"), nothing_in_particular("5")])).unwrap();
        assert_eq!(counts.len(), 2, "counts wait for none");
        let ids = |run: &Run| run.iter().map(|message| message.id.clone()).collect::<Vec<_>>();
        let expected = [vec!["/warehouse#2"], vec!["/warehouse#1", "/warehouse#3"]];
        assert_eq!(runs.iter().map(ids).collect::<Vec<_>>(), expected);
        assert!(batch(&json!([])).unwrap().is_empty());
    }

    #[test]
    fn a_batch_names_the_event_that_is_wrong() {
        let bad = batch(&json!([accepted(), {"specversion": "1.0"}])).unwrap_err();
        assert_eq!((bad.index, bad.class()), (Some(1), "event-malformed"));
        let bad = batch(&accepted()).unwrap_err();
        assert_eq!((bad.index, bad.class()), (None, "batch-malformed"));
        assert_eq!(read(Form::One, b"\xff", TraceParent::start()).unwrap_err().class(), "event-malformed");
    }

    #[test]
    fn the_content_type_tells_one_from_many() {
        let form =
            |text: &str| Form::of(&HeaderMap::from_iter([(header::CONTENT_TYPE, text.parse().unwrap())]));
        assert_eq!(form("application/cloudevents+json; charset=UTF-8"), Some(Form::One));
        assert_eq!(form("Application/JSON"), Some(Form::One));
        assert_eq!(form("application/cloudevents-batch+json"), Some(Form::Batch));
        assert_eq!(form("text/plain"), None);
        assert_eq!(Form::of(&HeaderMap::new()), None);
    }
}
