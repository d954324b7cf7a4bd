//! Waits that a journey does not wait out: of messages that are to be tried again, and for leases that the dead left behind.

use crossdock_tracking_writer::DOUBT_SECS;
use jiff::{SignedDuration, Timestamp};
use lapin::Channel;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use crate::broker::Vhost;
use crate::eventually;
use crate::world::World;

/// Where messages wait to be tried again, the longest wait first: none comes into the next one while it is emptied.
const RETRY_QUEUES: [&str; 5] = [
    "crossdock.retry.1h",
    "crossdock.retry.10m",
    "crossdock.retry.2m",
    "crossdock.retry.30s",
    "crossdock.retry.5s",
];

/// How long any lease lasts at most, in hours.
const LEASE_HOURS_MAX: i64 = 1;

impl Vhost {
    /// Ends the wait of every message that is to be tried again now: it returns to its work queue, as it does when its time is over.
    ///
    /// # Panics
    /// If Crossdock has not declared its queues.
    pub async fn hasten(&self) {
        if self.depths(&RETRY_QUEUES).await == 0 {
            return;
        }
        let connection = self.connect().await;
        let channel = connection.create_channel().await.expect("a new connection opens a channel");
        let confirms = channel.confirm_select(ConfirmSelectOptions { nowait: false }).await;
        confirms.expect("RabbitMQ confirms");
        for queue in RETRY_QUEUES {
            for _ in 0..self.depth(queue).await {
                send_home(&channel, queue).await;
            }
        }
    }

    /// Messages that are ready in Crossdock's work queues, and those that wait to be tried again.
    ///
    /// # Panics
    /// If Crossdock has not declared its queues.
    pub async fn unfinished(&self) -> u32 {
        let work = [
            crossdock_order_importer::QUEUE.name,
            crossdock_order_importer::WAREHOUSE_ORDERS.name,
            crossdock_tracking_writer::QUEUE.name,
            crossdock_stock_writer::QUEUE.name,
        ];
        self.depths(&[&work[..], &RETRY_QUEUES].concat()).await
    }
}

/// The first message leaves its queue only when it stands in the next, so a copy may come out of it, but nothing is lost.
async fn send_home(channel: &Channel, queue: &str) {
    let next = channel.basic_get(ShortString::from(queue), BasicGetOptions { no_ack: false }).await;
    let Some(message) = next.unwrap_or_else(|error| panic!("queue {queue}: {error}")) else { return };
    // An expired message keeps its routing key, which is the name of its work queue.
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let (home, properties) = (message.routing_key.clone(), message.properties.clone());
    let sent = channel.basic_publish(ShortString::from(""), home, options, &message.data, properties).await;
    let confirmed = sent.expect("the channel is open").await.expect("RabbitMQ confirms");
    assert!(confirmed.is_ack(), "{queue}: {confirmed:?}");
    message.acker.ack(BasicAckOptions { multiple: false }).await.expect("the channel is open");
}

impl World {
    /// Ends all leases, as the time does that they are taken for. Nobody may be at work: whoever holds one would not know.
    ///
    /// # Panics
    /// If the ledger does not answer.
    pub async fn leases_run_out(&self) {
        let later = Timestamp::now() + SignedDuration::from_hours(LEASE_HOURS_MAX);
        let ledger = self.ledger().await;
        let taken = || async { ledger.lease("leases-run-out", later, later).await.ok() };
        eventually("the ledger answers", taken).await;
    }

    /// Ends the time for which orders are left alone whose shop did not say whether it has written something. Whoever is at work at an
    /// order has it for longer than that.
    ///
    /// # Panics
    /// If the ledger does not answer.
    pub async fn doubts_run_out(&self) {
        let until = Timestamp::now() + SignedDuration::from_secs(DOUBT_SECS.cast_signed());
        let over = until.as_microsecond();
        self.end_leases(format!("name LIKE 'dispatch/%' AND until <= {over}")).await;
    }

    /// Ends all leases whose names begin like this, as the time does that they are taken for. Whoever took them must be dead.
    ///
    /// # Panics
    /// If the ledger does not answer.
    pub async fn leases_of_the_dead_run_out(&self, beginning: &str) {
        self.end_leases(format!("name LIKE '{beginning}%'")).await;
    }

    async fn end_leases(&self, which: String) {
        let (url, end) = (self.ledger_url(), format!("DELETE FROM leases WHERE {which}"));
        let ended = || async {
            let end = AssertSqlSafe(end.clone());
            if url.starts_with("sqlite") {
                let mut ledger = SqliteConnection::connect(&url).await.ok()?;
                sqlx::query(end).execute(&mut ledger).await.ok().map(drop)
            } else {
                let mut ledger = PgConnection::connect(&url).await.ok()?;
                sqlx::query(end).execute(&mut ledger).await.ok().map(drop)
            }
        };
        eventually("the ledger answers", ended).await;
    }
}
