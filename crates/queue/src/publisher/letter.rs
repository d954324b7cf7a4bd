//! A message as it goes over the wire, with where it goes.

use jiff::Timestamp;
use lapin::BasicProperties;
use lapin::types::FieldTable;

use crate::retry::RetryStep;
use crate::topology::{DEAD_LETTERS, EVENTS_EXCHANGE};
use crate::trail::short;
use crate::{Message, WorkQueue};

/// Delivery mode that survives a restart. Source: AMQP 0-9-1 specification, class basic.
const PERSISTENT: u8 = 2;

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
}

impl<'a> Letter<'a> {
    /// An event, for whoever is bound to its type.
    pub(crate) fn event(message: &'a Message) -> Self {
        let Message { routing_key, id, content_type, body } = message;
        let contents = Contents { id, content_type, body };
        Self { exchange: EVENTS_EXCHANGE, routing_key, headers: FieldTable::default(), contents }
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

    /// The properties, all written out.
    pub(crate) fn properties(&self) -> BasicProperties {
        let now = u64::try_from(Timestamp::now().as_second()).unwrap_or(0);
        BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_message_id(short(self.contents.id))
            .with_content_type(short(self.contents.content_type))
            .with_timestamp(now)
            .with_app_id("crossdock".into())
            .with_headers(self.headers.clone())
    }
}
