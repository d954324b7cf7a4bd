//! AMQP 0-9-1's frames, as far as it takes to know where a method begins.
//!
//! Source: the AMQP 0-9-1 specification, sections 2.3.5 and 4.2.3: a frame is its type (1 byte), channel (2), size (4), payload, and an
//! end byte; a method's payload begins with its class (2) and method (2).

/// Bytes before the payload.
const HEADER: usize = 7;

/// Bytes of a payload that name a method.
const NAME: usize = 4;

/// `AMQP` and the version, with which a client begins.
const PROTOCOL_HEADER: usize = 8;

/// The type of a frame that holds a method.
const METHOD_FRAME: u8 = 1;

/// Class and number of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Method(u16, u16);

impl Method {
    pub(super) const PUBLISH: Self = Self(60, 40);
    pub(super) const ACK: Self = Self(60, 80);
}

/// Follows a stream, byte by byte.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// Bytes that say nothing new.
    passing: usize,
    head: Vec<u8>,
}

impl Frames {
    /// What a client sends.
    pub(super) fn after_protocol_header() -> Self {
        Self { passing: PROTOCOL_HEADER, ..Self::default() }
    }

    /// The method that begins, where this byte is the last of its name.
    pub(super) fn feed(&mut self, byte: u8) -> Option<Method> {
        if self.passing > 0 {
            self.passing -= 1;
            return None;
        }
        self.head.push(byte);
        let [kind, _, _, a, b, c, d, name @ ..] = self.head.as_slice() else { return None };
        let size = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let named = name.len() == NAME.min(size);
        let method = match *name {
            [a, b, c, d] if *kind == METHOD_FRAME => {
                Some(Method(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
            }
            _ => None,
        };
        if named {
            // The rest of the payload, and the end byte.
            self.passing = HEADER + size + 1 - self.head.len();
            self.head.clear();
        }
        method
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&[kind, 0, 1], size.as_slice(), payload, &[0xce]].concat()
    }

    #[test]
    fn a_method_is_named_by_the_fourth_byte_of_its_payload_whatever_came_before() {
        let publish = frame(METHOD_FRAME, &[0, 60, 0, 40, 0, 0, 0]);
        let body = frame(3, &[0, 60, 0, 80, 1]);
        let ack = frame(METHOD_FRAME, &[0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
        let short = frame(3, &[7]);
        let stream = [b"AMQP\0\0\x09\x01".to_vec(), frame(8, &[]), publish, short, body, ack].concat();
        let mut frames = Frames::after_protocol_header();
        let seen: Vec<_> =
            stream.iter().enumerate().filter_map(|(at, byte)| Some((at, frames.feed(*byte)?))).collect();
        let first = PROTOCOL_HEADER + 8 + HEADER + NAME - 1;
        assert_eq!(seen, [(first, Method::PUBLISH), (first + 4 + 9 + 13 + HEADER + NAME, Method::ACK)]);
    }
}
