//! A map of bounded size that forgets what was not used for the longest time.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::time::Duration;

use tokio::time::Instant;

/// What was used recently.
///
/// Two halves: what is used moves to the young one; once that is full, or has become old, it takes the place of the old
/// one, which is forgotten at once. So each step is quick, and an entry is kept for `age` at least, unless half of the
/// capacity is used after it within that time. Whoever fills it can make it forget, and not more.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
    age: Duration,
    /// When the young half began.
    since: Instant,
}

impl<K: Hash + Eq, V> Recent<K, V> {
    /// Room for `capacity` entries, each kept for this time at least while there is room.
    pub(crate) fn new(capacity: usize, age: Duration, now: Instant) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: capacity.div_ceil(2), age, since: now }
    }

    /// What is known of this key; if nothing is, this value from now on.
    pub(crate) fn get_or_insert(&mut self, key: K, now: Instant, value: impl FnOnce() -> V) -> &mut V {
        self.turn(now);
        let known = self.old.remove(&key);
        self.young.entry(key).or_insert_with(|| known.unwrap_or_else(value))
    }

    /// What is known of this key. Does not count as use.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.young.get_mut(key).or_else(|| self.old.get_mut(key))
    }

    /// Entries kept.
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    fn turn(&mut self, now: Instant) {
        if self.young.len() >= self.half || now.duration_since(self.since) >= self.age {
            self.old = mem::take(&mut self.young);
            self.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: Duration = Duration::from_mins(1);

    #[test]
    fn what_is_used_is_kept_and_the_size_is_bounded() {
        let now = Instant::now();
        let mut recent = Recent::new(10, AGE, now);
        for key in 0..1_000 {
            recent.get_or_insert(key, now, || key);
            assert_eq!(*recent.get_or_insert(0, now, || 7), 0, "after {key}");
            assert!(recent.len() <= 10, "{}", recent.len());
        }
        assert_eq!(recent.get(&1), None);
        assert_eq!(recent.get(&999), Some(&999));
    }

    #[test]
    fn an_entry_is_kept_for_its_age_and_forgotten_after_twice_that() {
        let began = Instant::now();
        let mut recent = Recent::new(10, AGE, began);
        recent.get_or_insert("early", began + AGE / 2, || ());
        recent.get_or_insert("later", began + AGE, || ());
        assert!(recent.get(&"early").is_some(), "it is half a minute old");
        recent.get_or_insert("last", began + AGE * 2, || ());
        assert!(recent.get(&"early").is_none() && recent.get(&"later").is_some());
    }
}
