//! Both shops answer badly.

use std::time::Duration;

use crossdock_sandbox::{Fault, Faults};
use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use fastrand::Rng;
use tokio::time::sleep;

use crate::around::world;
use crate::buyers::{Buying, Shop};
use crate::course::Course;
use crate::report::Report;

/// Calls that go wrong.
const FAULTS: usize = 40;

/// Calls that hang, or are answered 429: each holds up a shop.
const WAITS: usize = 12;

/// How many of them must have been met, in per cent: near the end there may be nobody left who makes the call.
const MET_PER_CENT_MIN: usize = 75;

/// A call of a shop's, by method and a part of the path.
type Call = (Shop, &'static str, &'static str);

const READ_AT_BIGCOMMERCE: Call = (Shop::Bigcommerce, "GET", "/v2/orders/");
const UPDATE_AT_ECWID: Call = (Shop::Ecwid, "PUT", "/orders/");

/// What every order or every push of stock asks for. In no course are shipments relabelled or taken back, nor does the shelf fill a batch.
const CALLS: [Call; 7] = [
    READ_AT_BIGCOMMERCE,
    (Shop::Bigcommerce, "POST", "/shipments"),
    (Shop::Bigcommerce, "PUT", "/v2/orders/"),
    (Shop::Bigcommerce, "PUT", "/inventory/"),
    (Shop::Ecwid, "GET", "/orders/"),
    UPDATE_AT_ECWID,
    (Shop::Ecwid, "PUT", "/products/"),
];

/// What is asked for where nobody knows whether a shipment was written.
const READ_SHIPMENTS: Call = (Shop::Bigcommerce, "GET", "/shipments");

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

    /// A fault of this kind.
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

    /// A call that goes wrong so.
    fn call(self, dice: &mut Rng) -> Call {
        let leaves_doubts = matches!(self, Self::AnswersHalf | Self::Answers500);
        let calls: Vec<Call> = CALLS.into_iter().chain(leaves_doubts.then_some(READ_SHIPMENTS)).collect();
        dice.choice(calls).expect("there are some")
    }

    /// How often it happens at random.
    fn times(self) -> usize {
        if matches!(self, Self::Hangs | Self::Answers429) { WAITS } else { FAULTS }
    }

    /// What happens once, after all others.
    fn worst(self) -> Option<(Call, Fault)> {
        match self {
            // It is carried out, and nobody hears of it.
            Self::Hangs => Some((UPDATE_AT_ECWID, Fault::DoneThenHang(FOR_EVER))),
            // It names no wait: the shop is left alone for half a minute.
            Self::Answers429 => Some((READ_AT_BIGCOMMERCE, Fault::Status(429))),
            _ => None,
        }
    }
}

/// Calls, for each of which a fault waits.
#[derive(Default)]
struct Armed(Vec<Call>);

impl Armed {
    fn arm(&mut self, world: &World, call: Call, fault: Fault) {
        let (shop, method, path) = call;
        faults_of(world, shop).next(method, path, fault);
        self.0.push(call);
    }

    /// How many faults were met. The others wait no more.
    fn disarm(&self, world: &World) -> usize {
        let waits = |(shop, method, path): &Call| faults_of(world, *shop).take(method, path).is_some();
        self.0.iter().filter(|call| !waits(call)).count()
    }
}

fn faults_of(world: &World, shop: Shop) -> &Faults {
    match shop {
        Shop::Bigcommerce => world.bigcommerce.faults(),
        Shop::Ecwid => world.ecwid.faults(),
    }
}

pub(crate) async fn trouble(attack: (String, u64), trouble: Trouble, mut dice: Rng) -> Report {
    let engine = if dice.bool() { Engine::Sqlite } else { Engine::Postgres };
    let world = world(engine, Vhost::create().await).await;
    let mut course = Course::begin(attack, world, Buying::USUAL, dice).await;
    match trouble {
        Trouble::Answers401 => rotations(&mut course).await,
        _ => faults(&mut course, trouble).await,
    }
    course.end().await
}

/// Some calls meet this fault.
async fn faults(course: &mut Course, trouble: Trouble) {
    let mut armed = Armed::default();
    for _ in 0..trouble.times() {
        sleep(Duration::from_millis(course.dice.u64(PAUSE_MS))).await;
        let (fault, call) = (trouble.fault(&mut course.dice), trouble.call(&mut course.dice));
        armed.arm(&course.world, call, fault);
    }
    if let Some((call, fault)) = trouble.worst() {
        armed.arm(&course.world, call, fault);
    }
    course.calms_down().await;
    let (all, met) = (armed.0.len(), armed.disarm(&course.world));
    assert!(met * 100 >= all * MET_PER_CENT_MIN, "of {all} faults, {met} were met");
    course.strikes.insert("faults", met);
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
