//! A run from the first order to the report, with a real shop and no broker.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossdock_domain::{Address, LineId, Money, OrderLine, Platform, ReleasedOrder, Sku};
use jiff::Timestamp;

use super::super::{example, goods};
use super::*;
use crate::{EcwidOptions, EcwidShop};

/// An Ecwid shop and a warehouse, and the test in the place of Crossdock between them.
struct Scene {
    shops: Vec<OpenShop>,
    shop: Arc<EcwidShop>,
    warehouse: Warehouse,
    watch: Watch,
}

impl Scene {
    async fn new() -> Self {
        let settings = example::store(Platform::Ecwid);
        let shelf = goods::shelf(&[Arc::new(settings.clone())], None);
        let options =
            EcwidOptions { catalog: goods::catalog(0, &settings, &shelf), ..EcwidOptions::default() };
        let shop = EcwidShop::start(options).await.unwrap();
        let shops = vec![OpenShop::of_ecwid(settings, shop.clone())];
        let warehouse = Warehouse::alone(shelf.clone().into_iter().collect());
        let watch = Watch::new(&shops, shelf, Instant::now());
        Self { shops, shop, warehouse, watch }
    }

    /// Places an order and answers its id.
    fn place(&mut self, draft: Draft) -> String {
        self.watch.place(0, &self.shops[0], draft, Instant::now());
        self.watch.orders.last().unwrap().order_id.clone()
    }

    /// What Crossdock does until the order is at the warehouse.
    fn release(&self, order_id: &str, test: bool, sku: &str, quantity: u32) {
        self.warehouse.release(ReleasedOrder {
            number: format!("BG{order_id}").as_str().into(),
            store: "acme-widgets".parse().unwrap(),
            platform: Platform::Ecwid,
            order_id: order_id.into(),
            test,
            placed_at: Timestamp::UNIX_EPOCH,
            currency: "USD".into(),
            ship_to: Address::default(),
            shipping_method: String::new(),
            pickup: false,
            customer_note: String::new(),
            lines: vec![OrderLine {
                line_id: LineId::from("1"),
                sku: Sku::from(sku),
                name: sku.into(),
                quantity,
                unit_price: Money::default(),
                options: BTreeMap::new(),
            }],
            total: Money::default(),
        });
    }

    /// What the warehouse and Crossdock do until the shop shows the parcel.
    fn ship(&self, order_id: &str) {
        let shipment = self.warehouse.ship(&format!("BG{order_id}"), None).unwrap();
        self.shop.change_order(order_id, |order| {
            order.insert("trackingNumber".into(), shipment.tracking_number.clone().into());
            order.insert("fulfillmentStatus".into(), "SHIPPED".into());
        });
    }

    /// A push of stock.
    fn tell_stock(&self, sku: &str, units: i64) {
        let mut items = self.shop.catalog().items();
        items.iter_mut().find(|item| item.sku == sku).unwrap().stock = Some(units);
    }

    fn look(&mut self) {
        self.watch.look(&self.shops, &self.warehouse, Instant::now());
    }

    fn report(&mut self) -> Report {
        self.watch.report(&self.shops, &self.warehouse, None)
    }
}

#[tokio::test]
async fn a_run_is_complete_once_order_tracking_status_and_stock_are_right() {
    let mut scene = Scene::new().await;
    let on_hand = scene.warehouse.on_hand("TEE-M").unwrap();
    let order_id = scene.place(Draft::of(&[("TEE-M", 2)]));
    scene.look();
    assert!(!scene.watch.orders_settled());
    assert!(scene.report().missing.iter().any(|sentence| sentence.contains("has not reached the warehouse")));

    scene.release(&order_id, false, "TEE-M", 2);
    scene.ship(&order_id);
    scene.look();
    assert!(scene.watch.orders_settled());

    scene.tell_stock("TEE-M", on_hand);
    assert!(!scene.watch.changes_pushed(&scene.shops));
    let missing = scene.report().missing;
    assert_eq!(missing, [format!("acme-widgets: stock of TEE-M is {on_hand}, not {}", on_hand - 3)]);

    scene.tell_stock("TEE-M", on_hand - 2 - 1);
    assert!(scene.watch.changes_pushed(&scene.shops));
    let report = scene.report();
    assert!(report.is_complete(), "{:?}", report.missing);
    let row = &report.orders[0];
    assert_eq!((row.expected, row.received, row.shop_status.as_str()), (Fate::Released, 1, "PAID/SHIPPED"));
    assert_eq!(row.tracking_number, Some(scene.warehouse.shipments()[0].tracking_number.clone()));
    assert!(row.took_ms.is_some());
}

#[tokio::test]
async fn orders_that_are_kept_out_or_tests_wait_for_no_parcel() {
    let mut scene = Scene::new().await;
    scene.place(Draft::of(&[("MUG", 1)]).unpaid());
    scene.place(Draft::of(&[("MUG", 1)]).to_country("US", "United States"));
    let test = scene.place(Draft::of(&[("Test001", 1)]));
    scene.look();
    assert!(!scene.watch.orders_settled());
    scene.release(&test, true, "Test001", 1);
    scene.look();
    assert!(scene.watch.orders_settled());
    let fates: Vec<Fate> = scene.report().orders.iter().map(|row| row.expected).collect();
    assert_eq!(fates, [Fate::Filtered, Fate::Filtered, Fate::Test]);

    // What orders outside Crossdock took out of the shop's stock is put right by a full push, not by changes. The unpaid one keeps its unit.
    assert!(scene.watch.changes_pushed(&scene.shops));
    assert!(!scene.watch.stock_right(&scene.shops));
    scene.tell_stock("MUG", scene.warehouse.on_hand("MUG").unwrap() - 1 - 1);
    assert!(scene.watch.stock_right(&scene.shops));
    assert!(scene.report().is_complete());
}

#[tokio::test]
async fn what_reaches_the_warehouse_twice_or_against_the_filters_is_missing_no_parcel_but_wrong() {
    let mut scene = Scene::new().await;
    let twice = scene.place(Draft::of(&[("STICKERS", 1)]));
    let unpaid = scene.place(Draft::of(&[("STICKERS", 1)]).unpaid());
    for order_id in [&twice, &twice, &unpaid] {
        scene.release(order_id, false, "STICKERS", 1);
    }
    scene.ship(&twice);
    scene.look();
    let missing = scene.report().missing;
    assert_eq!(
        missing,
        [
            format!("Shop acme-widgets: BG{twice} reached the warehouse 2 times"),
            format!("Shop acme-widgets: BG{unpaid} should have stayed out but is at the warehouse"),
        ]
    );
}
