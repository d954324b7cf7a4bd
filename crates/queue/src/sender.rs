//! What a message's sender told beside its body: carried from attempt to attempt, and into the dead letter.

use amq_protocol::frame::WriteContext;
use amq_protocol::types::generation::gen_field_table;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};

use crate::headers::{LEFT_OUT_BYTES, OURS};
use crate::trail::count_of;

/// Most bytes of a sender's own headers that are carried on: they share a frame with ours, and RabbitMQ's takes 128 KiB. Where less was
/// agreed, the frame itself is the limit: see [`less`].
const HEADERS_BYTES_MAX: usize = 32 * 1024;

/// How the names of headers begin that RabbitMQ sets: they tell of queues that the message has left.
const RABBITMQS: [&str; 4] = ["x-death", "x-first-death-", "x-last-death-", "x-delivery-count"];

/// Headers by which RabbitMQ sends copies to other queues, and would do so at each attempt.
/// Source: rabbitmq.com, Sender-selected Distribution.
const COPIES: [&str; 2] = ["CC", "BCC"];

/// The address of whoever publishes it: RabbitMQ closes our channel over it. Source: rabbitmq.com, Direct Reply-to.
const DIRECT_REPLY_TO: &str = "amq.rabbitmq.reply-to";

type WithText = fn(BasicProperties, ShortString) -> BasicProperties;

/// Those of a delivery's properties that are its sender's own, and hold for every attempt. Not when it expires and who is logged in, as
/// RabbitMQ would act on that; what we set ourselves is none of the sender's any more.
pub(crate) fn told_by_sender(of: &BasicProperties) -> BasicProperties {
    let reply_to = of.reply_to().as_ref().filter(|to| to.as_str() != DIRECT_REPLY_TO);
    let texts: [(Option<&ShortString>, WithText); 4] = [
        (of.content_encoding().as_ref(), BasicProperties::with_content_encoding),
        (of.correlation_id().as_ref(), BasicProperties::with_correlation_id),
        (reply_to, BasicProperties::with_reply_to),
        (of.kind().as_ref(), BasicProperties::with_type),
    ];
    let mut told = BasicProperties::default().with_headers(headers(of));
    for (text, with) in texts {
        if let Some(text) = text {
            told = with(told, text.clone());
        }
    }
    match *of.priority() {
        Some(priority) => told.with_priority(priority),
        None => told,
    }
}

/// The sender's own headers; if they are too large, how large they were.
fn headers(of: &BasicProperties) -> FieldTable {
    let mut own = FieldTable::default();
    for (name, value) in of.headers().iter().flatten().filter(|(name, _)| is_senders(name.as_str())) {
        own.insert(name.clone(), value.clone());
    }
    let bytes = encoded_bytes(&own);
    let left_out_before = || of.headers().as_ref()?.inner().get(LEFT_OUT_BYTES).and_then(count_of);
    if bytes > HEADERS_BYTES_MAX {
        left_out(u32::try_from(bytes).unwrap_or(u32::MAX))
    } else {
        left_out_before().filter(|_| own.inner().is_empty()).map_or(own, left_out)
    }
}

/// The same with less and less of it, for frames that are too small: without the headers, of which only is told how large they were, then
/// without all the rest. What is ours alone fits into any frame.
pub(crate) fn less(told: &BasicProperties) -> [BasicProperties; 2] {
    let headers = told.headers().clone().unwrap_or_default();
    let stay = headers.inner().is_empty() || headers.inner().contains_key(LEFT_OUT_BYTES);
    let instead =
        if stay { headers } else { left_out(u32::try_from(encoded_bytes(&headers)).unwrap_or(u32::MAX)) };
    [told.clone().with_headers(instead.clone()), BasicProperties::default().with_headers(instead)]
}

fn left_out(bytes: u32) -> FieldTable {
    let mut instead = FieldTable::default();
    instead.insert(LEFT_OUT_BYTES.into(), AMQPValue::LongLongInt(bytes.into()));
    instead
}

fn is_senders(name: &str) -> bool {
    let set_by_others = RABBITMQS.iter().chain([&OURS]).any(|begins| name.starts_with(begins));
    !set_by_others && !COPIES.contains(&name)
}

fn encoded_bytes(table: &FieldTable) -> usize {
    let written = gen_field_table(table)(WriteContext::from(Vec::new()));
    written.expect("a table with texts of a legal length can be written to memory").into_inner().0.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publisher::{Contents, Letter};
    use crate::trail::{long, short};

    fn table(entries: &[(&str, &str)]) -> FieldTable {
        let mut table = FieldTable::default();
        for (name, value) in entries {
            table.insert((*name).into(), long(value));
        }
        table
    }

    fn dead(sender: &BasicProperties) -> BasicProperties {
        let contents =
            Contents { id: "m1", content_type: "text/plain", body: b"", since: None, sender: Some(sender) };
        Letter::dead(table(&[("x-crossdock-attempts", "2")]), contents).properties()
    }

    #[test]
    fn what_the_sender_told_goes_on_and_what_rabbitmq_or_we_set_does_not() {
        let headers = table(&[
            ("tenant", "north"),
            ("x-trace", "1"),
            ("CC", "others"),
            ("x-death", "often"),
            ("x-first-death-queue", "q"),
            ("x-last-death-reason", "expired"),
            ("x-delivery-count", "3"),
            ("x-crossdock-attempts", "1"),
        ]);
        let came = BasicProperties::default()
            .with_headers(headers)
            .with_correlation_id(short("c-1"))
            .with_reply_to(short("answers"))
            .with_type(short("shipment"))
            .with_content_encoding(short("gzip"))
            .with_priority(7)
            .with_expiration(short("60000"))
            .with_user_id(short("warehouse"))
            .with_cluster_id(short("c"))
            .with_delivery_mode(1)
            .with_app_id(short("wms"));
        let told = told_by_sender(&came);
        let expected = BasicProperties::default()
            .with_headers(table(&[("tenant", "north"), ("x-trace", "1")]))
            .with_correlation_id(short("c-1"))
            .with_reply_to(short("answers"))
            .with_type(short("shipment"))
            .with_content_encoding(short("gzip"))
            .with_priority(7);
        assert_eq!(told, expected);

        let dead = dead(&told);
        let all = table(&[("tenant", "north"), ("x-trace", "1"), ("x-crossdock-attempts", "2")]);
        assert_eq!(dead.headers().as_ref(), Some(&all));
        assert_eq!((dead.correlation_id(), *dead.priority()), (&Some(short("c-1")), Some(7)));
        assert_eq!((*dead.delivery_mode(), dead.app_id()), (Some(2), &Some(short("crossdock"))));
        assert_eq!(told_by_sender(&dead), told, "and so on from attempt to attempt");
    }

    #[test]
    fn headers_that_would_burst_a_frame_are_left_out_and_that_is_told_from_then_on() {
        let fits =
            told_by_sender(&BasicProperties::default().with_headers(table(&[("note", &"x".repeat(32_000))])));
        assert!(fits.headers().as_ref().unwrap().contains_key("note"));
        let note = "x".repeat(HEADERS_BYTES_MAX);
        let came = BasicProperties::default()
            .with_headers(table(&[("note", &note), ("tenant", "north")]))
            .with_correlation_id(short("c-1"));
        let told = told_by_sender(&came);
        let headers = told.headers().clone().unwrap();
        assert_eq!(headers.inner().len(), 1);
        assert!(headers.inner().get(LEFT_OUT_BYTES).and_then(count_of).unwrap() > 32 * 1024);
        assert_eq!(told.correlation_id(), &Some(short("c-1")));
        assert_eq!(told_by_sender(&dead(&told)), told);
    }

    #[test]
    fn an_address_that_only_its_sender_can_publish_to_is_left_out() {
        let came = BasicProperties::default().with_reply_to(short(DIRECT_REPLY_TO));
        assert_eq!(told_by_sender(&came).reply_to(), &None);
    }
}
