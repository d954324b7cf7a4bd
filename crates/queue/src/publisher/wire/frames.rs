//! Messages as AMQP 0-9-1 frames, and frames out of the bytes that come back.
//!
//! Source: AMQP 0-9-1 specification, 2.3.5 and 4.2.

use std::io;

use amq_protocol::frame::{AMQPContentHeader, AMQPFrame, WriteContext, gen_frame, parse_frame};
use amq_protocol::protocol::{AMQPClass, basic, constants};
use bytes::BytesMut;
use lapin::BasicProperties;

use super::WireError;
use crate::publisher::Letter;
use crate::trail::short;

/// What a frame takes beside its contents: kind, channel and size before it, an end mark behind it.
const FRAME_OVERHEAD_BYTES: usize = 8;

/// What RabbitMQ adds to a message's headers, in bytes: where it has waited (`x-death`, which does not go on from attempt to attempt), and
/// how often it was returned. It hands the message out with them also where they do not fit into the agreed frame any more.
const ADDED_BYTES_MAX: usize = 1024;

/// Largest frame accepted, in bytes. RabbitMQ keeps to what was agreed, 128 KiB; a size beyond this is no frame at all.
const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Appends a frame.
pub(super) fn write(frame: &AMQPFrame, to: &mut Vec<u8>) {
    let written = gen_frame(frame)(WriteContext::from(std::mem::take(to)));
    *to = written.expect("a frame with texts of a legal length can be written to memory").into_inner().0;
}

/// Appends a method on a channel.
pub(super) fn method(channel: u16, method: AMQPClass, to: &mut Vec<u8>) {
    write(&AMQPFrame::Method(channel, method), to);
}

/// The frames that publish a letter: mandatory, so that it comes back if no queue takes it.
pub(super) fn publish(letter: &Letter<'_>, channel: u16, frame_bytes_max: usize) -> Vec<u8> {
    let mut frames = Vec::with_capacity(letter.contents.body.len() + 512);
    let publish = basic::Publish {
        exchange: letter.exchange.into(),
        routing_key: short(letter.routing_key),
        mandatory: true,
        immediate: false,
    };
    method(channel, AMQPClass::Basic(basic::AMQPMethod::Publish(publish)), &mut frames);
    frames.extend(header(letter, channel, frame_bytes_max - ADDED_BYTES_MAX));
    for part in letter.contents.body.chunks(frame_bytes_max - FRAME_OVERHEAD_BYTES) {
        body(part, channel, &mut frames);
    }
    frames
}

/// The properties with as much of what its sender told as one frame takes: RabbitMQ closes the connection over a larger one, and would
/// again each time that the letter is sent again.
fn header(letter: &Letter<'_>, channel: u16, bytes_max: usize) -> Vec<u8> {
    let mut frame = header_of(letter.properties(), letter, channel);
    let mut shorter = letter.shorter_properties();
    while frame.len() > bytes_max
        && let Some(properties) = shorter.next()
    {
        frame = header_of(properties, letter, channel);
    }
    frame
}

fn header_of(properties: BasicProperties, letter: &Letter<'_>, channel: u16) -> Vec<u8> {
    let class_id = basic::Publish::default().get_amqp_class_id();
    let header = AMQPContentHeader { class_id, body_size: letter.contents.body.len() as u64, properties };
    let mut frame = Vec::new();
    write(&AMQPFrame::Header(channel, header), &mut frame);
    frame
}

/// By hand: the library's frame would own a copy of the body.
fn body(part: &[u8], channel: u16, to: &mut Vec<u8>) {
    let size = u32::try_from(part.len()).expect("a part is at most as large as a frame");
    to.push(constants::FRAME_BODY);
    to.extend_from_slice(&channel.to_be_bytes());
    to.extend_from_slice(&size.to_be_bytes());
    to.extend_from_slice(part);
    to.push(constants::FRAME_END);
}

/// Takes the first frame out of what has arrived; none if it is not whole yet.
///
/// # Errors
/// These bytes are no frame, or not one that is known.
pub(super) fn take(arrived: &mut BytesMut) -> Result<Option<AMQPFrame>, WireError> {
    let Some((head, _)) = arrived.split_first_chunk::<7>() else { return Ok(None) };
    let [_, _, _, size @ ..] = *head;
    let size = usize::try_from(u32::from_be_bytes(size)).unwrap_or(usize::MAX);
    if size > FRAME_BYTES_MAX {
        return Err(WireError::Malformed);
    }
    let whole = size + FRAME_OVERHEAD_BYTES;
    if arrived.len() < whole {
        return Ok(None);
    }
    let bytes = arrived.split_to(whole);
    match parse_frame(&bytes[..]) {
        Ok(([], frame)) => Ok(Some(frame)),
        _ => Err(WireError::Malformed),
    }
}

/// An end of the stream where there should be more.
pub(super) fn broken_off() -> WireError {
    WireError::Io(io::ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use crossdock_domain::Mend;
    use jiff::Timestamp;
    use lapin::types::{FieldTable, ShortString};

    use super::*;
    use crate::headers::{CHAIN, LEFT_OUT_BYTES};
    use crate::publisher::Contents;
    use crate::sender::told_by_sender;
    use crate::trail::{Trail, count_of, long};
    use crate::{Failure, Route, WorkQueue};

    const CHANNEL: u16 = 3;

    fn letter(body: &[u8]) -> Letter<'_> {
        let contents =
            Contents { id: "e-1", content_type: "application/json", body, since: None, sender: None };
        Letter {
            exchange: "crossdock.events",
            routing_key: "journey.begun",
            headers: FieldTable::default(),
            contents,
        }
    }

    fn read(bytes: &[u8], step: usize) -> Vec<AMQPFrame> {
        let (mut arrived, mut frames) = (BytesMut::new(), Vec::new());
        for part in bytes.chunks(step) {
            arrived.extend_from_slice(part);
            while let Some(frame) = take(&mut arrived).unwrap() {
                frames.push(frame);
            }
        }
        assert!(arrived.is_empty(), "half a frame is left over");
        frames
    }

    #[test]
    fn a_letter_becomes_a_method_a_header_and_as_many_bodies_as_it_takes() {
        let body: Vec<u8> = (0..10_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let bytes = publish(&letter(&body), CHANNEL, 4096);
        for step in [1, 7, 4096, bytes.len()] {
            let frames = read(&bytes, step);
            let [AMQPFrame::Method(CHANNEL, publish), AMQPFrame::Header(CHANNEL, header), bodies @ ..] =
                &frames[..]
            else {
                panic!("{frames:?}");
            };
            assert!(
                matches!(publish, AMQPClass::Basic(basic::AMQPMethod::Publish(it)) if it.mandatory && !it.immediate)
            );
            assert_eq!((header.body_size, header.class_id), (10_000, 60));
            assert_eq!(header.properties.message_id().as_ref().map(ShortString::as_str), Some("e-1"));
            assert_eq!(bodies.len(), 3);
            let parts = bodies.iter().flat_map(|frame| match frame {
                AMQPFrame::Body(CHANNEL, part) => part.clone(),
                other => panic!("{other:?}"),
            });
            assert_eq!(parts.collect::<Vec<_>>(), body);
        }
        assert_eq!(read(&publish(&letter(b""), CHANNEL, 4096), 64).len(), 2);
    }

    /// The header frame of a dead letter with the longest texts of ours, of a sender who told this, and its size.
    fn dead(sender: &BasicProperties, frame_bytes_max: usize) -> (usize, BasicProperties) {
        const LONGEST: &str = "crossdock.a-queue-with-the-longest-name-of-all";
        let text = "ä".repeat(4_000);
        let queue = WorkQueue { name: LONGEST, role: LONGEST, keys: &[] };
        let route = Route { lane: text.clone(), subject: Some(text.clone()) };
        let failure = Failure { class: LONGEST, chain: text.clone(), mend: Mend::Never };
        let trail = Trail {
            attempts: u32::MAX,
            first_failed_at: Some(Timestamp::MAX),
            routing_key: "k".repeat(255),
            replay: Some("1".repeat(64)),
        };
        let (content_type, sender) = (text.as_str(), Some(sender));
        let contents = Contents { id: &text, content_type, body: b"", since: None, sender };
        let letter = Letter::dead(trail.dead(&failure, &queue, &route, Timestamp::MAX), contents);
        let size = header(&letter, CHANNEL, frame_bytes_max - ADDED_BYTES_MAX).len();
        let frames = read(&publish(&letter, CHANNEL, frame_bytes_max), 4096);
        let [_, AMQPFrame::Header(CHANNEL, header)] = &frames[..] else { panic!("{frames:?}") };
        (size, header.properties.clone())
    }

    #[test]
    fn of_what_a_sender_told_as_much_goes_on_as_the_agreed_frame_takes() {
        let mut headers = FieldTable::default();
        headers.insert("tenant".into(), long("north"));
        headers.insert("note".into(), long(&"x".repeat(30_000)));
        let words = short(&"w".repeat(255));
        let told = BasicProperties::default()
            .with_headers(headers)
            .with_correlation_id(words.clone())
            .with_reply_to(words.clone())
            .with_type(words.clone())
            .with_content_encoding(words.clone());
        let left_out = |properties: &BasicProperties| {
            let headers = properties.headers().clone().unwrap();
            (headers.contains_key("tenant"), headers.inner().get(LEFT_OUT_BYTES).and_then(count_of))
        };
        for (frame_bytes_max, has_headers, has_words) in
            [(131_072, true, true), (8_192, false, true), (4_096, false, false)]
        {
            let (size, properties) = dead(&told, frame_bytes_max);
            assert!(size <= frame_bytes_max, "{size} of {frame_bytes_max}");
            let bytes = (!has_headers).then_some(30_031);
            assert_eq!(left_out(&properties), (has_headers, bytes), "{frame_bytes_max}");
            assert_eq!(properties.correlation_id().is_some(), has_words, "{frame_bytes_max}");
            assert!(properties.headers().as_ref().unwrap().contains_key(CHAIN), "ours are all there");
            // Once more, from what came of it.
            assert_eq!(left_out(&dead(&told_by_sender(&properties), 4_096).1), (false, Some(30_031)));
        }
        for bytes in (0..8_000).step_by(100) {
            let mut headers = FieldTable::default();
            headers.insert("note".into(), long(&"x".repeat(bytes)));
            let (size, _) = dead(&BasicProperties::default().with_headers(headers), 8_192);
            assert!(size <= 8_192 - ADDED_BYTES_MAX, "{bytes}: there is room for what RabbitMQ adds");
        }
        let (size, properties) = dead(&BasicProperties::default().with_type(words), 4_096);
        assert!(size <= 4_096 && left_out(&properties) == (false, None), "{size}");
    }

    #[test]
    fn what_is_no_frame_is_told_at_once() {
        for bytes in
            [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"\x01\x00\x01\x00\x00\x00\x01\x00\x00", &[9; 32]]
        {
            assert!(matches!(take(&mut BytesMut::from(bytes)), Err(WireError::Malformed)), "{bytes:?}");
        }
    }
}
