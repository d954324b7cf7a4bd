//! Walking through a list by offsets although it moves meanwhile.
//!
//! Ecwid sorts by nothing that it documents. But a list whose bounds are fixed only loses entries (an order that is changed leaves a
//! window that ends before now), and its `total` tells how many it lost.

/// Where the next page begins, after one of `rows` entries at this offset; none after the last one.
///
/// What left the list between two pages may have stood before this page, and moved as many entries behind it to places that were
/// read already: so the walk goes back by as many. Entries that join move others to later places, where they come once more.
pub(crate) fn next(offset: usize, rows: usize, total_before: Option<usize>, total: usize) -> Option<usize> {
    let lost = total_before.unwrap_or(total).saturating_sub(total);
    if lost > 0 && offset > 0 {
        return Some(offset.saturating_sub(lost));
    }
    let end = offset + rows;
    (rows > 0 && end < total).then_some(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::next;

    #[test]
    fn a_still_list_is_walked_once() {
        assert_eq!(next(0, 100, None, 250), Some(100));
        assert_eq!(next(100, 100, Some(250), 250), Some(200));
        assert_eq!(next(200, 50, Some(250), 250), None);
        assert_eq!(next(0, 0, None, 0), None);
        assert_eq!(next(0, 0, None, 7), None, "a list that gives nothing is not asked for ever");
    }

    proptest! {
        #[test]
        fn what_stays_in_the_list_is_seen(
            size in 0_usize..60, page in 1_usize..10, leave in prop::collection::vec(any::<u8>(), 0..30)
        ) {
            let mut list: Vec<usize> = (0..size).collect();
            let (mut seen, mut offset, mut before) = (Vec::new(), Some(0), None);
            let mut leave = leave.into_iter();
            while let Some(at) = offset {
                let rows: Vec<usize> = list.iter().skip(at).take(page).copied().collect();
                offset = next(at, rows.len(), before, list.len());
                before = Some(list.len());
                seen.extend(rows);
                for one in leave.by_ref().take(2) {
                    if !list.is_empty() {
                        list.remove(usize::from(one) % list.len());
                    }
                }
            }
            prop_assert!(list.iter().all(|one| seen.contains(one)), "{list:?} {seen:?}");
        }
    }
}
