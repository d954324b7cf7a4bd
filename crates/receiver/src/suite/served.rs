//! A receiver behind a real socket, and what its tests write and read there.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::*;

/// Long enough for a loaded machine; a test that waits so long has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A request that is answered `alive` at once.
pub(super) const LIVEZ: &str = "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";

/// A receiver on a port of its own.
pub(super) struct Served {
    pub(super) address: SocketAddr,
    pub(super) stop: CancellationToken,
    pub(super) serving: JoinHandle<std::io::Result<()>>,
    pub(super) rig: Rig,
}

pub(super) async fn served(limits: Limits) -> Served {
    serve(Rig::with_limits(limits)).await
}

pub(super) async fn serve(rig: Rig) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let (receiver, token) = (rig.receiver.clone(), stop.clone());
    let serving = tokio::spawn(async move { receiver.serve(listener, token).await });
    Served { address, stop, serving, rig }
}

impl Served {
    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    pub(super) async fn metrics(&self) -> String {
        self.rig.metrics().await
    }

    pub(super) async fn wait_for_metric(&self, line: &str) {
        let began = Instant::now();
        while !self.metrics().await.contains(line) {
            assert!(began.elapsed() < PATIENCE, "{line} is not in\n{}", self.metrics().await);
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn ended(self) {
        timeout(PATIENCE, self.serving).await.unwrap().unwrap().unwrap();
    }
}

/// Writes, ignoring that the other side may have hung up.
pub(super) async fn write(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes()).await;
}

/// All that comes until the other side hangs up.
pub(super) async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut text)).await.expect("the connection was not closed");
    String::from_utf8(text).unwrap()
}

/// The answer to [`LIVEZ`]; none if the other side has hung up before it.
pub(super) async fn read_answer(stream: &mut TcpStream) -> Option<String> {
    let mut first = [0];
    let peeked = timeout(PATIENCE, stream.peek(&mut first)).await.expect("nothing came");
    if peeked.is_ok_and(|count| count > 0) { Some(read_until(stream, "alive\n").await) } else { None }
}

/// All that comes until this does.
pub(super) async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let mut bytes = [0; 4096];
        let count = timeout(PATIENCE, stream.read(&mut bytes)).await.expect("nothing more came").unwrap();
        assert!(count > 0, "the connection was closed after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    text
}

pub(super) fn quick() -> Limits {
    Limits { unready: Duration::ZERO, ..Limits::default() }
}

/// A request whose body the receiver is waiting for.
pub(super) async fn in_flight(served: &Served) -> TcpStream {
    let mut stream = served.connect().await;
    let head =
        "POST /warehouse/events HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n";
    write(&mut stream, head).await;
    read_until(&mut stream, "100 Continue\r\n\r\n").await;
    stream
}
