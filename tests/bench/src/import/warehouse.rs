//! What the warehouse says, straight to the broker.

use anyhow::Context as _;
use crossdock_events::{CONTENT_TYPE, Event, EventData, Source};
use jiff::Timestamp;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};

/// Where everybody publishes.
const EXCHANGE: &str = "crossdock.events";

/// Delivery mode that survives a restart. Source: AMQP 0-9-1 specification, class basic.
const PERSISTENT: u8 = 2;

/// A connection of the warehouse.
pub(super) struct Warehouse {
    channel: Channel,
    _connection: Connection,
}

impl Warehouse {
    pub(super) async fn connect(url: &str) -> anyhow::Result<Self> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions { nowait: false }).await?;
        Ok(Self { channel, _connection: connection })
    }

    /// Says something, and waits until a queue has it.
    pub(super) async fn tell<T: EventData>(&self, id: &str, data: T) -> anyhow::Result<()> {
        let event = Event::new(&Source::Warehouse, id.to_owned(), Timestamp::now(), data);
        let properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_message_id(id.into())
            .with_content_type(CONTENT_TYPE.into());
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let (key, body) = (T::TYPE.into(), event.to_json());
        let confirm = self.channel.basic_publish(EXCHANGE.into(), key, options, &body, properties);
        let confirm = confirm.await?.await.context("no confirm")?;
        anyhow::ensure!(matches!(confirm, Confirmation::Ack(None)), "not confirmed: {confirm:?}");
        Ok(())
    }
}
