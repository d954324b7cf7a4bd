//! From verified events to messages that are stored.

use std::future::ready;

use crossdock_events::{CONTENT_TYPE, Event, EventData};
use crossdock_queue::Message;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::app::App;
use crate::outlet::Due;
use crate::refusal::Refusal;
use crate::verified::Verified;
use crate::visit::Taken;

/// Longest id of an event, in bytes: AMQP 0-9-1 carries a message's id as a short string.
pub(crate) const EVENT_ID_BYTES_MAX: usize = 255;

/// Runs of one request that are under way together: a batch leaves room for others in the publisher.
const RUNS_AT_ONCE: usize = 64;

/// Messages that must arrive in this order: those about one order, or one SKU.
pub(crate) type Run = Vec<Message>;

/// An event as a message.
pub(crate) fn message<T: EventData>(event: Event<T>) -> Message {
    let body = event.to_json().into();
    Message { routing_key: event.kind, id: event.id, content_type: CONTENT_TYPE.into(), body }
}

/// The platform's own id of an event; if that is one that cannot be carried, one that the same body always gets.
pub(crate) fn event_id(sent: &str, body: &[u8]) -> String {
    if (1..=EVENT_ID_BYTES_MAX).contains(&sent.len()) {
        return sent.to_owned();
    }
    let digest = Sha256::digest(body);
    digest.iter().fold("sha256-".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// Publishes all of a request's messages. `Ok`: every one is confirmed by RabbitMQ, or synced to the spool.
///
/// # Errors
/// Some may have arrived nonetheless: the sender repeats the whole request, and the ids stay the same.
pub(crate) async fn publish(app: &App, runs: Verified<Vec<Run>>) -> Result<Taken, Refusal> {
    let mut runs = runs.into_inner();
    let count: usize = runs.iter().map(Vec::len).sum();
    let now = Instant::now();
    let due = Due { confirmed: now + app.limits.patience, stored: now + app.limits.confirm };
    // A webhook is one run of one event, and the way of most requests.
    let spooled = if runs.len() == 1
        && let Some(only) = runs.pop()
    {
        app.outlet.store(only, due).await?
    } else {
        let storing = stream::iter(runs.into_iter().map(|run| app.outlet.store(run, due)));
        storing.buffer_unordered(RUNS_AT_ONCE).try_fold(0, |sum, spooled| ready(Ok(sum + spooled))).await?
    };
    Ok(Taken::Stored { published: count - spooled, spooled })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_without_a_usable_id_gets_the_same_one_each_time() {
        assert_eq!(event_id("dd70c097", b"{}"), "dd70c097");
        let made = event_id("", b"{}");
        assert_eq!(made, "sha256-44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
        assert_eq!(event_id(&"x".repeat(256), b"{}"), made);
        assert_ne!(event_id("", b"{ }"), made);
    }
}
