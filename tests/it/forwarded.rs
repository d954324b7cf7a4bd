//! Forgers behind a proxy: each address that a trusted proxy names has a limit of its own, and nobody else is believed.

use std::net::Ipv4Addr;

use crossdock_receiver::Limits;
use crossdock_tests::arrived::arrived;
use crossdock_tests::database::Engine;
use crossdock_tests::flood::flood;
use crossdock_tests::log::Log;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::{Answer, ShopSender};
use crossdock_tests::world::World;
use tokio_util::sync::CancellationToken;

/// What a proxy names its caller in.
const FORWARDED_FOR: &str = "x-forwarded-for";

const FORGER: &str = "198.51.100.7";
const SHOP: &str = "203.0.113.9";

/// Connections over which the proxy passes on what forgers send.
const CONNECTIONS: usize = 4;

/// Forged requests of each flood: far more than an address may fail.
const FORGED_MIN: usize = 1_000;

const UNVERIFIED: Answer = Answer::Status(401);
const REFUSED: Answer = Answer::Status(429);

/// How forged requests are answered that name this address.
async fn forged_by(world: &World, address: &str) -> Vec<Answer> {
    let (forged, over) =
        (world.forger().with(FORWARDED_FOR, address).webhook(1_000_000), CancellationToken::new());
    over.cancel();
    let heard = flood(&world.receiver, &forged, Ipv4Addr::LOCALHOST, CONNECTIONS, FORGED_MIN, &over).await;
    assert!(heard.values().sum::<usize>() >= FORGED_MIN, "{heard:?}");
    // Whatever was not refused was within the limit.
    if heard.contains_key(&REFUSED) {
        assert!(heard[&UNVERIFIED] >= Limits::default().failures as usize, "{heard:?}");
    }
    heard.into_keys().collect()
}

/// What a shop hears of this webhook that comes from this address.
async fn heard_at(address: &str, sender: ShopSender, order: u32) -> Answer {
    sender.with(FORWARDED_FOR, address).send(order).await
}

async fn behind_a_proxy(log: &Log, world: &World, trusted: &str) -> Process {
    world.change_config(|text| {
        text.replace("[receiver]\n", &format!("[receiver]\ntrusted_proxies = {trusted}\n"))
    });
    let receiver = Process::start_logging(&world.config, Some("receiver"), log, "warn,crossdock=info");
    world.ready().await;
    receiver
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_a_forger_is_refused_alone() {
    let world = World::create(Engine::Sqlite).await;
    let log = Log::in_folder(world.folder());
    let _receiver = behind_a_proxy(&log, &world, r#"["127.0.0.1"]"#).await;
    // What a caller has written itself stands before what the proxy adds. The proxy's connections are not cut for it.
    assert_eq!(forged_by(&world, &format!("{SHOP}, {FORGER}")).await, [UNVERIFIED, REFUSED]);

    assert_eq!(heard_at(SHOP, world.shop(), 1).await, Answer::OK);
    assert_eq!(heard_at(SHOP, world.forger(), 2).await, UNVERIFIED);
    assert_eq!(heard_at(&format!("{FORGER}, {SHOP}"), world.shop(), 3).await, Answer::OK);
    assert_eq!(world.shop().send(4).await, Answer::OK, "one whom the proxy does not name");
    assert_eq!(arrived(&world.vhost).await.into_keys().collect::<Vec<_>>(), [1, 3, 4]);
    let told = log.saying("a request was refused");
    assert!(
        told.iter().all(|line| line["client.address"] == FORGER || line["client.address"] == SHOP),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_a_forger_does_not_shut_out_the_shop_at_his_address() {
    let world = World::create(Engine::Sqlite).await;
    let log = Log::in_folder(world.folder());
    let _receiver = behind_a_proxy(&log, &world, r#"["127.0.0.0/8"]"#).await;
    assert_eq!(heard_at(SHOP, world.shop(), 1).await, Answer::OK);
    assert_eq!(forged_by(&world, SHOP).await, [UNVERIFIED]);
    assert_eq!(heard_at(SHOP, world.shop(), 2).await, Answer::OK);
    assert_eq!(arrived(&world.vhost).await.into_keys().collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_somebody_else_names_is_not_believed() {
    let world = World::create(Engine::Sqlite).await;
    let log = Log::in_folder(world.folder());
    // Another is trusted.
    let _receiver = behind_a_proxy(&log, &world, r#"["192.0.2.1"]"#).await;
    assert_eq!(
        forged_by(&world, FORGER).await,
        [UNVERIFIED],
        "nobody at this machine's own address is refused unread"
    );
    assert_eq!(heard_at(FORGER, world.shop(), 1).await, Answer::OK);
    let told = log.saying("a request was refused");
    assert!(!told.is_empty() && told.iter().all(|line| line["client.address"] == "127.0.0.1"), "{told:?}");
}
