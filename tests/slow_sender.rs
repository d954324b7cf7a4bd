//! A request that is sent in pieces, over a connection of its own.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::shop_sender::Answer;
use crate::webhook::Webhook;

/// Longest wait for an answer, in seconds: longer than the receiver lets any request take.
const ANSWER_SECS_MAX: u64 = 60;

/// A connection over which a part of a request has been sent.
pub struct SlowSender {
    stream: TcpStream,
    rest: Vec<u8>,
}

/// How far a request got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Nothing of it.
    Nothing,
    /// Half of its head.
    HalfHead,
    /// Its head, and nothing of its body.
    Head,
    /// Its head, and half of its body.
    HalfBody,
}

impl SlowSender {
    /// Connects, and sends this part of the request.
    ///
    /// # Errors
    /// Nobody listens.
    pub async fn begin(receiver: &Url, webhook: &Webhook, part: Part) -> std::io::Result<Self> {
        let address = receiver.socket_addrs(|| None)?[0];
        let head = head(receiver, webhook);
        let sent = match part {
            Part::Nothing => 0,
            Part::HalfHead => head.len() / 2,
            Part::Head => head.len(),
            Part::HalfBody => head.len() + webhook.body.len() / 2,
        };
        let mut rest = (head + &webhook.body).into_bytes();
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let begun: Vec<u8> = rest.drain(..sent).collect();
        stream.write_all(&begun).await?;
        Ok(Self { stream, rest })
    }

    /// Sends the rest, and waits for the answer.
    pub async fn finish(mut self) -> Answer {
        if self.stream.write_all(&self.rest).await.is_err() {
            return Answer::Cut;
        }
        status(&mut self.stream).await
    }

    /// Sends the rest a byte at a time, far too slowly to end, until the receiver has enough of it. Tells after how long.
    pub async fn trickle(self, pause: Duration) -> (Answer, Duration) {
        let began = Instant::now();
        let (mut reading, mut writing) = self.stream.into_split();
        let trickling = async {
            for byte in &self.rest {
                sleep(pause).await;
                if writing.write_all(std::slice::from_ref(byte)).await.is_err() {
                    break;
                }
            }
            // What was said before the end is still to be read.
            std::future::pending::<()>().await;
        };
        let answer = tokio::select! {
            answer = status(&mut reading) => answer,
            () = trickling => Answer::Cut,
        };
        (answer, began.elapsed())
    }
}

/// The head of a webhook's request.
pub(crate) fn head(receiver: &Url, webhook: &Webhook) -> String {
    let (path, host, length) = (webhook.path, receiver.authority(), webhook.body.len());
    let start = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n"
    );
    let line = |head: String, (name, value): &(&str, String)| head + name + ": " + value + "\r\n";
    webhook.headers.iter().fold(start, line) + "\r\n"
}

/// Reads the status line, or nothing if the connection ends before it.
async fn status(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Answer {
    let mut said = Vec::new();
    let reading = async {
        let mut piece = [0; 1024];
        while said.len() < "HTTP/1.1 200".len() {
            match stream.read(&mut piece).await {
                Ok(0) | Err(_) => break,
                Ok(count) => said.extend_from_slice(&piece[..count]),
            }
        }
    };
    let ended = timeout(Duration::from_secs(ANSWER_SECS_MAX), reading).await;
    assert!(ended.is_ok(), "within {ANSWER_SECS_MAX} s the receiver answers or closes the connection");
    let status = said.strip_prefix(b"HTTP/1.1 ").and_then(|rest| std::str::from_utf8(rest.get(..3)?).ok());
    status.and_then(|digits| digits.parse().ok()).map_or(Answer::Cut, Answer::Status)
}
