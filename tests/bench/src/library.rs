//! The client library alone: persistent, mandatory, confirmed publishing of the receiver's events, as many in flight as asked for.
//!
//! Each place in flight is a task that publishes and waits for its confirm: lapin writes whatever waits at once, so this is faster
//! than one task that publishes all, which would wait for each write.

use std::sync::Arc;
use std::time::Instant;

use crossdock_domain::{OrderId, StoreId};
use crossdock_events::{CONTENT_TYPE, Event, ShopOrderChanged, Source};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};

use crate::command_line::LibraryOptions;
use crate::figures::{CONFIRMED, Figures, Own, Tally};
use crate::pace::Pace;

/// Where a message goes: exchange and routing key.
pub(crate) type Way = (&'static str, &'static str);

/// The receiver's: the events exchange, by the type to which the order-importer's queue is bound.
pub(crate) const BY_TOPIC: Way = ("crossdock.events", "shop.order.changed");

/// The default exchange, by the queue's name.
const STRAIGHT: Way = ("", crossdock_order_importer::QUEUE.name);

/// Delivery mode that survives a restart. Source: AMQP 0-9-1 specification, class basic.
const PERSISTENT: u8 = 2;

/// Whose webhooks they are.
const STORE: &str = "acme-au";

/// How many different events a task repeats: they are made before the measurement.
const EVENTS_PER_TASK: u64 = 64;

/// An event as it is published.
pub(crate) struct Letter {
    body: Vec<u8>,
    properties: BasicProperties,
}

impl Letter {
    /// The event that the receiver makes of a webhook about an order, with its properties.
    pub(crate) fn new(cause: &str, id: &str, order_id: OrderId, traceparent: Option<String>) -> Self {
        let (store, now) = (STORE.parse::<StoreId>().expect("this is a store's id"), Timestamp::now());
        let data = ShopOrderChanged { store: store.clone(), order_id, cause: cause.to_owned() };
        let event = Event::new(&Source::Store(store), id.to_owned(), now, data).traced(traceparent);
        let properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_message_id(event.id.as_str().into())
            .with_content_type(CONTENT_TYPE.into())
            .with_timestamp(u64::try_from(now.as_second()).unwrap_or(0))
            .with_app_id("crossdock".into())
            .with_headers(FieldTable::default());
        Self { body: event.to_json(), properties }
    }

    /// Returns when it is confirmed. An error if it is not.
    pub(crate) async fn publish(&self, channel: &Channel, (exchange, key): Way) -> anyhow::Result<()> {
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let (exchange, key) = (ShortString::from(exchange), ShortString::from(key));
        let confirm =
            channel.basic_publish(exchange, key, options, &self.body, self.properties.clone()).await?.await?;
        anyhow::ensure!(matches!(confirm, Confirmation::Ack(None)), "not confirmed: {confirm:?}");
        Ok(())
    }
}

/// Publishes, and prints the figures.
pub(crate) fn run(options: &LibraryOptions) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(publish(options))?.print()
}

async fn publish(options: &LibraryOptions) -> anyhow::Result<Figures> {
    let mut channels = Vec::new();
    let mut connections = Vec::new();
    for _ in 0..options.connections {
        let connection = Connection::connect(&options.url, ConnectionProperties::default()).await?;
        for _ in 0..options.channels {
            let channel = connection.create_channel().await?;
            channel.confirm_select(ConfirmSelectOptions { nowait: false }).await?;
            channels.push(channel);
        }
        connections.push(connection);
    }
    let places = channels.iter().cycle().take(options.in_flight).zip(1_u64..);
    let places: Vec<_> = places.map(|(channel, place)| (channel.clone(), letters(place))).collect();
    let way = if options.straight { STRAIGHT } else { BY_TOPIC };
    let (own, start) = (Own::begin()?, Instant::now());
    let pace = Pace::start(options.pace, options.time, usize::MAX, start);
    let tasks = places.into_iter().map(|(channel, letters)| {
        tokio::spawn(keep(channel, letters, way, Arc::clone(&pace), Tally::new(start, options.time)))
    });
    let tallies: anyhow::Result<Vec<Tally>> = try_join_all(tasks).await?.into_iter().collect();
    for connection in connections {
        connection.close(200, "measured".into()).await?;
    }
    own.end(Tally::sum(tallies?))
}

/// Keeps one message in flight until the end, as soon as each is due.
async fn keep(
    channel: Channel,
    letters: Vec<Letter>,
    way: Way,
    pace: Arc<Pace>,
    mut tally: Tally,
) -> anyhow::Result<Tally> {
    for letter in letters.iter().cycle() {
        let Some((_, began)) = pace.next().await else { break };
        letter.publish(&channel, way).await?;
        tally.answer(CONFIRMED, began);
    }
    Ok(tally)
}

/// Events of different orders.
fn letters(place: u64) -> Vec<Letter> {
    let (first, now) = (place * EVENTS_PER_TASK, Timestamp::now().as_second());
    let letter = |order: u64| {
        let cause = "store/order/created";
        let traceparent = format!("00-{order:032x}-b7ad6b7169203331-01");
        let order_id = OrderId::from(order.to_string().as_str());
        Letter::new(cause, &format!("{cause}/{now}/{order:040x}"), order_id, Some(traceparent))
    };
    (first..first + EVENTS_PER_TASK).map(letter).collect()
}
