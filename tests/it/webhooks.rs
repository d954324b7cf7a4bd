//! A shop is kept telling of everything, and what it did not tell meanwhile is found.

use std::time::Duration;

use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::log::Log;
use crossdock_tests::process::{Process, crossdock};
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::Value;

/// Scopes that Crossdock subscribes to.
const SCOPES: usize = 11;

/// Those of them that are about orders: the first.
const ORDER_SCOPES: usize = 5;

/// Of the API account that the shop's token belongs to.
const OWN_CLIENT: &str = "sandbox-client";

/// No sweep but the first finds anything.
const NEVER: &str = "24h";

/// Everything but Crossdock: a BigCommerce shop that tells only those who have subscribed.
async fn untold(engine: Engine, sweep_every: &str) -> World {
    let world = World::create(engine).await;
    world.bigcommerce.callbacks().forget_receiver();
    let receiver = world.receiver.clone();
    world.change_config(|text| {
        text.replace("[receiver]\n", &format!("[receiver]\npublic_url = \"{receiver}\"\n"))
            .replace("[store.orders]\n", &format!("[store.orders]\nsweep_every = \"{sweep_every}\"\n"))
    });
    world
}

fn place(world: &World) -> String {
    format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])))
}

/// The shop's hooks that lead to the receiver.
fn ours(world: &World) -> Vec<Value> {
    let address = world.at("webhooks/bigcommerce/acme-au");
    let hooks = world.bigcommerce.hooks().into_iter();
    hooks.filter(|hook| hook["destination"] == address.as_str()).collect()
}

/// Waits until the shop tells of everything.
async fn subscribed(world: &World) {
    eventually("the shop tells of everything", || async {
        ours(world).iter().all(|hook| hook["is_active"] == true).then_some(())?;
        (ours(world).len() == SCOPES).then_some(())
    })
    .await;
}

/// Waits until an order is accepted, and until its story tells of this cause, among others.
async fn accepted_because_of(world: &World, number: &str, cause: &str) {
    world.order_in_state(number, "accepted").await;
    eventually(&format!("{cause} told of {number}"), || async {
        let story = world.story(number).await?;
        story["timeline"].as_array()?.iter().any(|entry| entry["cause"] == cause).then_some(())
    })
    .await;
    assert_eq!(world.warehouse.received(number), 1, "{number} is at the warehouse once");
}

/// Runs a command; its status and all that it printed, in one line.
async fn told(world: &World, arguments: &[&str]) -> (Option<i32>, String) {
    let output = crossdock(&world.config, arguments).await;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    (output.status.code(), text.split_whitespace().collect::<Vec<_>>().join(" "))
}

const SYNC: [&str; 4] = ["webhooks", "sync", "--store", "acme-au"];

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_shop_is_subscribed_and_other_tools_webhooks_are_left_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = untold(engine, NEVER).await;
    for (client, address) in [
        (OWN_CLIENT, "https://erp.example.com/hook"),
        (OWN_CLIENT, "https://old.example.com/webhooks/bigcommerce/acme-au"),
        ("another-account", "https://crm.example.com/hook"),
    ] {
        world.bigcommerce.subscribe(client, "store/order/created", address);
    }
    let others = world.bigcommerce.hooks();
    let _crossdock = world.run().await;
    subscribed(&world).await;

    let number = place(&world);
    accepted_because_of(&world, &number, "store/order/created").await;
    assert_eq!(world.bigcommerce.hooks()[..others.len()], others);
    assert_eq!(world.metric("crossdock_reconciler_webhooks_mended_total{store=\"acme-au\"}").await, 11);
    let elsewhere = "crossdock_reconciler_webhooks{store=\"acme-au\",state=\"elsewhere\"}";
    assert_eq!(world.metric(elsewhere).await, 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn orders_that_dead_webhooks_did_not_tell_of_are_found_once_when_they_live_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = untold(engine, NEVER).await;
    let _crossdock = world.run().await;
    subscribed(&world).await;
    let told_of = place(&world);
    accepted_because_of(&world, &told_of, "store/order/created").await;

    world.bigcommerce.deactivate_hooks();
    let missed: Vec<String> = (0..5).map(|_| place(&world)).collect();
    let (status, says) = told(&world, &SYNC).await;
    assert_eq!(status, Some(0), "{says}");
    assert!(says.contains("switched on store/order/created"), "{says}");
    assert!(says.contains("orders that no webhook told of: 5"), "{says}");
    for number in &missed {
        accepted_because_of(&world, number, "webhook-dead").await;
    }
    let number = place(&world);
    accepted_because_of(&world, &number, "store/order/created").await;
    let (status, says) = told(&world, &SYNC).await;
    assert_eq!((status, says.as_str()), (Some(0), "acme-au: nothing is missing or switched off"));
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_are_switched_off_live_again_by_themselves() {
    let world = untold(Engine::Sqlite, "2s").await;
    let _crossdock = world.run().await;
    subscribed(&world).await;
    world.bigcommerce.deactivate_hooks();
    let missed: Vec<String> = (0..3).map(|_| place(&world)).collect();
    subscribed(&world).await;
    let number = place(&world);
    accepted_because_of(&world, &number, "store/order/created").await;
    for number in &missed {
        world.order_in_state(number, "accepted").await;
        assert_eq!(world.warehouse.received(number), 1);
    }
    assert_eq!(ours(&world).len(), SCOPES, "none was subscribed twice");
    let mended = "crossdock_reconciler_webhooks_mended_total{store=\"acme-au\"}";
    assert_eq!(world.metric(mended).await, 2 * SCOPES as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_whose_answer_was_lost_is_not_made_twice() {
    let world = untold(Engine::Sqlite, "1s").await;
    world.bigcommerce.faults().next("POST", "/v3/hooks", Fault::DoneThenCut);
    let _crossdock = world.run().await;
    subscribed(&world).await;
    assert!(world.bigcommerce.faults().all_met());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_not_forgotten_until_its_notices_are_confirmed() {
    let world = untold(Engine::Sqlite, NEVER).await;
    let crossdock_before = world.run().await;
    subscribed(&world).await;
    crossdock_before.signal("TERM").await;
    assert_eq!(crossdock_before.ended().await, 0);

    world.bigcommerce.deactivate_hooks();
    let missed = place(&world);
    let whole = std::fs::read_to_string(&world.config).unwrap();
    world.change_config(|text| text.replace(&world.vhost.address(), "amqp://127.0.0.1:1/%2f"));
    let (status, says) = told(&world, &SYNC).await;
    assert_eq!(status, Some(1), "{says}");
    subscribed(&world).await;

    world.change_config(|_| whole);
    let (status, says) = told(&world, &SYNC).await;
    assert_eq!(status, Some(0), "{says}");
    assert!(says.contains("orders that no webhook told of: 1"), "{says}");
    let _importer = Process::start(&world.config, Some("receiver,order-importer"));
    accepted_because_of(&world, &missed, "webhook-dead").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_is_demanded_later_is_given_to_the_webhooks() {
    let world = untold(Engine::Sqlite, NEVER).await;
    let before = world.run().await;
    subscribed(&world).await;
    before.signal("TERM").await;
    assert_eq!(before.ended().await, 0);
    let header = "webhook_header = { name = \"X-Crossdock-Token\", value = \"open sesame\" }";
    world.change_config(|text| {
        text.replace("[store.bigcommerce]\n", &format!("[store.bigcommerce]\n{header}\n"))
    });
    let (status, says) = told(&world, &["webhooks", "list", "--store", "acme-au"]).await;
    assert_eq!(status, Some(1), "{says}");
    assert!(says.contains("comes without the header of webhook_header"), "{says}");

    let _crossdock = world.run().await;
    eventually("the webhooks carry the header", || async {
        let carries = |hook: &Value| hook["headers"]["x-crossdock-token"] == "open sesame";
        ours(&world).iter().all(carries).then_some(())
    })
    .await;
    assert_eq!(ours(&world).len(), SCOPES);
    let number = place(&world);
    accepted_because_of(&world, &number, "store/order/created").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_and_a_dry_run_tell_what_is_wrong_and_change_nothing() {
    let world = untold(Engine::Sqlite, NEVER).await;
    let address = world.at("webhooks/bigcommerce/acme-au");
    world.bigcommerce.subscribe(OWN_CLIENT, "store/order/created", address.as_str());
    world.bigcommerce.deactivate_hooks();
    world.bigcommerce.subscribe(OWN_CLIENT, "store/order/*", "https://erp.example.com/hook");
    world.bigcommerce.subscribe(OWN_CLIENT, "store/sku/*", address.as_str());
    let hooks = world.bigcommerce.hooks();

    let (status, says) = told(&world, &["webhooks", "list"]).await;
    assert_eq!(status, Some(1), "{says}");
    for part in [
        &format!("acme-au (bigcommerce), webhooks to {address}"),
        "store/order/created no ours switched off by the platform",
        "store/order/* yes another's https://erp.example.com/hook",
        "store/sku/* yes ours",
        "store/order/refund/created no ours missing",
        "acme-widgets (ecwid)",
        "Ecwid has no API for webhooks: ask its API support to send order.* and product.* events to",
    ] {
        assert!(says.contains(part), "{part}: {says}");
    }
    let output = crossdock(&world.config, &["webhooks", "list", "--store", "acme-au", "--json"]).await;
    let shops: Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |standing: &str| {
        shops[0]["webhooks"].as_array().unwrap().iter().filter(|hook| hook["standing"] == standing).count()
    };
    assert_eq!((of("active"), of("switched_off"), of("missing"), of("other")), (1, 1, 7, 1), "{shops}");

    let (status, says) = told(&world, &[SYNC.as_slice(), &["--dry-run"]].concat()).await;
    assert_eq!(status, Some(0), "{says}");
    assert!(says.contains("would switch on store/order/created"), "{says}");
    assert!(says.contains("would subscribe to store/order/updated"), "{says}");
    assert!(!says.contains("store/sku"), "{says}");
    assert_eq!(world.bigcommerce.hooks(), hooks);

    let (status, says) = told(&world, &["webhooks", "sync", "--store", "acme-widgets", "--dry-run"]).await;
    assert_eq!(status, Some(1));
    assert!(says.contains("Ecwid has no API for webhooks"), "{says}");
    let (status, says) = told(&world, &["webhooks", "list", "--store", "acme"]).await;
    assert_eq!(status, Some(1));
    assert!(says.contains("no store 'acme' is configured; there are acme-au, acme-widgets"), "{says}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_the_token_lacks_is_told_and_keeps_nothing_else_from_being_done() {
    let world = untold(Engine::Sqlite, NEVER).await;
    let process = Process::start(&world.config, Some("receiver,order-importer"));
    world.ready().await;
    world.ledger_made().await;
    // The first webhook that is about goods.
    let faults = world.bigcommerce.faults();
    (0..ORDER_SCOPES).for_each(|_| faults.next("POST", "/v3/hooks", Fault::Hang(Duration::ZERO)));
    faults.next("POST", "/v3/hooks", Fault::Status(403));
    let (status, says) = told(&world, &SYNC).await;
    assert_eq!(status, Some(1), "{says}");
    let refused = "refused: store/product/created: the shop's token lacks the scope to read products (403";
    assert!(says.contains(refused), "{says}");
    assert!(says.contains("looked for changes since"), "{says}");
    assert_eq!(
        ours(&world).len(),
        ORDER_SCOPES,
        "what is refused is not tried again with each of the others"
    );
    let (status, says) = told(&world, &SYNC).await;
    assert_eq!(status, Some(0), "{says}");
    assert_eq!(ours(&world).len(), SCOPES);
    drop(process);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_of_the_receiver_nothing_is_subscribed_and_a_sentence_says_why() {
    let world = untold(Engine::Sqlite, NEVER).await;
    let receiver = world.receiver.clone();
    world.change_config(|text| text.replace(&format!("public_url = \"{receiver}\"\n"), ""));
    let (status, says) = told(&world, &[SYNC.as_slice(), &["--dry-run"]].concat()).await;
    assert_eq!(status, Some(1), "{says}");
    assert!(says.contains("receiver.public_url is not set"), "{says}");
    assert!(world.bigcommerce.hooks().is_empty());
    let (_, says) = told(&world, &["webhooks", "list", "--store", "acme-au"]).await;
    let address = "/webhooks/bigcommerce/acme-au (set receiver.public_url to see the whole address)";
    assert!(says.contains(address), "{says}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_of_the_receiver_no_webhook_of_another_installation_is_removed() {
    let world = untold(Engine::Sqlite, NEVER).await;
    world.ledger().await;
    let receiver = world.receiver.clone();
    world.change_config(|text| text.replace(&format!("public_url = \"{receiver}\"\n"), ""));
    let another = "https://another.example.com/webhooks/bigcommerce/acme-au";
    world.bigcommerce.subscribe(OWN_CLIENT, "store/order/*", another);
    let hooks = world.bigcommerce.hooks();
    let remove = ["webhooks", "remove", "--store", "acme-au"];
    for arguments in [remove.to_vec(), [remove.as_slice(), &["--dry-run"]].concat()] {
        let (status, says) = told(&world, &arguments).await;
        assert_eq!(status, Some(1), "{says}");
        assert!(says.contains("receiver.public_url is not set"), "{says}");
    }
    assert_eq!(world.bigcommerce.hooks(), hooks);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhooks_of_a_shop_that_is_to_go_are_removed_and_not_made_anew_by_themselves() {
    let world = untold(Engine::Sqlite, "1s").await;
    for (client, address) in
        [(OWN_CLIENT, "https://erp.example.com/hook"), ("another-account", "https://crm.example.com/hook")]
    {
        world.bigcommerce.subscribe(client, "store/order/created", address);
    }
    let others = world.bigcommerce.hooks();
    let log = Log::in_folder(world.folder());
    let _crossdock = Process::start_logging(&world.config, None, &log, "crossdock=info");
    subscribed(&world).await;

    let remove = ["webhooks", "remove", "--store", "acme-au"];
    let (status, says) = told(&world, &[remove.as_slice(), &["--dry-run"]].concat()).await;
    assert_eq!(status, Some(0), "{says}");
    let address = world.at("webhooks/bigcommerce/acme-au");
    assert!(says.contains(&format!("would remove store/order/created, to {address}")), "{says}");
    assert_eq!(ours(&world).len(), SCOPES);
    let (status, says) = told(&world, &remove).await;
    assert_eq!(status, Some(0), "{says}");
    assert!(says.contains("removed store/order/archived") && says.contains("out of the file"), "{says}");
    assert_eq!(world.bigcommerce.hooks(), others);

    let watched = log.has_said("the shop's webhooks are only watched", 1).await;
    assert!(watched["reason"].as_str().unwrap().contains("removed by hand"), "{watched}");
    assert_eq!(world.bigcommerce.hooks(), others, "the reconciler leaves it alone");
    let (status, says) = told(&world, &remove).await;
    assert_eq!(status, Some(0), "{says}");
    assert!(says.contains("acme-au: no webhook leads to the receiver"), "{says}");

    let (status, says) = told(&world, &SYNC).await;
    assert_eq!(status, Some(0), "{says}");
    assert_eq!(ours(&world).len(), SCOPES, "a person wants them");
    let (status, says) = told(&world, &["webhooks", "remove", "--store", "acme-widgets"]).await;
    assert_eq!(status, Some(1));
    let address = world.at("webhooks/ecwid/acme-widgets");
    let by_hand = format!("ask its API support to stop sending this shop's events to {address};");
    assert!(says.contains(&by_hand), "{says}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_content_with_what_sync_is_content_with() {
    let world = untold(Engine::Sqlite, NEVER).await;
    let address = world.at("webhooks/bigcommerce/acme-au");
    world.bigcommerce.subscribe(OWN_CLIENT, "store/order/created", address.as_str());
    world.bigcommerce.deactivate_hooks();
    for family in ["store/order/*", "store/product/*", "store/sku/*"] {
        world.bigcommerce.subscribe(OWN_CLIENT, family, address.as_str());
    }
    let (status, says) = told(&world, &[SYNC.as_slice(), &["--dry-run"]].concat()).await;
    assert_eq!((status, says.as_str()), (Some(0), "acme-au: nothing is missing or switched off"));
    let (status, says) = told(&world, &["webhooks", "list", "--store", "acme-au"]).await;
    assert_eq!(status, Some(0), "{says}");
    assert!(says.contains("store/order/created no ours switched off, and not needed"), "{says}");
}
