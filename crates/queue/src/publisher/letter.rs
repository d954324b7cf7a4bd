//! A message as it goes over the wire, with where it goes.

use jiff::Timestamp;
use lapin::BasicProperties;
use lapin::types::FieldTable;

use crate::headers::{DONE, OUTCOME, REPLAY};
use crate::retry::RetryStep;
use crate::sender::less;
use crate::topology::{DEAD_LETTERS, EVENTS_EXCHANGE};
use crate::trail::{long, short};
use crate::{Message, WorkQueue};

/// Delivery mode that survives a restart. Source: AMQP 0-9-1 specification, class basic.
const PERSISTENT: u8 = 2;

/// Who has set a message's properties: only then its timestamp is when it was first published.
pub(crate) const APP_ID: &str = "crossdock";

/// What is published. It can be sent again: the id stays.
#[derive(Debug, Clone)]
pub(crate) struct Letter<'a> {
    pub exchange: &'static str,
    pub routing_key: &'a str,
    pub headers: FieldTable,
    pub contents: Contents<'a>,
}

/// What a message keeps on all its ways.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contents<'a> {
    pub id: &'a str,
    pub content_type: &'a str,
    pub body: &'a [u8],
    /// When it was first published; now, if not told.
    pub since: Option<Timestamp>,
    /// What else its sender told, if that was another: see [`crate::sender`].
    pub sender: Option<&'a BasicProperties>,
}

impl<'a> Contents<'a> {
    /// Of a message that is published for the first time.
    pub(crate) fn of(message: &'a Message) -> Self {
        let Message { id, content_type, body, .. } = message;
        Self { id, content_type, body, since: None, sender: None }
    }
}

impl<'a> Letter<'a> {
    /// An event, for whoever is bound to its type.
    pub(crate) fn event(message: &'a Message) -> Self {
        let (headers, contents) = (FieldTable::default(), Contents::of(message));
        Self { exchange: EVENTS_EXCHANGE, routing_key: &message.routing_key, headers, contents }
    }

    /// The same message to the same work queue, once it has waited at this step.
    pub(crate) fn retry(
        step: &RetryStep,
        queue: &'a WorkQueue,
        headers: FieldTable,
        contents: Contents<'a>,
    ) -> Self {
        Self { exchange: step.queue, routing_key: queue.name, headers, contents }
    }

    /// The same message to the dead letters.
    pub(crate) fn dead(headers: FieldTable, contents: Contents<'a>) -> Self {
        Self { exchange: "", routing_key: DEAD_LETTERS, headers, contents }
    }

    /// A message straight to this work queue.
    pub(crate) fn work(queue: &WorkQueue, headers: FieldTable, contents: Contents<'a>) -> Self {
        Self { exchange: "", routing_key: queue.name, headers, contents }
    }

    /// What the dead letters' desk is told of a replay that was handled for good.
    pub(crate) fn done(replay: &'a str) -> Self {
        let mut headers = FieldTable::default();
        headers.insert(REPLAY.into(), long(replay));
        headers.insert(OUTCOME.into(), long(DONE));
        let contents = Contents { id: replay, content_type: "", body: &[], since: None, sender: None };
        Self { exchange: "", routing_key: DEAD_LETTERS, headers, contents }
    }

    /// The properties: ours, all written out, beside what its sender told.
    pub(crate) fn properties(&self) -> BasicProperties {
        self.properties_beside(self.contents.sender.cloned().unwrap_or_default())
    }

    /// The same beside less and less of what its sender told; nothing if there is no sender to be cut short.
    pub(crate) fn shorter_properties(&self) -> impl Iterator<Item = BasicProperties> {
        let less = self.contents.sender.map(less);
        less.into_iter().flatten().map(|sender| self.properties_beside(sender))
    }

    fn properties_beside(&self, sender: BasicProperties) -> BasicProperties {
        let since = self.contents.since.unwrap_or_else(Timestamp::now);
        let mut headers = sender.headers().clone().unwrap_or_default();
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
        sender
            .with_delivery_mode(PERSISTENT)
            .with_message_id(short(self.contents.id))
            .with_content_type(short(self.contents.content_type))
            .with_timestamp(u64::try_from(since.as_second()).unwrap_or(0))
            .with_app_id(APP_ID.into())
            .with_headers(headers)
    }
}
