//! A stream from RabbitMQ on which every message can be read by lapin.
//!
//! RabbitMQ hands on a message's properties as they were published. lapin 4.12.3 gives up the whole connection over a name or text in
//! them that is not UTF-8, and parses tables within tables for as deep as they go: one message of somebody else's would end its consumer
//! again and again. So they are made legible before lapin sees them, each byte in its place: no length changes.

mod header;

use std::future::Future;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_util::Stream;
use futures_util::io::{AsyncRead, AsyncWrite};
use lapin::tcp::{AMQPUriTcpExt as _, AsyncTcpStream};
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};

/// Type of a frame that holds a message's properties. Source: AMQP 0-9-1 specification, 4.2.3.
const HEADER_FRAME: u8 = 2;

/// A frame's type, channel and size, before its payload.
const HEAD_BYTES: usize = 7;

/// The mark behind a frame's payload.
const END_BYTES: usize = 1;

/// Largest frame that is held back until it is whole, in bytes: as large as the publisher's connection takes. A larger one is no frame.
const HELD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// lapin's connection over a legible stream.
pub(super) async fn connect(uri: AMQPUri, properties: ConnectionProperties) -> lapin::Result<Connection> {
    let runtime = Runtime::new(RuntimeParts::new(Tokio::current(), Legibly(Tokio::current())));
    let stream = async |uri: AMQPUri, _: Runtime<RuntimeParts<Tokio, Legibly>>| {
        let stream = uri.connect_async(&Runtime::new(Tokio::current())).await?;
        Ok(AsyncTcpStream::Plain(Legible::new(stream)))
    };
    Connection::connector(uri, runtime, stream, properties).await
}

/// tokio's reactor, with streams that are legible.
#[derive(Debug, Clone)]
struct Legibly(Tokio);

type TokioStream = AsyncTcpStream<<Tokio as Reactor>::TcpStream>;

impl Reactor for Legibly {
    type TcpStream = Legible<TokioStream>;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: Read + Write + AsFd + AsRawFd + Send + 'static>(
        &self,
        socket: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        self.0.register(socket)
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.0.sleep(duration)
    }

    fn interval(&self, period: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(period)
    }

    fn tcp_connect_addr(
        &self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        let connecting = self.0.tcp_connect_addr(address);
        async move { Ok(Legible::new(AsyncTcpStream::Plain(connecting.await?))) }
    }
}

/// A stream of frames whose properties are legible. What is written passes as it is.
pub(super) struct Legible<S> {
    stream: S,
    /// Bytes that are passed on unseen: the rest of a frame that holds no properties.
    passing: usize,
    /// The beginning of a frame that is looked at once it is whole.
    held: Vec<u8>,
    /// How many bytes of a whole one have been handed out.
    handed_out: Option<usize>,
}

impl<S> Legible<S> {
    fn new(stream: S) -> Self {
        Self { stream, passing: 0, held: Vec::new(), handed_out: None }
    }

    /// Goes over what has just come, and tells how much of it is handed out: the rest is held back.
    fn look(&mut self, bytes: &mut [u8]) -> usize {
        let mut at = 0;
        loop {
            let passed = self.passing.min(bytes.len() - at);
            self.passing -= passed;
            at += passed;
            let frame = &mut bytes[at..];
            if frame.is_empty() {
                return at;
            }
            match Whole::of(frame) {
                Whole::Frame(size) if frame.len() >= size => {
                    header::make_legible(&mut frame[HEAD_BYTES..size - END_BYTES]);
                    at += size;
                }
                Whole::Frame(_) | Whole::Head => {
                    self.held.extend_from_slice(frame);
                    return at;
                }
                Whole::Unseen(size) => self.passing = size,
            }
        }
    }

    /// How many bytes are to be read before what is held back can be handed out; 0 once it can be, and is.
    fn missing(&mut self) -> usize {
        match Whole::of(&self.held) {
            Whole::Head => HEAD_BYTES - self.held.len(),
            Whole::Frame(size) if size > self.held.len() => size - self.held.len(),
            Whole::Frame(size) => {
                header::make_legible(&mut self.held[HEAD_BYTES..size - END_BYTES]);
                self.handed_out = Some(0);
                0
            }
            Whole::Unseen(size) => {
                self.passing = size - self.held.len();
                self.handed_out = Some(0);
                0
            }
        }
    }

    fn hand_out(&mut self, from: usize, to: &mut [u8]) -> usize {
        let rest = &self.held[from..];
        let count = rest.len().min(to.len());
        to[..count].copy_from_slice(&rest[..count]);
        if count == rest.len() {
            self.held.clear();
            self.handed_out = None;
        } else {
            self.handed_out = Some(from + count);
        }
        count
    }
}

/// What begins with some bytes.
enum Whole {
    /// Not even a frame's head.
    Head,
    /// A frame with properties, of so many bytes.
    Frame(usize),
    /// Something else, of so many bytes.
    Unseen(usize),
}

impl Whole {
    fn of(bytes: &[u8]) -> Self {
        let Some(&[kind, _, _, a, b, c, d]) = bytes.first_chunk::<HEAD_BYTES>() else { return Self::Head };
        let payload = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        let size = payload.saturating_add(HEAD_BYTES + END_BYTES);
        if kind == HEADER_FRAME && size <= HELD_BYTES_MAX { Self::Frame(size) } else { Self::Unseen(size) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Legible<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if buffer.is_empty() {
            return Poll::Ready(Ok(0));
        }
        loop {
            if let Some(from) = this.handed_out {
                return Poll::Ready(Ok(this.hand_out(from, buffer)));
            }
            if this.held.is_empty() {
                let count = ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
                let passed = this.look(&mut buffer[..count]);
                if count == 0 || passed > 0 {
                    return Poll::Ready(Ok(passed));
                }
                continue;
            }
            let missing = this.missing();
            if missing > 0 {
                let at_most = missing.min(buffer.len());
                let count = ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer[..at_most]))?;
                this.held.extend_from_slice(&buffer[..count]);
                if count == 0 {
                    // It broke off: lapin sees what there is.
                    this.handed_out = Some(0);
                }
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Legible<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(context)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use futures_util::io::AsyncReadExt as _;
    use proptest::prelude::*;

    use super::*;

    /// A stream that comes in these parts.
    struct Parts(VecDeque<Vec<u8>>);

    impl AsyncRead for Parts {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            let Some(mut part) = self.0.pop_front() else { return Poll::Ready(Ok(0)) };
            let rest = part.split_off(part.len().min(buffer.len()));
            buffer[..part.len()].copy_from_slice(&part);
            if !rest.is_empty() {
                self.0.push_front(rest);
            }
            Poll::Ready(Ok(part.len()))
        }
    }

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&[kind, 0, 1], size.as_slice(), payload, &[0xce]].concat()
    }

    /// A message with this id, which has its flag at bit 7.
    fn header(message_id: &[u8]) -> Vec<u8> {
        let length = u8::try_from(message_id.len()).unwrap();
        let payload = [&[0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x80, length], message_id].concat();
        frame(HEADER_FRAME, &payload)
    }

    async fn read(stream: &[u8], step: usize, buffer_bytes: usize) -> Vec<u8> {
        let parts = stream.chunks(step).map(<[u8]>::to_vec).collect();
        let (mut legible, mut read) = (Legible::new(Parts(parts)), Vec::new());
        let mut buffer = vec![0; buffer_bytes];
        loop {
            match legible.read(&mut buffer).await.unwrap() {
                0 => return read,
                count => read.extend_from_slice(&buffer[..count]),
            }
        }
    }

    #[tokio::test]
    async fn properties_are_made_legible_and_all_else_passes_however_it_comes() {
        let (method, body) = (frame(1, &[0, 60, 0, 60, 0xfc]), frame(3, b"\xfc\xff\x02\x00"));
        let stream = |id| [method.clone(), header(id), body.clone(), header(b"m2"), body.clone()].concat();
        let (sent, expected) = (stream(b"gr\xfc\xdfe"), stream(b"gr|_e"));
        for step in 1..=sent.len() {
            for buffer_bytes in [1, 2, 7, 1024] {
                assert_eq!(read(&sent, step, buffer_bytes).await, expected, "{step}, {buffer_bytes}");
            }
        }
    }

    #[tokio::test]
    async fn a_stream_that_breaks_off_is_handed_out_to_its_last_byte() {
        let sent = header(b"m1");
        for end in 0..sent.len() {
            assert_eq!(read(&sent[..end], 3, 5).await, sent[..end]);
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_nothing_is_added_and_nothing_lost(
            mut stream in prop::collection::vec(prop_oneof![Just(2_u8), Just(0), any::<u8>()], 0..400),
            kind in 1_u8..4,
            size in 0_u8..200,
            step in 1_usize..50,
        ) {
            // Often a frame.
            stream.splice(0..0, [kind, 0, 1, 0, 0, 0, size]);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let read = runtime.block_on(read(&stream, step, 33));
            prop_assert_eq!(read.len(), stream.len());
            let made_of = |sent: u8| [sent, sent & 0x7f, b'?', b'x'];
            prop_assert!(read.iter().zip(&stream).all(|(read, sent)| made_of(*sent).contains(read)));
        }
    }
}
