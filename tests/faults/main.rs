//! Attacks on Crossdock's promises, over the real binary, RabbitMQ and both databases: `make test-faults`.
//!
//! Each attack is a course of some 500 events of two shops, at random moments of which something is killed, stopped, cut, or answers
//! badly. Afterwards everything is counted. `CROSSDOCK_FAULTS_SEED` throws the same dice again, `CROSSDOCK_FAULTS_ROUNDS` says how often
//! each attack is made (once), `CROSSDOCK_FAULTS_AT_ONCE` how many are under way at once (3), and arguments choose attacks by parts of
//! their names: `make test-faults ARGS=kill`.

mod accounting;
mod around;
mod attack;
mod bodies;
mod breach;
mod buyers;
mod course;
mod crew;
mod cuts;
mod dead;
mod disk;
mod forgers;
mod forgetful;
mod judgement;
mod judges;
mod kills;
mod left;
mod outages;
mod report;
mod shelves;
mod shops;
mod traffic;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::process::ExitCode;
use std::str::FromStr;

use fastrand::Rng;
use futures_util::stream::{self, StreamExt as _};
use tokio::runtime::Handle;

use attack::Attack;
use report::Sum;

/// Attacks under way at once, unless told: most of the time each waits for something.
const AT_ONCE: usize = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let seed = number("CROSSDOCK_FAULTS_SEED").unwrap_or_else(|| u64::from(fastrand::u32(..)));
    let rounds: u64 = number("CROSSDOCK_FAULTS_ROUNDS").unwrap_or(1);
    let at_once = number("CROSSDOCK_FAULTS_AT_ONCE").unwrap_or(AT_ONCE);
    let attacks = chosen(&std::env::args().skip(1).collect::<Vec<_>>());
    println!("{} attacks, {rounds} times, with CROSSDOCK_FAULTS_SEED={seed}", attacks.len());

    // Each round has the seed after that of the one before it.
    let each = (seed..seed + rounds).flat_map(|seed| attacks.iter().map(move |attack| (seed, *attack)));
    let each = each.map(|(seed, attack)| async move {
        let making = move || Handle::current().block_on(attack.make(seed, dice(seed, &attack.to_string())));
        // Each on a thread of its own, so that one that fails leaves the others alone.
        let made = tokio::task::spawn_blocking(making).await;
        made.map_err(|_| {
            format!("FAILED {attack}: CROSSDOCK_FAULTS_SEED={seed} make test-faults ARGS={attack}")
        })
    });
    let mut made = stream::iter(each).buffer_unordered(at_once);
    let (mut sum, mut failed) = (Sum::default(), Vec::new());
    while let Some(ended) = made.next().await {
        match ended {
            Ok(report) => {
                println!("{report}");
                sum.add(&report);
            }
            Err(how) => {
                println!("{how}");
                failed.push(how);
            }
        }
    }
    println!("{sum}");
    for how in &failed {
        println!("{how}");
    }
    if failed.is_empty() && sum.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Those with one of these in their names; all without any.
fn chosen(parts: &[String]) -> Vec<Attack> {
    let fits = |attack: &Attack| {
        let name = attack.to_string();
        parts.is_empty() || parts.iter().any(|part| name.contains(part.as_str()))
    };
    Attack::all().into_iter().filter(fits).collect()
}

/// An attack's own dice: they fall alike whichever other attacks are made.
fn dice(seed: u64, name: &str) -> Rng {
    let mut hasher = DefaultHasher::new();
    (seed, name).hash(&mut hasher);
    Rng::with_seed(hasher.finish())
}

fn number<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not '{text}'")))
}
