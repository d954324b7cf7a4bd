//! Texts of strangers, as both databases take them.

use std::borrow::Cow;

/// Longest text that is looked up by, in bytes: an index of PostgreSQL takes about 2,700 of a row, and the longest one has three of these.
const KEY_BYTES_MAX: usize = 256;

/// Longest key of a line in the timeline, in bytes: it stands in an index with a shop and an order.
const TIMELINE_KEY_BYTES_MAX: usize = 1024;

/// PostgreSQL takes no NUL in a text, and what a stranger sent, or a shop answered, may hold one.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// The same of a role, a shop or a subject, cut to what an index takes: those that begin alike for so long are one.
pub(super) fn key(text: &str) -> Cow<'_, str> {
    cut(text, KEY_BYTES_MAX)
}

/// The same of the key of a line in the timeline.
pub(super) fn timeline_key(text: &str) -> Cow<'_, str> {
    cut(text, TIMELINE_KEY_BYTES_MAX)
}

fn cut(text: &str, bytes_max: usize) -> Cow<'_, str> {
    match storable(text) {
        Cow::Borrowed(text) => text[..text.floor_char_boundary(bytes_max)].into(),
        Cow::Owned(mut text) => {
            text.truncate(text.floor_char_boundary(bytes_max));
            text.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_cut_between_characters_and_stays_as_it_is_when_it_is_read_and_written_again() {
        let long = format!("x{}", "ä".repeat(4_000));
        assert_eq!(key(&long), format!("x{}", "ä".repeat(127)));
        assert_eq!(key(&"\0".repeat(4_000)), "\u{fffd}".repeat(85));
        for text in ["BG1001", "", &long, &"\0".repeat(4_000)] {
            assert_eq!(key(&key(text)), key(text));
        }
    }
}
