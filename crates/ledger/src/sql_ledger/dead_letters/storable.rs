//! Texts of strangers, as both databases take them.

use std::borrow::Cow;

/// PostgreSQL takes no NUL in a text, and what a stranger sent, or a shop answered, may hold one.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}
