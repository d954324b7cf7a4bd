//! The same request over and over, over many connections, as fast as they are answered.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::shop_sender::Answer;
use crate::slow_sender::head;
use crate::webhook::Webhook;

/// Longest wait for an answer, in seconds: longer than the receiver lets any request take.
const ANSWER_SECS_MAX: u64 = 30;

/// Longest time for a connection's sender to hear nothing at all, in seconds: else nobody would end a flood that nobody answers.
const SILENCE_SECS_MAX: u64 = 2 * ANSWER_SECS_MAX;

/// Pause after a connection was refused or cut, in milliseconds: a new one costs this machine as much as the receiver.
const AGAIN_MS: u64 = 5;

/// Largest answer that is understood, in bytes.
const ANSWER_BYTES_MAX: usize = 8 * 1024;

/// Sends from this address of the machine until stopped, and until at least so many were answered; tells how often it was answered how.
/// What is refused or cut without a word is not answered.
///
/// # Panics
/// If the receiver's URL is no address, or nothing is answered for a minute.
pub async fn flood(
    receiver: &Url,
    webhook: &Webhook,
    from: Ipv4Addr,
    connections: usize,
    answers_min: usize,
    stop: &CancellationToken,
) -> BTreeMap<Answer, usize> {
    let to = receiver.socket_addrs(|| None).expect("the receiver's URL is an address")[0];
    let request = (head(receiver, webhook) + &webhook.body).into_bytes();
    let (mut senders, missing) = (JoinSet::new(), Arc::new(AtomicUsize::new(answers_min)));
    for _ in 0..connections {
        senders.spawn(send(from, to, request.clone(), Arc::clone(&missing), stop.clone()));
    }
    let mut all = BTreeMap::new();
    for (answer, count) in senders.join_all().await.into_iter().flatten() {
        *all.entry(answer).or_default() += count;
    }
    all
}

async fn send(
    from: Ipv4Addr,
    to: SocketAddr,
    request: Vec<u8>,
    missing: Arc<AtomicUsize>,
    stop: CancellationToken,
) -> BTreeMap<Answer, usize> {
    let mut heard = BTreeMap::<Answer, usize>::new();
    let (mut open, mut answered_at) = (None, Instant::now());
    while !stop.is_cancelled() || missing.load(Ordering::Relaxed) > 0 {
        let answer = once(from, to, &request, &mut open).await;
        *heard.entry(answer).or_default() += 1;
        if let Answer::Status(_) = answer {
            let fewer = |missing: usize| missing.checked_sub(1);
            let _ = missing.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer);
            answered_at = Instant::now();
        } else {
            let silence = answered_at.elapsed();
            assert!(silence < Duration::from_secs(SILENCE_SECS_MAX), "no answer for {silence:?}");
            open = None;
            sleep(Duration::from_millis(AGAIN_MS)).await;
        }
    }
    heard
}

async fn once(from: Ipv4Addr, to: SocketAddr, request: &[u8], open: &mut Option<TcpStream>) -> Answer {
    if open.is_none() {
        *open = connect(from, to).await.ok();
    }
    let Some(stream) = open else { return Answer::Unreachable };
    match timeout(Duration::from_secs(ANSWER_SECS_MAX), exchange(stream, request)).await {
        Ok(Ok(status)) => Answer::Status(status),
        Ok(Err(_)) | Err(_) => Answer::Cut,
    }
}

async fn connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends the request, and reads the answer to its end: its status.
async fn exchange(stream: &mut TcpStream, request: &[u8]) -> io::Result<u16> {
    stream.write_all(request).await?;
    let mut answer = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut answer).await? == 0 || answer.len() > ANSWER_BYTES_MAX {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(status) = whole(&answer) {
            return Ok(status);
        }
    }
}

/// The status, once the answer's body is there.
fn whole(answer: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    (body.len() >= length.unwrap_or(0)).then_some(status)
}
