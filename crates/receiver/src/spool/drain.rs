//! From the spool to RabbitMQ: in order, a bounded number at a time, each removed after its confirm.

#[cfg(test)]
mod suite;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use crossdock_domain::Classify as _;
use crossdock_queue::{Message, PublishError};
use crossdock_telemetry::chain;
use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Spool, SpoolError, Spooled};

/// Spooled events on their way at once: a small part of what the publisher takes, so that new ones find room.
const DRAINS_AT_ONCE: usize = 32;

/// Time between two looks at a broker that is away, or at a spool that failed, in milliseconds.
const LOOK_MS: u64 = 200;

/// Pause before events that could not be published are tried again, in milliseconds.
const RETRY_MS: u64 = 1_000;

/// Where drained events go.
pub(crate) trait Sink {
    /// Whether it takes messages now.
    fn is_up(&self) -> bool;

    /// `Ok`: it is confirmed.
    fn send(&self, message: Message) -> impl Future<Output = Result<(), PublishError>> + Send;

    /// Told how many events were confirmed and removed.
    fn drained(&self, events: usize);
}

/// Why a pass over the spool ended early.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error("the receiver is stopping")]
    Stopping,
}

/// Drains until `stop`; then the events on their way are finished first.
pub(crate) async fn drain(spool: &Spool, sink: &impl Sink, stop: &CancellationToken) {
    let (mut depth, mut confirmed) = (spool.watch(), Vec::new());
    loop {
        let waiting = depth.wait_for(|depth| depth.events > 0 || depth.failing);
        if !matches!(stop.run_until_cancelled(waiting).await, Some(Ok(_))) {
            return;
        }
        let pause_ms = match pass(spool, sink, stop, &mut confirmed).await {
            Ok(0) => continue,
            Ok(_) => RETRY_MS,
            Err(Broken::Spool(_)) => LOOK_MS,
            Err(Broken::Stopping) => return,
        };
        if stop.run_until_cancelled(sleep(Duration::from_millis(pause_ms))).await.is_none() {
            return;
        }
    }
}

/// Goes once through all that is spooled, and tells about how many subjects something stays because it was not taken. A broker
/// that goes away is waited for: begun anew each time, a pass would never come to what is behind events that lose the connection.
///
/// What was confirmed and not removed, as the spool failed, is removed first: it must not be sent once more.
async fn pass(
    spool: &Spool,
    sink: &impl Sink,
    stop: &CancellationToken,
    confirmed: &mut Vec<u64>,
) -> Result<usize, Broken> {
    let (mut after, mut held) = (None, HashSet::new());
    loop {
        if !confirmed.is_empty() {
            spool.remove(confirmed.clone()).await?;
            sink.drained(confirmed.len());
            confirmed.clear();
        }
        // A spool that failed is asked even while RabbitMQ is away: that opens it anew.
        let page = if sink.is_up() || spool.depth().failing { spool.page(after).await? } else { Vec::new() };
        if stop.is_cancelled() {
            return Err(Broken::Stopping);
        }
        if !sink.is_up() {
            let look = sleep(Duration::from_millis(LOOK_MS));
            stop.run_until_cancelled(look).await.ok_or(Broken::Stopping)?;
            continue;
        }
        let Some(last) = page.last() else { return Ok(held.len()) };
        after = Some(last.seq);
        let mut runs = runs(page);
        runs.retain(|(subject, _)| !held.contains(subject));
        let sending = stream::iter(runs).map(|(subject, run)| send(sink, subject, run));
        let sent: Vec<Sent> = sending.buffer_unordered(DRAINS_AT_ONCE).collect().await;
        for sent in sent {
            confirmed.extend(sent.confirmed);
            held.extend(sent.held);
        }
    }
}

/// What became of the events about one subject.
struct Sent {
    confirmed: Vec<u64>,
    /// The subject, if something about it was not taken: what is behind that waits, so that it does not overtake.
    held: Option<String>,
}

async fn send(sink: &impl Sink, subject: String, run: Vec<Spooled>) -> Sent {
    let mut confirmed = Vec::new();
    for Spooled { seq, message } in run {
        if let Err(error) = sink.send(message).await {
            let (class, error) = (error.class(), chain(&error));
            tracing::warn!(error, error.class = class, "a spooled event was not taken; it is tried again");
            return Sent { confirmed, held: Some(subject) };
        }
        confirmed.push(seq);
    }
    Sent { confirmed, held: None }
}

/// The events about one subject stay in their order; the publisher keeps none among others.
fn runs(page: Vec<Spooled>) -> Vec<(String, Vec<Spooled>)> {
    let mut runs = BTreeMap::<String, Vec<Spooled>>::new();
    for spooled in page {
        runs.entry(subject(&spooled)).or_default().push(spooled);
    }
    let mut runs: Vec<_> = runs.into_iter().collect();
    runs.sort_by_key(|(_, run)| run.first().map(|first| first.seq));
    runs
}

/// What an event is about; one about nothing has no order to keep.
fn subject(spooled: &Spooled) -> String {
    #[derive(Deserialize)]
    struct Envelope {
        source: String,
        subject: Option<String>,
    }
    match serde_json::from_slice(&spooled.message.body) {
        Ok(Envelope { source, subject: Some(subject) }) => format!("{source} {subject}"),
        _ => format!("#{}", spooled.seq),
    }
}
