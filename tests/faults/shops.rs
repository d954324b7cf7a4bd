//! Both shops answer badly.

use std::time::Duration;

use crossdock_sandbox::Fault;
use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::shop_calls::{BIGCOMMERCE_CALLS, ECWID_CALLS};
use fastrand::Rng;
use tokio::time::sleep;

use crate::around::world;
use crate::buyers::Buying;
use crate::course::Course;
use crate::report::Report;

/// Calls that go wrong.
const FAULTS: usize = 40;

/// Calls that hang, or are answered 429: each holds up a shop.
const WAITS: usize = 12;

/// Time between two of them, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 50..350;

/// How long a shop hangs, in milliseconds.
const HANG_MS: std::ops::Range<u64> = 200..3_000;

/// Longer than anybody waits for a shop.
const FOR_EVER: Duration = Duration::from_hours(1);

/// How long a shop wants to be left alone, in milliseconds.
const THROTTLE_MS: std::ops::Range<u64> = 200..2_000;

/// How often both shops' tokens are changed.
const ROTATIONS: usize = 2;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    Hangs,
    AnswersHalf,
    Answers500,
    Answers429,
    Answers401,
}

impl Trouble {
    pub(crate) const ALL: [Self; 5] =
        [Self::Hangs, Self::AnswersHalf, Self::Answers500, Self::Answers429, Self::Answers401];

    fn fault(self, dice: &mut Rng) -> Fault {
        match self {
            Self::Hangs => {
                let hang = Duration::from_millis(dice.u64(HANG_MS));
                if dice.bool() { Fault::Hang(hang) } else { Fault::DoneThenHang(hang) }
            }
            Self::AnswersHalf => Fault::HalfBody,
            Self::Answers500 => Fault::Status([500, 502, 503][dice.usize(..3)]),
            Self::Answers429 => Fault::Throttle(Duration::from_millis(dice.u64(THROTTLE_MS))),
            Self::Answers401 => Fault::Status(401),
        }
    }
}

pub(crate) async fn trouble(attack: (String, u64), trouble: Trouble, mut dice: Rng) -> Report {
    let engine = if dice.bool() { Engine::Sqlite } else { Engine::Postgres };
    let world = world(engine, Vhost::create().await).await;
    let mut course = Course::begin(attack, world, Buying::USUAL, dice).await;
    match trouble {
        Trouble::Answers401 => rotations(&mut course).await,
        Trouble::Hangs => {
            faults(&mut course, trouble, WAITS).await;
            // One that is carried out, and of which nobody hears.
            course.world.ecwid.faults().next("PUT", "/orders/", Fault::DoneThenHang(FOR_EVER));
            course.struck("faults");
        }
        Trouble::Answers429 => {
            faults(&mut course, trouble, WAITS).await;
            // One that names no wait: the shop is left alone for half a minute.
            course.world.bigcommerce.faults().next("", "", Fault::Status(429));
            course.struck("faults");
        }
        _ => faults(&mut course, trouble, FAULTS).await,
    }
    course.end().await
}

/// Some calls meet this fault.
async fn faults(course: &mut Course, trouble: Trouble, times: usize) {
    for _ in 0..times {
        sleep(Duration::from_millis(course.dice.u64(PAUSE_MS))).await;
        let fault = trouble.fault(&mut course.dice);
        if course.dice.bool() {
            let (method, path) = course.dice.choice(BIGCOMMERCE_CALLS).expect("there are some");
            course.world.bigcommerce.faults().next(method, path, fault);
        } else {
            let (method, path) = course.dice.choice(ECWID_CALLS).expect("there are some");
            course.world.ecwid.faults().next(method, path, fault);
        }
        course.struck("faults");
    }
}

/// Both shops take other tokens from some moment on, and Crossdock learns of them later.
async fn rotations(course: &mut Course) {
    let (mut before, names) =
        (["journey-bigcommerce-token".to_owned(), "journey-ecwid-token".to_owned()], ["b", "e"]);
    for rotation in 0..ROTATIONS {
        course.pause().await;
        let after = names.map(|name| format!("journey-{name}-token-{rotation}"));
        let (bigcommerce, ecwid) = (&course.world.bigcommerce, &course.world.ecwid);
        bigcommerce.set_access_token(&after[0]);
        ecwid.set_access_token(&after[1]);
        let refusals = || {
            [(bigcommerce.requests(), 401), (ecwid.requests(), 403)]
                .map(|(requests, status)| requests.iter().filter(|request| request.status == status).count())
        };
        eventually("both shops refuse the old tokens", || async {
            refusals().iter().all(|count| *count > rotation).then_some(())
        })
        .await;
        course.world.change_config(|text| text.replace(&before[0], &after[0]).replace(&before[1], &after[1]));
        course.crew.reload().await;
        course.struck("refused tokens");
        before = after;
    }
}
