use crossdock_ledger::DeadLetterState;
use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;

use super::scene::*;

async fn show(world: &World, arguments: &[&str]) {
    let output = crossdock(&world.config, &[&["dead-letters"], arguments].concat()).await;
    println!("$ crossdock dead-letters {}", arguments.join(" "));
    print!("{}", String::from_utf8_lossy(&output.stderr));
    print!("{}", String::from_utf8_lossy(&output.stdout));
    println!("[{:?}]\n", output.status.code());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore]
async fn readme_tmp() {
    let world = World::create(Engine::Sqlite).await;
    super::acceptance::take_on(&world);
    let (_others, _desk) = (world.run().await, desk(&world));
    let draft = Draft::of(&[("NEW-MUG", 1)]);
    let ids: Vec<String> = (0..60).map(|_| world.bigcommerce.place_order(&draft)).collect();
    for _ in 0..40 {
        world.ecwid.place_order(&draft);
    }
    let (_id, number) = accepted(&world, &[("TEE-M", 1), ("MUG", 2)]).await;
    refuse_next_shipment(&world);
    ship(&world, &number, "TEE-M");
    are(&world, 101, DeadLetterState::Dead).await;
    ship(&world, &number, "MUG");
    are(&world, 1, DeadLetterState::Waiting).await;
    let broken = format!(
        r#"{{"specversion":"1.0","id":"shipped-1","source":"/warehouse","type":"warehouse.shipment.dispatched","subject":"{number}","time":"2026-11-21T10:00:00Z","datacontenttype":"application/json","data":{{"shipment_id":"S-1","number":"{number}","carrier":"UPS","tracking_number":"1Z999","dispatched_at":"2026-11-21T10:00:00Z","lines":[{{"sku":"MUG","quantity":"one"}}]}}}}"#
    );
    publish(&world, "shipped-1", broken.as_bytes()).await;
    are(&world, 102, DeadLetterState::Dead).await;
    show(&world, &["groups"]).await;
    show(&world, &["list", "--limit", "5"]).await;
    show(&world, &["list", "--order", &number]).await;
    let (_, listed) = asked(&world, &["list", "--order", &ids[0]]).await;
    let one = listed[0]["id"].to_string();
    show(&world, &["show", &one]).await;
    let (_, waiting) = asked(&world, &["list", "--state", "waiting"]).await;
    show(&world, &["show", &waiting[0]["id"].to_string()]).await;
    show(&world, &["preview", "--class", "sku-unknown", "--limit", "5"]).await;
    for id in &ids[..2] {
        world.bigcommerce.set_status(id, 5);
    }
    world.warehouse.put_away("NEW-MUG", 500);
    in_the_end("known", async || {
        let (_, preview) = asked(&world, &["preview", "--class", "sku-unknown"]).await;
        preview["verdicts"]["cancelled_since"] == 2 && preview["verdicts"]["goes_through"] == 98
    })
    .await;
    show(&world, &["preview", "--class", "sku-unknown", "--limit", "5"]).await;
    show(&world, &["preview", "--role", "tracking-writer"]).await;
    show(&world, &["replay", "--class", "sku-unknown"]).await;
    show(&world, &["replay", "--class", "sku-unknown", "--yes"]).await;
    let (_, malformed) = asked(&world, &["list", "--class", "event-malformed"]).await;
    let malformed = malformed[0]["id"].to_string();
    show(&world, &["edit", &malformed, "--set", "data.number=BG7"]).await;
    show(&world, &["edit", &malformed, "--set", "data.lines.0.quantity:=1"]).await;
    show(&world, &["show", &malformed]).await;
    show(
        &world,
        &[
            "discard",
            "--order",
            &number,
            "--role",
            "tracking-writer",
            "--reason",
            "sent again by the warehouse",
        ],
    )
    .await;
    show(&world, &["jobs"]).await;
    show(&world, &["list"]).await;
    show(&world, &["undo", "3"]).await;
    show(&world, &["list"]).await;
    show(&world, &["export", "--format", "csv"]).await;
    show(&world, &["show", &one]).await;
}
