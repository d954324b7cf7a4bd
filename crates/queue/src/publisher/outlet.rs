//! The channels of one connection on which messages leave.
//!
//! lapin 4.12.3 hands a returned message to whichever confirm on its channel comes next, so with several messages in flight on
//! one channel a message that no queue took may count as confirmed. Here a channel carries one message at a time, and a
//! returned message can only be that one.

use std::sync::{Arc, Mutex, PoisonError};

use lapin::message::BasicReturnMessage;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::MAX_SHORT_STRING_LENGTH;
use lapin::{Channel, Confirmation, Connection};
use tokio::sync::{Notify, watch};

use super::{Letter, PublishError};
use crate::trail::short;

/// Confirm channels of one connection, lent to one message each.
pub(crate) struct Outlet {
    connection: Arc<Connection>,
    idle: Mutex<Vec<Channel>>,
    given_up: watch::Sender<Option<&'static str>>,
    /// Told when a message was returned: what should take it may have been deleted.
    pub(super) returned: Notify,
}

impl Outlet {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            idle: Mutex::default(),
            given_up: watch::Sender::new(None),
            returned: Notify::new(),
        }
    }

    /// Publishes a letter and waits for its confirm. Its channel goes back only after a clear answer.
    pub(super) async fn send(&self, letter: &Letter) -> Result<(), PublishError> {
        if letter.routing_key.len() > MAX_SHORT_STRING_LENGTH {
            return Err(PublishError::Unroutable(letter.routing_key.clone()));
        }
        let channel = self.take().await.map_err(|error| unavailable(&error))?;
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let (exchange, key) = (letter.exchange.into(), short(&letter.routing_key));
        let written = channel.basic_publish(exchange, key, options, &letter.body, letter.properties()).await;
        let confirm = written.map_err(|error| unavailable(&error))?.await;
        let answer = match confirm.map_err(|error| unavailable(&error))? {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Nack(None) => Err(PublishError::Refused),
            Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned)) => {
                Err(self.unroutable(letter, &returned))
            }
            Confirmation::NotRequested => {
                self.give_up("a channel was not in confirm mode");
                Err(PublishError::Unconfirmed)
            }
        };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(channel);
        answer
    }

    /// Ends the connection: it, or what comes back on it, cannot be trusted any more.
    pub(super) fn give_up(&self, why: &'static str) {
        self.given_up.send_replace(Some(why));
    }

    /// Waits until somebody gives the connection up.
    pub(super) async fn given_up(&self) -> &'static str {
        let mut given_up = self.given_up.subscribe();
        let why = given_up.wait_for(Option::is_some).await.ok().and_then(|why| *why);
        why.expect("the sender lives in self, and only a reason ends the wait")
    }

    async fn take(&self) -> lapin::Result<Channel> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(channel) = idle {
            return Ok(channel);
        }
        let channel = self.connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions { nowait: false }).await?;
        Ok(channel)
    }

    fn unroutable(&self, letter: &Letter, returned: &BasicReturnMessage) -> PublishError {
        if returned.properties.message_id().as_ref() != Some(&short(&letter.id)) {
            self.give_up("RabbitMQ returned another message than the one in flight");
            return PublishError::Unconfirmed;
        }
        self.returned.notify_one();
        PublishError::Unroutable(letter.routing_key.clone())
    }
}

fn unavailable(error: &lapin::Error) -> PublishError {
    PublishError::Unavailable(crossdock_telemetry::chain(error))
}
