//! What arrives in the warehouse's queue, and when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::StreamExt as _;
use lapin::options::BasicConsumeOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use tokio::sync::watch;

/// The queue that is watched.
const QUEUE: &str = crossdock_order_importer::WAREHOUSE_ORDERS.name;

/// Takes every order off the warehouse's queue, for good.
pub(super) struct Arrivals {
    /// By message id: an order's number, the first time that it is released.
    seen: Arc<Mutex<HashMap<String, Instant>>>,
    count: watch::Receiver<usize>,
    _connection: Connection,
}

impl Arrivals {
    /// From now on. The queue must be there.
    pub(super) async fn watch(url: &str) -> anyhow::Result<Self> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let mut consumer =
            channel.basic_consume(QUEUE.into(), "bench".into(), options, FieldTable::default()).await?;
        let seen = Arc::new(Mutex::new(HashMap::new()));
        let (counter, count) = watch::channel(0);
        let noted = seen.clone();
        tokio::spawn(async move {
            // Kept for as long as it is consumed from.
            let _channel = channel;
            while let Some(Ok(delivery)) = consumer.next().await {
                let id =
                    delivery.properties.message_id().as_ref().map(ToString::to_string).unwrap_or_default();
                let mut seen = noted.lock().expect("nobody panics while holding the arrivals");
                seen.entry(id).or_insert_with(Instant::now);
                counter.send_replace(seen.len());
            }
        });
        Ok(Self { seen, count, _connection: connection })
    }

    /// Waits until so many have arrived since the beginning.
    pub(super) async fn reach(&self, count: usize, limit: Duration) -> anyhow::Result<()> {
        let mut counted = self.count.clone();
        let reached = tokio::time::timeout(limit, counted.wait_for(|now| *now >= count)).await;
        let now = self.count();
        reached.with_context(|| format!("after {limit:?}, {now} of {count} orders have arrived"))??;
        Ok(())
    }

    /// How many have arrived since the beginning.
    pub(super) fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// When an order arrived.
    pub(super) fn at(&self, number: &str) -> Option<Instant> {
        self.seen().get(number).copied()
    }

    /// Orders a second, from the first to the last.
    pub(super) fn rate(&self) -> f64 {
        let seen = self.seen();
        let (Some(first), Some(last)) = (seen.values().min(), seen.values().max()) else { return f64::NAN };
        let orders = u32::try_from(seen.len() - 1).unwrap_or(u32::MAX);
        f64::from(orders) / last.duration_since(*first).as_secs_f64()
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, HashMap<String, Instant>> {
        self.seen.lock().expect("nobody panics while holding the arrivals")
    }
}
