//! SIGHUP among webhooks: new shops and secrets are taken, old ones end, and no request is dropped.

use crossdock_tests::arrived::arrived;
use crossdock_tests::database::Engine;
use crossdock_tests::load::Load;
use crossdock_tests::log::Log;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::{Answer, ShopSender, answered};
use crossdock_tests::world::{BIGCOMMERCE_SECRET, ECWID_SECRET, World};

/// The secret that takes over at the BigCommerce shop.
const NEXT_SECRET: &str = "journey-bigcommerce-next-secret";

/// Requests that each shop has under way at once, over connections that it keeps.
const AT_ONCE: usize = 8;

/// Webhooks of each shop that are answered before and after each reload.
const BETWEEN: usize = 100;

/// Where the numbers of each sender's orders begin.
const OLD: u32 = 1_000_000;
const NEXT: u32 = 2_000_000;
const ECWID: u32 = 3_000_000;
const THIRD: u32 = 4_000_000;

fn secrets(of: &[&str]) -> String {
    format!("client_secrets = {of:?}")
}

fn third_shop() -> String {
    r#"
[[store]]
id = "acme-nz"
time_zone = "Pacific/Auckland"
[store.bigcommerce]
store_hash = "journey3"
client_id = "journey"
client_secrets = ["journey-third-secret"]
access_token = "journey-third-token"
"#
    .to_owned()
}

/// Has the process read its configuration the so-manieth time, and waits until it has.
async fn reloaded(process: &Process, log: &Log, times: usize) {
    process.signal("HUP").await;
    log.has_said("read the configuration again", times).await;
}

/// What a shop hears of one webhook more.
async fn hears(shop: &ShopSender, order: u32, wanted: Answer) {
    assert_eq!(shop.send(order).await, wanted, "order {order}");
}

#[tokio::test(flavor = "multi_thread")]
async fn shops_and_secrets_change_among_webhooks_and_none_with_a_live_secret_is_refused() {
    let world = World::create(Engine::Sqlite).await;
    let log = Log::in_folder(world.folder());
    let process = Process::start_logging(&world.config, Some("receiver"), &log, "crossdock=info");
    world.ready().await;
    let old = world.shop();
    let next = ShopSender::bigcommerce(&world.receiver, "journey1", NEXT_SECRET);
    let ecwid = ShopSender::ecwid(&world.receiver, 12_239_080, ECWID_SECRET);
    let third = ShopSender::bigcommerce(&world.receiver, "journey3", "journey-third-secret");
    hears(&next, 1, Answer::Status(401)).await;
    hears(&third, 2, Answer::Status(404)).await;

    let (olds, nexts, ecwids) = (Load::new(AT_ONCE), Load::new(AT_ONCE), Load::new(AT_ONCE));
    let change = async {
        tokio::join!(olds.goes_on(BETWEEN), ecwids.goes_on(BETWEEN));
        world.change_config(|text| {
            text.replace(&secrets(&[BIGCOMMERCE_SECRET]), &secrets(&[NEXT_SECRET, BIGCOMMERCE_SECRET]))
                + &third_shop()
        });
        reloaded(&process, &log, 1).await;
        hears(&next, NEXT - 1, Answer::OK).await;
        hears(&third, THIRD, Answer::OK).await;
        tokio::join!(olds.goes_on(BETWEEN), ecwids.goes_on(BETWEEN));
        olds.stop();
    };
    let rotate = async {
        change.await;
        let removal = async {
            nexts.goes_on(BETWEEN).await;
            world.change_config(|text| {
                text.replace(&secrets(&[NEXT_SECRET, BIGCOMMERCE_SECRET]), &secrets(&[NEXT_SECRET]))
            });
            reloaded(&process, &log, 2).await;
            hears(&old, 3, Answer::Status(401)).await;
            tokio::join!(nexts.goes_on(BETWEEN), ecwids.goes_on(BETWEEN));
            nexts.stop();
            ecwids.stop();
        };
        tokio::join!(nexts.run(&next, NEXT), removal).0
    };
    let (told_old, told_ecwid, told_next) =
        tokio::join!(olds.run(&old, OLD), ecwids.run(&ecwid, ECWID), rotate);

    let arrived = arrived(&world.vhost).await;
    for told in [told_old, told_ecwid, told_next] {
        assert!(told.len() >= 2 * BETWEEN, "{}", told.len());
        assert_eq!(answered(&told, Answer::OK).len(), told.len(), "{told:?}");
        assert!(told.keys().all(|order| arrived.contains_key(order)));
    }
    assert!(arrived.contains_key(&THIRD) && !arrived.keys().any(|order| *order < 10), "{arrived:?}");
    process.signal("TERM").await;
    assert_eq!(process.ended().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_with_a_mistake_changes_nothing_and_one_that_needs_a_restart_says_so() {
    let world = World::create(Engine::Sqlite).await;
    let log = Log::in_folder(world.folder());
    let process = Process::start_logging(&world.config, Some("receiver"), &log, "crossdock=info");
    world.ready().await;
    let shop = world.shop();
    let good = std::fs::read_to_string(&world.config).unwrap();

    // A shop less, a secret more, and a mistake: not even what is right is taken.
    world.change_config(|text| {
        text.replace(&secrets(&[BIGCOMMERCE_SECRET]), &secrets(&[NEXT_SECRET])) + "\n[recever]\n"
    });
    process.signal("HUP").await;
    let told = log.has_said("the configuration was not read again; the former one stays", 1).await;
    assert!(told["error"].as_str().unwrap().contains("recever"), "{told}");
    assert_eq!(told["level"], "ERROR");
    hears(&shop, 1, Answer::OK).await;

    world.change_config(|_| {
        let moved = good.replace("spool_dir = \"\"", "spool_dir = \"elsewhere\"");
        moved.replace(&secrets(&[BIGCOMMERCE_SECRET]), &secrets(&[NEXT_SECRET]))
    });
    reloaded(&process, &log, 1).await;
    let told = log.has_said("these settings have changed and are only taken after a restart", 1).await;
    assert_eq!(told["keys"], "receiver.spool_dir and receiver.spool_bytes_max");
    hears(&shop, 2, Answer::Status(401)).await;
    hears(&ShopSender::bigcommerce(&world.receiver, "journey1", NEXT_SECRET), 3, Answer::OK).await;
    assert!(!log.lines().iter().any(|line| line.to_string().contains(BIGCOMMERCE_SECRET)));
}
