//! Orders a second through the importer, beside what the ledger and the broker do at best.

use std::time::Duration;

use crossdock_domain::OrderId;
use crossdock_events::{CONTENT_TYPE, Event, EventData as _, ShopOrderChanged, Source};
use crossdock_tests::database::Engine;
use crossdock_tests::node::Node;
use jiff::Timestamp;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Connection, ConnectionProperties};

use super::installation::{Installation, draft};
use super::limits;
use super::report::Report;
use super::samples::store;

/// Shops whose orders wait.
const SHOPS: u32 = 4;

/// Orders that wait of each: a full batch.
const ORDERS_EACH: u32 = 1_000;

/// Longest time for all of them to arrive, in seconds.
const SECS_MAX: u64 = 300;

/// Lets all orders wait, starts the importer, and measures from the first arrival to the last; then the limits.
pub(super) async fn measure(node: &Node, engine: Engine, report: &mut Report) -> anyhow::Result<()> {
    eprintln!("importer: {engine:?}");
    let installation = Installation::set(node, engine, SHOPS as usize).await?;
    let (receiver, arrivals) = installation.open().await?;
    let url = installation.vhost.address();
    announce(&installation, &url).await?;
    let importer = installation.start("order-importer")?;
    let orders = SHOPS * ORDERS_EACH;
    arrivals.reach(orders as usize, Duration::from_secs(SECS_MAX)).await?;
    let rate = arrivals.rate();
    drop((importer, receiver));

    let broker = limits::broker(&url, orders).await?;
    let folder = tempfile::tempdir()?;
    let ledger = crossdock_ledger::open(&engine.create(folder.path()).await.into()).await?;
    let ledger = limits::ledger(&*ledger, 1, orders).await?;
    report.add(
        format!("orders a second, {engine:?}, beside its transactions alone"),
        (rate, ledger),
        "/s",
        None,
    );
    report.add(format!("orders a second, {engine:?}, beside confirms alone"), (rate, broker), "/s", None);
    Ok(())
}

/// Places the orders, and publishes a notice of each, as the receiver would.
async fn announce(installation: &Installation, url: &str) -> anyhow::Result<()> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions { nowait: false }).await?;
    let mut confirms = Vec::new();
    for _ in 0..ORDERS_EACH {
        for (number, shop) in (1..).zip(&installation.shops) {
            let (store, order_id) = (store(number), OrderId::new(shop.place_order(&draft())));
            let (id, cause) = (format!("{store}/{order_id}"), "store/order/created".to_owned());
            let data = ShopOrderChanged { store: store.clone(), order_id, cause };
            let event = Event::new(&Source::Store(store), id, Timestamp::now(), data);
            let properties = BasicProperties::default()
                .with_delivery_mode(2)
                .with_message_id(event.id.as_str().into())
                .with_content_type(CONTENT_TYPE.into());
            let options = BasicPublishOptions { mandatory: true, immediate: false };
            let (exchange, key) = ("crossdock.events".into(), ShopOrderChanged::TYPE.into());
            confirms.push(channel.basic_publish(exchange, key, options, &event.to_json(), properties).await?);
        }
    }
    for confirm in confirms {
        confirm.await?;
    }
    connection.close(200, "announced".into()).await?;
    Ok(())
}
