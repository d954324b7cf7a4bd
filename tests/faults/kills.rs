//! A role dies again and again while events pass through.

use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use fastrand::Rng;

use crate::around::world;
use crate::buyers::Buying;
use crate::course::Course;
use crate::outages::replay;
use crate::report::Report;

/// How often it dies.
const KILLS: usize = 8;

/// How often all dead letters are replayed: those of the refused orders go through the first time, the others fail each time.
const REPLAYS: usize = 3;

/// How often a role dies in each replay.
const KILLS_IN_A_REPLAY: usize = 2;

/// Kills this role at random moments, and starts it again.
pub(crate) async fn kills(attack: (String, u64), role: &'static str, engine: Engine, dice: Rng) -> Report {
    let world = world(engine, Vhost::create().await).await;
    let sweeping = role == "reconciler";
    if sweeping {
        // What webhooks do not tell, it finds.
        world.change_config(|text| text.replace("sweep_every = \"24h\"", "sweep_every = \"5s\""));
    }
    // It makes dead letters, and hands over what is replayed of them.
    let failing = role == "order-importer";
    let buying = if failing { Buying::FAILING } else { Buying::USUAL };
    let buying = Buying { webhooks_get_lost: sweeping, ..buying };
    let mut course = Course::begin(attack, world, buying, dice).await;
    for _ in 0..KILLS {
        kill(&mut course, role).await;
    }
    if failing {
        replay(&mut course).await;
        for _ in 0..KILLS_IN_A_REPLAY {
            kill(&mut course, role).await;
        }
    }
    course.end().await
}

/// Kills the desk while it takes dead letters in, and while it replays them.
pub(crate) async fn kills_of_the_desk(attack: (String, u64), engine: Engine, dice: Rng) -> Report {
    const DESK: &str = "dead-letters";
    let world = world(engine, Vhost::create().await).await;
    let mut course = Course::begin(attack, world, Buying::FAILING, dice).await.undisturbed();
    for _ in 0..KILLS {
        kill(&mut course, DESK).await;
    }
    course.calms_down().await;
    course.sku_becomes_known();
    for _ in 0..REPLAYS {
        course.replay().await;
        for _ in 0..KILLS_IN_A_REPLAY {
            kill(&mut course, DESK).await;
        }
        course.calms_down().await;
    }
    course.end().await
}

async fn kill(course: &mut Course, role: &'static str) {
    course.pause().await;
    course.crew.kill(role).await;
    course.struck("kills");
    // Minutes later, in a moment.
    for beginning in leases(role) {
        course.world.leases_of_the_dead_run_out(beginning).await;
    }
    course.crew.start_role(role);
}

/// How the names of a role's leases begin. Another process of the role would wait until they run out.
fn leases(role: &str) -> &'static [&'static str] {
    match role {
        "tracking-writer" => &["dispatch/"],
        "stock-writer" => &["stock/"],
        "reconciler" => &["sweep/", "proof/", "rules/", "webhooks/", "daily-stock/", "hold-over"],
        "dead-letters" => &["dead-letters"],
        _ => &[],
    }
}
