//! What the shops and the warehouse around a Crossdock are like.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossdock_events::standard_webhooks::key_from_whsec;
use crossdock_queue::{Broker, Publisher, Topology};
use crossdock_sandbox::{Door, Item, Quota, Tell, Warehouse, WarehouseOptions};
use crossdock_telemetry::metrics::Metrics;
use rust_decimal::Decimal;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::broker::Vhost;
use crate::world::WAREHOUSE_SECRET;

/// Shops and a warehouse to be. [`Self::default`] is what most journeys have.
pub struct Surroundings {
    /// What both shops sell and the warehouse keeps: SKU and units.
    pub goods: Vec<(&'static str, i64)>,
    /// Requests that the BigCommerce shop answers.
    pub bigcommerce_quota: Quota,
    /// Requests that the Ecwid shop answers.
    pub ecwid_quota: Quota,
    /// Where the warehouse's orders are posted; none: it takes them off its queue.
    pub door: Option<Arc<Door>>,
    /// Whether the warehouse posts its events to the receiver; else it publishes them.
    pub posts_events: bool,
    /// How long the warehouse packs; none: it ships only when told to.
    pub ship_after: Option<Duration>,
    /// The warehouse counts everything after so many shipments; none: not for that.
    pub count_after_shipments: Option<u32>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            goods: vec![("TEE-M", 40), ("MUG", 25), ("Test001", 100)],
            bigcommerce_quota: Quota::BIGCOMMERCE,
            ecwid_quota: Quota::ECWID,
            door: None,
            posts_events: false,
            ship_after: None,
            count_after_shipments: None,
        }
    }
}

/// The same binding as `crossdock run` declares.
pub(crate) fn broker(vhost: &Vhost) -> Broker {
    let work = vec![
        crossdock_order_importer::QUEUE,
        crossdock_tracking_writer::QUEUE,
        crossdock_stock_writer::QUEUE,
        crossdock_order_importer::WAREHOUSE_ORDERS,
    ];
    Broker { url: vhost.url(), topology: Topology { work } }
}

pub(crate) fn start_warehouse(
    vhost: &Vhost,
    surroundings: Surroundings,
    receiver: &Url,
    stop: &CancellationToken,
) -> Arc<Warehouse> {
    let (broker, metrics) = (broker(vhost), Metrics::default());
    let Surroundings { goods, door, posts_events, ship_after, count_after_shipments, .. } = surroundings;
    let tell = if posts_events {
        let url = receiver.join("warehouse/events").expect("a route fits behind the address");
        Tell::Post { url, signing_key: key_from_whsec(WAREHOUSE_SECRET).expect("it is one") }
    } else {
        Tell::Publish(Publisher::start(broker.clone(), &metrics, stop.clone()))
    };
    let options = WarehouseOptions {
        broker,
        orders_queue: crossdock_order_importer::WAREHOUSE_ORDERS,
        door,
        tell,
        ship_after,
        count_after_shipments,
        count_every: None,
        shelf: goods.into_iter().map(|(sku, units)| (sku.to_owned(), units)).collect(),
        metrics,
    };
    Warehouse::start(options, stop.clone())
}

pub(crate) fn catalog(goods: &[(&'static str, i64)]) -> Vec<Item> {
    let item = |(number, &(sku, stock)): (u64, &(&str, i64))| Item {
        product_id: 100 + number,
        variant_id: 200 + number,
        sku: sku.to_owned(),
        name: format!("Item {sku}"),
        options: BTreeMap::new(),
        price: Decimal::new(1995, 2),
        stock: Some(stock),
    };
    (0..).zip(goods).map(item).collect()
}
