//! What bounds the importer: the ledger's transactions and the broker's confirms, with as many under way as the importer has.

use std::time::Instant;

use crossdock_events::{CONTENT_TYPE, Event, EventData as _, OrderReleased, Source};
use crossdock_ledger::Ledger;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Confirmation, Connection, ConnectionProperties};

use super::samples::{judged, released};

/// Orders that the importer judges and publishes at once, in one batch.
const AT_ONCE: usize = 16;

/// Where the importer publishes.
const EXCHANGE: &str = "crossdock.events";

/// Delivery mode that survives a restart. Source: AMQP 0-9-1 specification, class basic.
const PERSISTENT: u8 = 2;

/// Orders a second that the ledger puts down: what the importer writes of a notice and the release that follows, and nothing else.
pub(super) async fn ledger(ledger: &dyn Ledger, shop: u32, orders: u32) -> anyhow::Result<f64> {
    let began = Instant::now();
    let each = stream::iter(1..=orders).map(|order| async move {
        let judged = judged(shop, order, 60);
        ledger.judge(&judged).await?;
        ledger.told(&judged.store, &judged.order_id, 1, Timestamp::now()).await?;
        anyhow::Ok(())
    });
    each.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    Ok(f64::from(orders) / began.elapsed().as_secs_f64())
}

/// Releases a second that the broker confirms.
pub(super) async fn broker(url: &str, orders: u32) -> anyhow::Result<f64> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions { nowait: false }).await?;
    let began = Instant::now();
    let each = stream::iter(1..=orders).map(|order| {
        let channel = &channel;
        async move {
            let now = Timestamp::now();
            let event =
                Event::new(&Source::Role("bench"), format!("bench-{order}"), now, released(1, order, now));
            let properties = BasicProperties::default()
                .with_delivery_mode(PERSISTENT)
                .with_message_id(event.id.as_str().into())
                .with_content_type(CONTENT_TYPE.into());
            let options = BasicPublishOptions { mandatory: true, immediate: false };
            let (key, body) = (OrderReleased::TYPE.into(), event.to_json());
            let confirm =
                channel.basic_publish(EXCHANGE.into(), key, options, &body, properties).await?.await?;
            anyhow::ensure!(matches!(confirm, Confirmation::Ack(None)), "not confirmed: {confirm:?}");
            Ok(())
        }
    });
    each.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    let rate = f64::from(orders) / began.elapsed().as_secs_f64();
    connection.close(200, "measured".into()).await?;
    Ok(rate)
}
