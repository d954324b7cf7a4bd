//! Room for the bodies of requests: so many bytes for all of them together.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits::SMALL_BODY_BYTES_MAX;

/// The share of the room that is kept for the beginnings of bodies, as a divisor.
const KEPT_FOR_SMALL: usize = 4;

/// Room for bodies, taken as their bytes arrive.
///
/// A quarter is kept for each body's first [`SMALL_BODY_BYTES_MAX`]: with the default limits, that is enough for every
/// connection at once, so large bodies of strangers never keep a shop's callback out.
#[derive(Debug)]
pub(crate) struct Room {
    left: AtomicUsize,
    bytes_max: usize,
}

/// What one body holds of the room.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    room: &'a Room,
    bytes: usize,
}

impl Room {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { left: AtomicUsize::new(bytes_max), bytes_max }
    }

    /// For a body of which nothing has arrived.
    pub(crate) fn hold(&self) -> Held<'_> {
        Held { room: self, bytes: 0 }
    }

    /// Bytes held now.
    pub(crate) fn held(&self) -> usize {
        self.bytes_max - self.left.load(Ordering::Relaxed)
    }
}

impl Held<'_> {
    /// Takes room for more bytes of this body. `false`: there is none.
    pub(crate) fn grow(&mut self, by: usize) -> bool {
        let bytes = self.bytes + by;
        let kept = if bytes > SMALL_BODY_BYTES_MAX { self.room.bytes_max / KEPT_FOR_SMALL } else { 0 };
        let less = |left: usize| left.checked_sub(by).filter(|left| *left >= kept);
        let taken = self.room.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok();
        if taken {
            self.bytes = bytes;
        }
        taken
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.room.left.fetch_add(self.bytes, Ordering::Relaxed);
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
            if body.bytes == 0 {
                break;
            }
            large.push(body);
        }
        let mut small: Vec<Held<'_>> = (0..limits.connections).map(|_| room.hold()).collect();
        assert!(small.iter_mut().all(|body| body.grow(SMALL_BODY_BYTES_MAX)));
        assert!(room.held() <= limits.bodies_bytes);
    }
}
