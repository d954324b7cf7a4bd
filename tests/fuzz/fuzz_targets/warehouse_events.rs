//! A body of the warehouse, as one CloudEvent and as a batch: what is published is the event that was sent, each consumer can read
//! it, and in a batch it is the same as alone.

#![no_main]

use crossdock_events::{
    BATCH_CONTENT_TYPE, CONTENT_TYPE, Event, EventData, InvalidEvent, RawEvent, ShipmentDispatched,
    ShipmentVoided, StockCounted, WarehouseOrderAccepted, WarehouseOrderRejected, WarehouseSkuKnown,
};
use crossdock_receiver::warehouse_messages;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

/// Longest id of an event and of a source, in bytes: AMQP carries an id as a short string.
const ID_BYTES_MAX: usize = 255;

/// An event as it is published: routing key, id, and body without the trace, which is another each time.
type Published = (String, String, String);

fuzz_target!(|body: &[u8]| {
    if let Some(published) = read(CONTENT_TYPE, body) {
        let [published] = published.as_slice() else { panic!("one event became {}", published.len()) };
        check_one(body, published);
        let twice = [b"[", body, b",", body, b"]"].concat();
        let batch =
            read(BATCH_CONTENT_TYPE, &twice).expect("events that are taken alone are taken in a batch");
        assert_eq!(batch, [published.clone(), published.clone()]);
    }
    if let Some(mut published) = read(BATCH_CONTENT_TYPE, body) {
        let events: Vec<&RawValue> = serde_json::from_slice(body).expect("a batch is an array");
        let alone = events.iter().map(|event| read(CONTENT_TYPE, event.get().as_bytes()));
        let mut alone: Vec<Published> =
            alone.flat_map(|event| event.expect("each event of a batch is taken alone")).collect();
        // Those of one order keep their order; which order comes first is open.
        published.sort();
        alone.sort();
        assert_eq!(published, alone);
    }
});

fn read(content_type: &'static str, body: &[u8]) -> Option<Vec<Published>> {
    let messages = warehouse_messages(content_type, body)?;
    Some(
        messages
            .into_iter()
            .map(|message| {
                let mut event = RawEvent::parse(&message.body).expect("what is published is an event");
                assert!(event.traceparent.take().is_some(), "what is published carries a trace");
                (message.routing_key, message.id, text(&event))
            })
            .collect(),
    )
}

fn text(event: &RawEvent) -> String {
    serde_json::to_string(event).expect("an event that was read can be written")
}

fn check_one(body: &[u8], (routing_key, id, published): &Published) {
    let mut sent = RawEvent::parse(body).expect("only events are taken");
    let kept = RawEvent::parse(published.as_bytes()).expect("what is published is an event");
    assert_eq!(routing_key, &sent.kind);
    check_id(&sent, id);
    assert!((1..=ID_BYTES_MAX).contains(&sent.id.len()) && (1..=ID_BYTES_MAX).contains(&sent.source.len()));
    // A subject is set where there is none; everything else is as it was sent, the data byte by byte.
    if sent.subject.is_none() {
        sent.subject.clone_from(&kept.subject);
    }
    sent.traceparent = None;
    assert_eq!(&text(&sent), published);
    readable(published.as_bytes(), routing_key).expect("its consumer can read it");
}

/// A message is known by its event's source and id, or by a digest of both.
fn check_id(sent: &RawEvent, id: &str) {
    let both = format!("{}#{}", sent.source, sent.id);
    if both.len() <= ID_BYTES_MAX && !sent.source.contains('#') {
        assert_eq!(id, both);
    } else {
        assert!(id.starts_with("sha256-") && id.len() <= ID_BYTES_MAX, "{id}");
    }
}

/// Reads it as its consumer does, and the consumer's own writing of it again.
fn readable(published: &[u8], kind: &str) -> Result<(), InvalidEvent> {
    fn typed<T: EventData + PartialEq + std::fmt::Debug>(published: &[u8]) -> Result<(), InvalidEvent> {
        let event = Event::<T>::from_json(published)?;
        assert_eq!(Event::<T>::from_json(&event.to_json())?, event);
        Ok(())
    }
    match kind {
        WarehouseOrderAccepted::TYPE => typed::<WarehouseOrderAccepted>(published),
        WarehouseOrderRejected::TYPE => typed::<WarehouseOrderRejected>(published),
        WarehouseSkuKnown::TYPE => typed::<WarehouseSkuKnown>(published),
        ShipmentDispatched::TYPE => typed::<ShipmentDispatched>(published),
        ShipmentVoided::TYPE => typed::<ShipmentVoided>(published),
        StockCounted::TYPE => typed::<StockCounted>(published),
        other => panic!("'{other}' is not the warehouse's"),
    }
}
