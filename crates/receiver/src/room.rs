//! Room for the bodies of requests: so many bytes for all of them together.

use std::collections::BTreeMap;
use std::future::pending;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;

use crate::limits::SMALL_BODY_BYTES_MAX;

/// The share of the room that is kept for the beginnings of bodies, as a divisor.
const KEPT_FOR_SMALL: usize = 4;

/// Room for bodies, taken as their bytes arrive.
///
/// A quarter is kept for each body's first [`SMALL_BODY_BYTES_MAX`]: with the default limits, that is enough for every
/// connection at once, so large bodies of strangers never keep a shop's callback out. The rest is for large bodies. One that
/// finds none left takes that of the large body that has been arriving for the longest time; a body that has arrived whole
/// gives nothing up. So whoever sends slowly keeps nobody out. To have a batch of the warehouse give way, a stranger
/// must send as much as there is room for large bodies in the time that the batch takes to arrive, and each body
/// of his that gives way counts as a failure of his address.
#[derive(Debug)]
pub(crate) struct Room {
    left: AtomicUsize,
    bytes_max: usize,
    arriving: Mutex<Arriving>,
}

/// Large bodies that have not arrived whole, the oldest first.
#[derive(Debug, Default)]
struct Arriving {
    bodies: BTreeMap<u64, Large>,
    last: u64,
}

#[derive(Debug)]
struct Large {
    bytes: usize,
    gives_way: Arc<Notify>,
}

/// What one body holds of the room.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    room: &'a Room,
    /// What nobody takes from it.
    bytes: usize,
    /// While it is large and arriving: its number among those, which hold its bytes then, and the call to give way.
    large: Option<(u64, Arc<Notify>)>,
}

impl Room {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { left: AtomicUsize::new(bytes_max), bytes_max, arriving: Mutex::default() }
    }

    /// For a body of which nothing has arrived.
    pub(crate) fn hold(&self) -> Held<'_> {
        Held { room: self, bytes: 0, large: None }
    }

    /// Bytes held now. What gave way is not counted, though it is freed a moment later.
    pub(crate) fn held(&self) -> usize {
        self.bytes_max - self.left.load(Ordering::Relaxed)
    }

    /// Takes so much, if this much is left after it.
    fn take(&self, bytes: usize, kept: usize) -> bool {
        let less = |left: usize| left.checked_sub(bytes).filter(|left| *left >= kept);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }

    fn arriving(&self) -> MutexGuard<'_, Arriving> {
        self.arriving.lock().expect("nobody panics while holding the book of large bodies")
    }
}

impl Held<'_> {
    /// Takes room for more bytes of this body. `false`: there is none.
    pub(crate) fn grow(&mut self, by: usize) -> bool {
        if self.large.is_some() || self.bytes + by > SMALL_BODY_BYTES_MAX {
            return self.grow_large(by);
        }
        let taken = self.room.take(by, 0);
        if taken {
            self.bytes += by;
        }
        taken
    }

    fn grow_large(&mut self, by: usize) -> bool {
        let (room, kept) = (self.room, self.room.bytes_max / KEPT_FOR_SMALL);
        let mut arriving = room.arriving();
        let bytes = &mut self.bytes;
        let number = self.large.get_or_insert_with(|| arriving.enter(mem::take(bytes))).0;
        if !arriving.bodies.contains_key(&number) {
            return false;
        }
        while !room.take(by, kept) {
            let oldest = arriving.bodies.first_entry().filter(|oldest| *oldest.key() != number);
            let Some(oldest) = oldest else { return false };
            let oldest = oldest.remove();
            room.give_back(oldest.bytes);
            oldest.gives_way.notify_one();
        }
        if let Some(own) = arriving.bodies.get_mut(&number) {
            own.bytes += by;
        }
        true
    }

    /// Waits until it has to give way to a newer body.
    pub(crate) async fn gave_way(&self) {
        match &self.large {
            Some((_, gives_way)) => gives_way.notified().await,
            None => pending().await,
        }
    }

    /// Takes down that the body has arrived whole, and gives way no more. `false`: it had to already.
    pub(crate) fn keep(&mut self) -> bool {
        let Some((number, _)) = self.large.take() else { return true };
        let own = self.room.arriving().bodies.remove(&number);
        self.bytes = own.as_ref().map_or(0, |own| own.bytes);
        own.is_some()
    }
}

impl Arriving {
    fn enter(&mut self, bytes: usize) -> (u64, Arc<Notify>) {
        self.last += 1;
        let gives_way = Arc::<Notify>::default();
        self.bodies.insert(self.last, Large { bytes, gives_way: Arc::clone(&gives_way) });
        (self.last, gives_way)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.keep();
        self.room.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn room_is_bounded_and_comes_back() {
        let room = Room::new(100_000);
        let mut first = room.hold();
        assert!(first.grow(40_000) && first.grow(35_000) && !first.grow(1));
        assert_eq!(room.held(), 75_000);
        drop(first);
        assert_eq!(room.held(), 0);
    }

    #[test]
    fn large_bodies_never_keep_small_ones_out() {
        let limits = Limits::default();
        let room = Room::new(limits.bodies_bytes);
        let mut large = Vec::new();
        loop {
            let mut body = room.hold();
            while body.grow(32 * 1024) {}
            if !body.keep() || body.bytes == 0 {
                break;
            }
            large.push(body);
        }
        let mut small: Vec<Held<'_>> = (0..limits.connections).map(|_| room.hold()).collect();
        assert!(small.iter_mut().all(|body| body.grow(SMALL_BODY_BYTES_MAX)));
        assert!(room.held() <= limits.bodies_bytes);
    }

    #[tokio::test]
    async fn the_large_body_that_has_been_arriving_longest_gives_way_to_one_that_finds_no_room() {
        let room = Room::new(400_000);
        let [mut oldest, mut whole, mut newer, mut newest] = [(); 4].map(|()| room.hold());
        assert!(oldest.grow(100_000) && whole.grow(100_000) && newer.grow(90_000));
        assert!(whole.keep() && newest.grow(100_000));
        oldest.gave_way().await;
        assert!(!oldest.grow(1) && !oldest.keep(), "what it held is another's");
        assert_eq!(room.held(), 290_000);
        drop(oldest);
        assert_eq!(room.held(), 290_000);
        assert!(!newer.grow(20_000), "it is the oldest of those that arrive now");
        assert!(newest.grow(100_000));
        newer.gave_way().await;
        assert!(!newest.grow(1), "what has arrived whole gives nothing up");
        drop((whole, newer, newest));
        assert_eq!(room.held(), 0);
    }
}
