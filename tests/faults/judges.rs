//! Whether the judges see what they are there for: each promise is broken once on purpose, and all of it is noticed, and nothing else.

use std::collections::BTreeSet;

use crossdock_domain::ReleasedOrder;
use crossdock_events::{Event, EventData as _, OrderReleased, ShipmentDispatched, ShopOrderChanged, Source};
use crossdock_queue::Message;
use crossdock_sandbox::{Draft, OrderState};
use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::world::World;
use fastrand::Rng;
use jiff::Timestamp;
use lapin::options::BasicGetOptions;
use lapin::{Channel, Connection, ConnectionProperties};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

use crate::accounting::event_id;
use crate::around::world;
use crate::breach::Breach;
use crate::buyers::{Buying, NEW_SKU, Order, Shop};
use crate::course::Course;
use crate::dead::letter_of_refused;
use crate::forgetful::Forgetful;
use crate::report::Report;

/// Orders at each shop: enough that each breach has one of its own.
const ORDERS: usize = 4;

/// A secret so long that whoever reads it holds more than anybody may, in bytes.
const SECRET_BYTES: usize = 112 * 1024 * 1024;

/// What is lost or doubled, so that its stock is wrong; and of what a shop's stock is changed behind everybody's back.
const LOST_SKU: &str = "MUG";
const CHANGED_SKU: &str = "TEE-M";

/// An order that nobody placed.
const STRANGE_ORDER: &str = "BG999999";

/// What the judges must notice: each breach, and of what.
#[derive(Default)]
struct Provoked(BTreeSet<(Breach, String)>);

impl Provoked {
    fn add(&mut self, what: &[Breach], of: &str) {
        self.0.extend(what.iter().map(|what| (*what, of.to_owned())));
    }

    /// The breaches that nothing was done for.
    fn missing(&self) -> Vec<Breach> {
        let there: BTreeSet<Breach> = self.0.iter().map(|(what, _)| *what).collect();
        Breach::ALL.iter().filter(|what| !there.contains(what)).copied().collect()
    }
}

pub(crate) async fn judges(attack: (String, u64), dice: Rng) -> Report {
    let world = world(Engine::Sqlite, Vhost::create().await).await;
    let buying = Buying { orders: ORDERS, ..Buying::USUAL };
    let mut course = Course::begin(attack, world, buying, dice).await;
    course.calms_down().await;
    course.stock_comes_right().await;

    let mut provoked = Provoked::default();
    purge_a_queue(&mut course, &mut provoked).await;
    forget_events(&mut course, &mut provoked).await;
    bury_nonsense(&course, &mut provoked).await;
    let refused = have_an_order_refused(&mut course).await;
    hold_too_much(&mut course, &mut provoked).await;
    course.comes_to_rest().await;

    course.crew.stop().await;
    begin_a_replay(&mut course, &refused, &mut provoked).await;
    take_an_order_back(&course, &mut provoked).await;
    spoil_orders(&course, &mut provoked).await;
    release_again(&course, &mut provoked).await;
    course.world.ecwid.catalog().items().iter_mut().filter(|item| item.sku == CHANGED_SKU).for_each(|item| {
        item.stock = item.stock.map(|stock| stock - 1);
    });
    provoked.add(&[Breach::Stock], CHANGED_SKU);
    let _holder = leave_messages(&course.world, &mut provoked).await;

    let missing = provoked.missing();
    assert!(missing.is_empty(), "nobody provokes {missing:?}");
    let (account, wrong) = course.verdict().await;
    let noticed: BTreeSet<_> = wrong.iter().map(|wrong| (wrong.what, wrong.of.clone())).collect();
    assert_eq!(noticed, provoked.0, "{wrong:#?}");
    course.strikes = [("breaches noticed", noticed.len())].into();
    // What was held here was held on purpose.
    Report { peak_kib: 0, ..course.report(account) }
}

/// An order whose messages somebody throws away.
async fn purge_a_queue(course: &mut Course, provoked: &mut Provoked) {
    const IMPORTER: &str = "order-importer";
    course.crew.kill(IMPORTER).await;
    let shop = course.world.bigcommerce.clone();
    let order = Order::of(Shop::Bigcommerce, shop.place_order(&Draft::of(&[(LOST_SKU, 1)])), LOST_SKU);
    told(shop.callbacks()).await;
    course.world.vhost.take(crossdock_order_importer::QUEUE.name).await;
    course.crew.start_role(IMPORTER);
    provoked.add(&[Breach::OrderMissing], &order.number);
    provoked.add(&[Breach::Stock], LOST_SKU);
    course.bought.orders.push(order);
}

/// An order whose webhooks are answered 200 by somebody who does nothing more.
async fn forget_events(course: &mut Course, provoked: &mut Provoked) {
    let (shop, forgetful) = (course.world.ecwid.clone(), Forgetful::open().await);
    shop.callbacks().set_receiver(forgetful.url());
    let before = shop.callbacks().told().len();
    let order = Order::of(Shop::Ecwid, shop.place_order(&Draft::of(&[(LOST_SKU, 1)])), LOST_SKU);
    told(shop.callbacks()).await;
    shop.callbacks().set_receiver(course.world.receiver.clone());
    for told in &shop.callbacks().told()[before..] {
        provoked.add(&[Breach::EventLost], &event_id(&told.body));
    }
    provoked.add(&[Breach::OrderMissing], &order.number);
    course.bought.orders.push(order);
}

async fn told(callbacks: &crossdock_sandbox::Callbacks) {
    eventually("the shop has told it", || async { (callbacks.on_their_way() == 0).then_some(()) }).await;
}

/// Something that nobody can handle.
async fn bury_nonsense(course: &Course, provoked: &mut Provoked) {
    let id = "nonsense";
    publish(&course.world, ShipmentDispatched::TYPE, id, b"{}".to_vec()).await;
    provoked.add(&[Breach::DeadLetterFromNowhere], id);
}

/// An order that the warehouse refuses, as it should: only its dead letter is there.
async fn have_an_order_refused(course: &mut Course) -> Order {
    let shop = course.world.bigcommerce.clone();
    let order = Order::of(Shop::Bigcommerce, shop.place_order(&Draft::of(&[(NEW_SKU, 1)])), NEW_SKU);
    eventually("the warehouse refuses it", || async {
        (course.world.warehouse.state(&order.number) == Some(OrderState::Rejected)).then_some(())
    })
    .await;
    course.bought.orders.push(order.clone());
    order
}

/// A replay that nobody makes: it does not end, and the refused order's letter stays on its way.
async fn begin_a_replay(course: &mut Course, refused: &Order, provoked: &mut Provoked) {
    let replay = course.replay().await;
    provoked.add(&[Breach::Replay], &replay.to_string());
    provoked.add(&[Breach::DeadLetter], &letter_of_refused(refused));
}

/// The ledger forgets that an order was shipped.
async fn take_an_order_back(course: &Course, provoked: &mut Provoked) {
    let order = course.bought.orders.iter().find(|order| order.shop == Shop::Ecwid).expect("there is one");
    let mut ledger =
        SqliteConnection::connect(&course.world.ledger_url()).await.expect("the ledger can be opened");
    let forget = sqlx::query("UPDATE orders SET state = 'accepted' WHERE number = ?").bind(&order.number);
    let forgotten = forget.execute(&mut ledger).await.expect("the ledger answers");
    assert_eq!(forgotten.rows_affected(), 1, "{} is in the ledger", order.number);
    provoked.add(&[Breach::State], &order.number);
}

/// A process that reads far more than it should.
async fn hold_too_much(course: &mut Course, provoked: &mut Provoked) {
    const ROLE: &str = "reconciler";
    let secret = course.world.folder().join("secret");
    std::fs::write(&secret, vec![b'x'; SECRET_BYTES]).expect("the temporary folder takes files");
    course.crew.kill(ROLE).await;
    let (one, long) =
        ("client_secrets = [", format!("client_secrets = [{{ file = '{}' }}, ", secret.display()));
    course.world.change_config(|text| text.replacen(one, &long, 1));
    course.crew.start_role(ROLE);
    eventually("it has read the secret", || async { course.crew.is_greedy(ROLE).then_some(()) }).await;
    course.world.change_config(|text| text.replacen(&long, one, 1));
    provoked.add(&[Breach::Memory], ROLE);
}

/// What nobody but Crossdock should do at the shops, is done twice there; and an order leaves the warehouse twice.
async fn spoil_orders(course: &Course, provoked: &mut Provoked) {
    let (world, http) = (&course.world, http());
    let of = |shop: Shop| course.bought.orders.iter().filter(move |order| order.shop == shop);
    let [second_parcel, second_status, shipped_twice] =
        [0, 1, 2].map(|at| of(Shop::Bigcommerce).nth(at).expect("there is one"));
    let ecwids = of(Shop::Ecwid).next().expect("there is one");

    ship_one_more(world, &http, &second_parcel.id).await;
    provoked.add(&[Breach::Parcels, Breach::Mails], &second_parcel.number);

    let path = format!("stores/journey1/v2/orders/{}", second_status.id);
    call_bigcommerce(world, &http, Method::PUT, &path, &json!({"status_id": 10})).await;
    provoked.add(&[Breach::Status], &second_status.number);

    let path = format!("api/v3/12239080/orders/{}", ecwids.id);
    let url = world.ecwid.url().join(&path).expect("a path fits behind an origin");
    let put = http.put(url).bearer_auth("journey-ecwid-token").json(&json!({"trackingNumber": "ANOTHER"}));
    assert_eq!(put.send().await.expect("the shop answers").status(), 200);
    provoked.add(&[Breach::Parcels, Breach::Status, Breach::Mails], &ecwids.number);

    let parcel = &world.warehouse.shipments_of(&shipped_twice.number)[0];
    world.warehouse.void(&parcel.shipment_id).expect("it has left");
    world.warehouse.ship(&shipped_twice.number, None).expect("it is open again");
    provoked.add(&[Breach::OrderTwice], &shipped_twice.number);
}

/// The merchant adds a unit, and somebody else ships that.
async fn ship_one_more(world: &World, http: &Client, id: &str) {
    world.bigcommerce.change_products(id, |products| {
        let units = products[0]["quantity"].as_i64().expect("it is a number");
        products[0].insert("quantity".to_owned(), json!(units + 1));
    });
    let first = world.bigcommerce.shipments(id).remove(0);
    let item = json!({"order_product_id": first["items"][0]["order_product_id"], "quantity": 1});
    let body =
        json!({"order_address_id": first["order_address_id"], "tracking_number": "ANOTHER", "items": [item]});
    call_bigcommerce(world, http, Method::POST, &format!("stores/journey1/v2/orders/{id}/shipments"), &body)
        .await;
}

async fn call_bigcommerce(world: &World, http: &Client, method: Method, path: &str, body: &Value) {
    let url = world.bigcommerce.url().join(path).expect("a path fits behind an origin");
    let request = http.request(method, url).header("x-auth-token", "journey-bigcommerce-token").json(body);
    let answer = request.send().await.expect("the shop answers");
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
}

/// An order is told the warehouse again, as another event; and one that nobody placed, which is never shipped.
async fn release_again(course: &Course, provoked: &mut Provoked) {
    let order = course.world.warehouse.orders().remove(0);
    release(&course.world, "another-event", order.clone()).await;
    provoked.add(&[Breach::ReleasedTwice], &order.number.to_string());
    release(
        &course.world,
        "strange-event",
        ReleasedOrder { number: STRANGE_ORDER.into(), test: true, ..order },
    )
    .await;
    course.world.at_the_warehouse(STRANGE_ORDER).await;
    provoked.add(&[Breach::OrderFromNowhere], STRANGE_ORDER);
}

async fn release(world: &World, id: &str, order: ReleasedOrder) {
    let event = Event::new(&Source::Role("order-importer"), id, Timestamp::now(), order);
    publish(world, OrderReleased::TYPE, id, event.to_json()).await;
}

/// A message that is ready, and one that somebody holds as long as what is returned lives.
async fn leave_messages(world: &World, provoked: &mut Provoked) -> (Connection, Channel) {
    let event = json!({"source": "/stores/acme-au"}).to_string();
    publish(world, ShopOrderChanged::TYPE, "untold", event.into_bytes()).await;
    provoked.add(&[Breach::EventFromNowhere], "untold");
    provoked.add(&[Breach::Left], crossdock_order_importer::QUEUE.name);

    publish(world, ShipmentDispatched::TYPE, "held", b"{}".to_vec()).await;
    let queue = crossdock_tracking_writer::QUEUE.name;
    let address = world.vhost.address();
    let connection = Connection::connect(&address, ConnectionProperties::default()).await;
    let connection = connection.expect("the test's node answers");
    let channel = connection.create_channel().await.expect("a new connection opens a channel");
    let held = channel.basic_get(queue.into(), BasicGetOptions { no_ack: false }).await;
    assert!(held.expect("the queue is there").is_some());
    provoked.add(&[Breach::Left], queue);
    (connection, channel)
}

async fn publish(world: &World, kind: &str, id: &str, body: Vec<u8>) {
    let (routing_key, content_type) = (kind.to_owned(), "application/cloudevents+json".into());
    let message = Message { routing_key, id: id.to_owned(), content_type, body: body.into() };
    world.publisher().await.publish(message).await.expect("RabbitMQ takes it");
}
