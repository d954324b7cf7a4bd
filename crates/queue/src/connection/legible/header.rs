//! The payload of a content header frame: a message's size and properties.
//!
//! Source: AMQP 0-9-1 specification, 2.3.5.2 and 4.2.6.1; the types of a table's values as RabbitMQ sends them, rabbitmq.com,
//! AMQP 0-9-1 Errata, section 3.

/// How deep tables and lists may lie within each other. Everything that reads them later can do so many.
const NESTING_MAX: usize = 32;

/// Stands for a byte of which its seven bits are no character either.
const ILLEGIBLE: u8 = b'?';

/// Type of a value that is bytes: as a table and a list it is its length in four bytes, and then so many.
const BYTES: u8 = b'x';

/// Class, weight, and the size of the body.
const BEFORE_FLAGS: usize = 2 + 2 + 8;

/// The kinds of the properties, from the highest of their flags on.
const PROPERTIES: [Kind; 14] = [
    Kind::Text,     // content type
    Kind::Text,     // content encoding
    Kind::Table,    // headers
    Kind::Bytes(1), // delivery mode
    Kind::Bytes(1), // priority
    Kind::Text,     // correlation id
    Kind::Text,     // reply to
    Kind::Text,     // expiration
    Kind::Text,     // message id
    Kind::Bytes(8), // timestamp
    Kind::Text,     // type
    Kind::Text,     // user id
    Kind::Text,     // app id
    Kind::Text,     // cluster id
];

#[derive(Clone, Copy)]
enum Kind {
    /// Its length in one byte, and then so many of UTF-8.
    Text,
    /// Its length in four bytes, and then names and values.
    Table,
    Bytes(usize),
}

/// Cuts a text that is not UTF-8 to seven bits a byte, as mail once was: ids that differ still do. Calls bytes what lies too deep. What is no
/// payload of a content header stays as it is from where that shows.
pub(super) fn make_legible(payload: &mut [u8]) {
    let mut rest = Rest(payload);
    // None: it ended early.
    let _ = properties(&mut rest);
}

fn properties(rest: &mut Rest<'_>) -> Option<()> {
    rest.pass(BEFORE_FLAGS)?;
    let flags = rest.take(2)?;
    let flags = u16::from_be_bytes([flags[0], flags[1]]);
    for (at, kind) in PROPERTIES.into_iter().enumerate() {
        if flags & (1 << (15 - at)) != 0 {
            match kind {
                Kind::Text => text(rest)?,
                Kind::Bytes(count) => rest.pass(count)?,
                Kind::Table => table(&mut rest.part()?, NESTING_MAX)?,
            }
        }
    }
    Some(())
}

fn text(rest: &mut Rest<'_>) -> Option<()> {
    let length = usize::from(rest.take(1)?[0]);
    let text = rest.take(length)?;
    if std::str::from_utf8(text).is_err() {
        for byte in text.iter_mut().filter(|byte| !byte.is_ascii()) {
            let low = *byte & 0x7f;
            *byte = if low.is_ascii_graphic() { low } else { ILLEGIBLE };
        }
    }
    Some(())
}

fn table(rest: &mut Rest<'_>, depth: usize) -> Option<()> {
    while !rest.0.is_empty() {
        text(rest)?;
        value(rest, depth)?;
    }
    Some(())
}

fn list(rest: &mut Rest<'_>, depth: usize) -> Option<()> {
    while !rest.0.is_empty() {
        value(rest, depth)?;
    }
    Some(())
}

/// `depth`: so many tables and lists may lie in the one that holds it.
fn value(rest: &mut Rest<'_>, depth: usize) -> Option<()> {
    let kind = &mut rest.take(1)?[0];
    let is_nested = matches!(*kind, b'F' | b'A');
    if is_nested && depth == 0 {
        *kind = BYTES;
    }
    match *kind {
        b'F' => table(&mut rest.part()?, depth - 1)?,
        b'A' => list(&mut rest.part()?, depth - 1)?,
        b'S' | BYTES => rest.part().map(|_| ())?,
        b'V' => {}
        b't' | b'b' | b'B' => rest.pass(1)?,
        b's' | b'u' | b'U' => rest.pass(2)?,
        b'I' | b'i' | b'f' => rest.pass(4)?,
        b'D' => rest.pass(5)?,
        b'l' | b'L' | b'd' | b'T' => rest.pass(8)?,
        // What follows cannot be told from it.
        _ => return None,
    }
    Some(())
}

/// What has not been gone over yet.
struct Rest<'a>(&'a mut [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Option<&'a mut [u8]> {
        let (taken, rest) = std::mem::take(&mut self.0).split_at_mut_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn pass(&mut self, count: usize) -> Option<()> {
        self.take(count).map(|_| ())
    }

    /// What has its length in four bytes before it.
    fn part(&mut self) -> Option<Self> {
        let length = self.take(4)?;
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]);
        self.take(usize::try_from(length).ok()?).map(Rest)
    }
}

#[cfg(test)]
mod tests {
    use amq_protocol::frame::{AMQPContentHeader, AMQPFrame, WriteContext, gen_frame, parse_frame};
    use lapin::BasicProperties;
    use lapin::types::{AMQPValue, FieldArray, FieldTable};

    use super::super::{END_BYTES, HEAD_BYTES};
    use super::*;
    use crate::trail::{long, short};

    fn frame(properties: BasicProperties) -> Vec<u8> {
        let header = AMQPContentHeader { class_id: 60, body_size: 3, properties };
        let written = gen_frame(&AMQPFrame::Header(1, header))(WriteContext::from(Vec::new()));
        written.unwrap().into_inner().0
    }

    /// In its texts, DEL is a byte that is not UTF-8.
    fn garbled(mut frame: Vec<u8>) -> Vec<u8> {
        frame.iter_mut().filter(|byte| **byte == 0x7f).for_each(|byte| *byte = 0xfc);
        frame
    }

    fn parsed(frame: &[u8]) -> Option<BasicProperties> {
        match parse_frame(frame) {
            Ok(([], AMQPFrame::Header(_, header))) => Some(header.properties),
            _ => None,
        }
    }

    fn made_legible(mut frame: Vec<u8>) -> Option<BasicProperties> {
        let end = frame.len() - END_BYTES;
        make_legible(&mut frame[HEAD_BYTES..end]);
        parsed(&frame)
    }

    /// Each property and each type of a header is set; texts hold this character.
    fn all(with: char) -> BasicProperties {
        let text = |text: &str| short(&format!("{text}{with}"));
        let mut inner = FieldTable::default();
        inner.insert(text("inner"), AMQPValue::Void);
        let mut headers = FieldTable::default();
        let values = [
            AMQPValue::Boolean(true),
            AMQPValue::ShortShortInt(-1),
            AMQPValue::ShortShortUInt(200),
            AMQPValue::ShortInt(-300),
            AMQPValue::ShortUInt(60_000),
            AMQPValue::LongInt(-70_000),
            AMQPValue::LongUInt(4_000_000_000),
            AMQPValue::LongLongInt(-5_000_000_000),
            AMQPValue::Float(1.5),
            AMQPValue::Double(2.5),
            AMQPValue::DecimalValue(lapin::types::DecimalValue { scale: 2, value: 1999 }),
            AMQPValue::Timestamp(1_760_000_000),
            AMQPValue::ByteArray(vec![0xff, 0, 1].into()),
            AMQPValue::FieldTable(inner.clone()),
            AMQPValue::FieldArray(FieldArray::from(vec![AMQPValue::FieldTable(inner), long("x")])),
            AMQPValue::Void,
        ];
        for (at, value) in values.into_iter().enumerate() {
            headers.insert(text(&format!("{at:02}")), value);
        }
        BasicProperties::default()
            .with_content_type(text("content type"))
            .with_content_encoding(text("content encoding"))
            .with_headers(headers)
            .with_delivery_mode(2)
            .with_priority(1)
            .with_correlation_id(text("correlation id"))
            .with_reply_to(text("reply to"))
            .with_expiration(text("expiration"))
            .with_message_id(text("message id"))
            .with_timestamp(1_760_000_000)
            .with_type(text("type"))
            .with_user_id(text("user id"))
            .with_app_id(text("app id"))
            .with_cluster_id(text("cluster id"))
    }

    #[test]
    fn what_is_not_utf8_is_cut_to_seven_bits_in_each_property() {
        let illegible = garbled(frame(all('\x7f')));
        assert_eq!(parsed(&illegible), None, "lapin cannot read it: else none of this is needed any more");
        assert_eq!(made_legible(illegible), Some(all('|')));
    }

    #[test]
    fn what_is_legible_stays_as_it_is() {
        for properties in [all('ß'), BasicProperties::default()] {
            assert_eq!(made_legible(frame(properties.clone())), Some(properties));
        }
    }

    #[test]
    fn what_nests_too_deep_is_bytes() {
        let nested = |depth| {
            let mut headers = FieldTable::default();
            let deep = (0..depth).fold(long("bottom"), |inner, _| AMQPValue::FieldArray(vec![inner].into()));
            headers.insert("deep".into(), deep);
            BasicProperties::default().with_headers(headers)
        };
        assert_eq!(made_legible(frame(nested(NESTING_MAX))), Some(nested(NESTING_MAX)));
        let legible = made_legible(frame(nested(NESTING_MAX + 200))).unwrap();
        let mut value = &legible.headers().as_ref().unwrap().inner()["deep"];
        let mut depth = 0;
        while let AMQPValue::FieldArray(list) = value {
            (value, depth) = (&list.as_slice()[0], depth + 1);
        }
        assert!(depth == NESTING_MAX && matches!(value, AMQPValue::ByteArray(_)), "{depth}: {value:?}");
    }
}
