//! A message as it goes over the wire, with where it goes.

use bytes::Bytes;
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
pub(crate) struct Letter {
    pub exchange: &'static str,
    pub routing_key: String,
    pub id: String,
    pub content_type: String,
    pub headers: FieldTable,
    pub body: Bytes,
}

impl Letter {
    /// An event, for whoever is bound to its type.
    pub(crate) fn event(message: Message) -> Self {
        let Message { routing_key, id, content_type, body } = message;
        let content_type = content_type.to_owned();
        Self {
            exchange: EVENTS_EXCHANGE,
            routing_key,
            id,
            content_type,
            headers: FieldTable::default(),
            body,
        }
    }

    /// The same message to the same work queue, once it has waited at this step.
    pub(crate) fn retry(step: &RetryStep, queue: &WorkQueue, headers: FieldTable, of: Contents) -> Self {
        Self::of(step.queue, queue.name, headers, of)
    }

    /// The same message to the dead letters.
    pub(crate) fn dead(headers: FieldTable, of: Contents) -> Self {
        Self::of("", DEAD_LETTERS, headers, of)
    }

    fn of(exchange: &'static str, routing_key: &str, headers: FieldTable, of: Contents) -> Self {
        let Contents { id, content_type, body } = of;
        Self { exchange, routing_key: routing_key.to_owned(), id, content_type, headers, body }
    }

    /// The properties, all written out.
    pub(crate) fn properties(&self) -> BasicProperties {
        let now = u64::try_from(Timestamp::now().as_second()).unwrap_or(0);
        BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_message_id(short(&self.id))
            .with_content_type(short(&self.content_type))
            .with_timestamp(now)
            .with_app_id("crossdock".into())
            .with_headers(self.headers.clone())
    }
}

/// What a message keeps on all its ways.
#[derive(Debug, Clone)]
pub(crate) struct Contents {
    pub id: String,
    pub content_type: String,
    pub body: Bytes,
}
