//! Places for connections: so many, and who waits longest gives way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::pace::{Pace, Phase};

/// Places for connections.
#[derive(Debug)]
pub(crate) struct Places {
    book: Mutex<Book>,
    max: usize,
}

#[derive(Debug, Default)]
struct Book {
    held: HashMap<u64, Arc<Pace>>,
    last: u64,
}

/// A connection's place. Dropped, it is free again.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    number: u64,
    pub(super) pace: Arc<Pace>,
}

impl Places {
    pub(crate) fn new(max: usize) -> Self {
        Self { book: Mutex::default(), max }
    }

    /// A place, if need be that of the connection that waits longest for its peer; none if all connections are at work.
    ///
    /// Those between two requests go first. To get at a request that is arriving, a stranger needs as many of his own that are not
    /// whole, and each of them that gives way is a failure of his address.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Place> {
        let mut book = self.lock();
        if book.held.len() >= self.max {
            let waiting = book.held.iter().filter_map(|(number, pace)| {
                let (phase, since) = pace.phase();
                (phase != Phase::Answer).then_some((phase != Phase::Idle, since, *number))
            });
            let (.., number) = waiting.min()?;
            book.held.remove(&number)?.give_way();
        }
        book.last += 1;
        let (number, pace) = (book.last, Arc::<Pace>::default());
        book.held.insert(number, Arc::clone(&pace));
        Some(Place { places: Arc::clone(self), number, pace })
    }

    /// Asks all connections to end, each after its current request.
    pub(crate) fn finish(&self) {
        self.lock().held.values().for_each(|pace| pace.finish());
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("nobody panics while holding the book of connections")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().held.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_longest_gives_way_and_who_is_at_work_does_not() {
        let places = Arc::new(Places::new(2));
        let (working, waiting) = (places.take().unwrap(), places.take().unwrap());
        working.pace.enter(Phase::Answer);
        let third = places.take().unwrap();
        assert!(places.lock().held.contains_key(&working.number));
        assert!(!places.lock().held.contains_key(&waiting.number));
        third.pace.enter(Phase::Answer);
        assert!(places.take().is_none(), "both are at work");
        drop(waiting);
        assert!(places.take().is_none(), "it had lost its place already");
        drop(working);
        assert!(places.take().is_some());
    }

    #[test]
    fn who_is_between_requests_gives_way_before_whose_request_is_arriving() {
        let places = Arc::new(Places::new(2));
        let (body, idle) = (places.take().unwrap(), places.take().unwrap());
        body.pace.enter(Phase::Body);
        idle.pace.enter(Phase::Idle);
        let _third = places.take().unwrap();
        assert!(places.lock().held.contains_key(&body.number), "though it waits longer");
        assert!(!places.lock().held.contains_key(&idle.number));
    }

    #[test]
    fn who_is_at_work_waits_for_its_peer_until_its_body_is_whole() {
        let places = Arc::new(Places::new(1));
        let slow = places.take().unwrap();
        slow.pace.enter(Phase::Answer);
        slow.pace.lacks_body();
        let since = slow.pace.waiting().unwrap();
        slow.pace.lacks_body();
        assert_eq!(slow.pace.waiting(), Some(since), "a few more bytes make nobody younger");
        slow.pace.has_body();
        assert!(places.take().is_none());
        slow.pace.lacks_body();
        assert!(places.take().is_some());
    }
}
