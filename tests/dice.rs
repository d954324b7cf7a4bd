//! Random moments that can be had again.

use fastrand::Rng;

/// Dice of a new seed, or of that in `CROSSDOCK_TEST_SEED`; a test that fails prints which.
///
/// # Panics
/// If that is no number.
pub fn dice() -> Rng {
    let given = std::env::var("CROSSDOCK_TEST_SEED").ok();
    let seed = given.map_or_else(|| fastrand::u64(..), |seed| seed.parse().expect("a seed is a number"));
    println!("CROSSDOCK_TEST_SEED={seed} throws the same dice again");
    Rng::with_seed(seed)
}
