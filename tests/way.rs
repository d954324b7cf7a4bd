//! A way to RabbitMQ that breaks when it is told to: in the middle of a publish, of its confirm, or of an acknowledgement.

mod frames;

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use frames::{Frames, Method};

/// Bytes that are passed on at once at most.
const BYTES_AT_ONCE: usize = 16 * 1024;

/// Where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// While a message is being published.
    Publish,
    /// While RabbitMQ confirms messages.
    Confirm,
    /// While a consumer acknowledges messages.
    Acknowledgement,
}

impl Cut {
    fn direction(self) -> Direction {
        if self == Self::Confirm { Direction::Down } else { Direction::Up }
    }

    fn method(self) -> Method {
        if self == Self::Publish { Method::PUBLISH } else { Method::ACK }
    }
}

/// To RabbitMQ, and from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

/// The next cut.
struct Order {
    cut: Cut,
    /// How many bytes of it still pass.
    bytes: usize,
    met: oneshot::Sender<()>,
}

type Orders = Arc<Mutex<Option<Order>>>;

/// The way. Its connections end when it is dropped.
pub struct Way {
    url: Url,
    orders: Orders,
    _open: DropGuard,
}

impl Way {
    /// Opens one to the node of this address; what goes into `broker.url` is [`Self::url`].
    ///
    /// # Panics
    /// If there is no free port, or the address has none.
    pub async fn open(amqp: &Url) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let mut url = amqp.clone();
        url.set_port(Some(port)).expect("AMQP's URLs may have a port");
        let to = amqp.socket_addrs(|| Some(5672)).expect("RabbitMQ's URL is an address")[0];
        let (orders, open) = (Orders::default(), CancellationToken::new());
        let (all, until) = (orders.clone(), open.clone());
        tokio::spawn(open.clone().run_until_cancelled_owned(async move {
            while let Ok((client, _)) = listener.accept().await {
                // With RabbitMQ away, whoever comes is turned away.
                if let Ok(broker) = TcpStream::connect(to).await {
                    connect(client, broker, &all, &until);
                }
            }
        }));
        Self { url, orders, _open: open.drop_guard() }
    }

    /// The address at which the way begins.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Cuts the next connection on which this happens, after so many bytes of it; returns once that is done.
    pub async fn cut(&self, cut: Cut, bytes: usize) {
        let (met, done) = oneshot::channel();
        *self.orders.lock().expect("nobody panics while holding the orders") =
            Some(Order { cut, bytes, met });
        // Fails only if another order takes the place of this one.
        let _ = done.await;
    }
}

fn connect(client: TcpStream, broker: TcpStream, orders: &Orders, open: &CancellationToken) {
    let cut = open.child_token();
    let ((from_client, to_client), (from_broker, to_broker)) = (client.into_split(), broker.into_split());
    let up =
        Pipe { frames: Frames::after_protocol_header(), direction: Direction::Up, orders: orders.clone() };
    let down = Pipe { frames: Frames::default(), direction: Direction::Down, orders: orders.clone() };
    tokio::spawn(up.run(from_client, to_broker, cut.clone()));
    tokio::spawn(down.run(from_broker, to_client, cut));
}

/// One direction of one connection.
struct Pipe {
    frames: Frames,
    direction: Direction,
    orders: Orders,
}

impl Pipe {
    /// Passes on what comes, until either side ends, or the connection is cut.
    async fn run(mut self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, cut: CancellationToken) {
        // Whichever direction ends, ends the other.
        let _both = cut.clone().drop_guard();
        let passing = async {
            let (mut buffer, mut ordered) = (vec![0; BYTES_AT_ONCE], None);
            loop {
                let read = from.read(&mut buffer).await.unwrap_or(0);
                let passed = self.passed(&buffer[..read], &mut ordered);
                if read == 0 || to.write_all(&buffer[..passed]).await.is_err() || passed < read {
                    return ordered;
                }
            }
        };
        if let Some(Some(order)) = cut.run_until_cancelled(passing).await {
            // Nobody waits any more at the end of a test.
            let _ = order.met.send(());
        }
    }

    /// How many of these bytes pass before the cut, if one is due in this direction.
    fn passed(&mut self, bytes: &[u8], ordered: &mut Option<Order>) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            if let Some(order) = ordered {
                if order.bytes == 0 {
                    return at;
                }
                order.bytes -= 1;
            }
            let method = self.frames.feed(*byte);
            if ordered.is_none()
                && let Some(method) = method
            {
                *ordered = self.take_order(method);
            }
        }
        bytes.len()
    }

    /// The order of a cut at this method, which is nobody else's from now on.
    fn take_order(&self, method: Method) -> Option<Order> {
        let mut orders = self.orders.lock().expect("nobody panics while holding the orders");
        orders.take_if(|order| order.cut.direction() == self.direction && order.cut.method() == method)
    }
}
