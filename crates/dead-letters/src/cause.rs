//! What failures for the same reason have in common: the error without the ids and numbers in it.

use std::ops::Range;

/// Stands for what differs from one message to the next.
const MASK: &str = "#";

/// Shortest subject, in bytes, that is known again at the end of a longer word: Ecwid's `XJQKB` in the warehouse's `W-XJQKB`.
const SUBJECT_BYTES_MIN: usize = 4;

/// Words after which a number is a status, which is a reason, and not an id.
const BEFORE_A_STATUS: [&str; 4] = ["with", "answered", "status", "HTTP"];

/// The error of one message in the words in which others have it too: what is quoted and what stands for itself is masked if it has a
/// digit in it or is the message's subject.
pub(crate) fn cause(chain: &str, subject: Option<&str>) -> String {
    let subject = subject.filter(|subject| !subject.is_empty());
    let chain = without_quoted_ids(chain, subject);
    let mut words: Vec<String> = Vec::new();
    let mut before = "";
    for word in chain.split_whitespace() {
        let masked = if BEFORE_A_STATUS.contains(&before) && is_status(word) {
            word.to_owned()
        } else {
            without_id(word, subject)
        };
        before = word;
        match words.last_mut() {
            // However many there are in a list.
            Some(last) if masked.starts_with(MASK) && last.strip_suffix(',') == Some(MASK) => *last = masked,
            _ => words.push(masked),
        }
    }
    words.join(" ")
}

fn without_quoted_ids(chain: &str, subject: Option<&str>) -> String {
    let (mut masked, mut rest) = (String::with_capacity(chain.len()), chain);
    while let Some(Range { start, end }) = next_quoted(rest) {
        let inside = &rest[start..end];
        masked.push_str(&rest[..start]);
        masked.push_str(if is_id(inside, subject) { MASK } else { inside });
        masked.push_str(&rest[end..=end]);
        rest = &rest[end + 1..];
    }
    masked + rest
}

/// Where the next quoted text stands, without its quotes. An apostrophe within a word opens and closes nothing.
fn next_quoted(text: &str) -> Option<Range<usize>> {
    let is_part = |next: Option<char>| next.is_some_and(char::is_alphanumeric);
    text.match_indices(['\'', '"']).find_map(|(at, quote)| {
        let start = at + 1;
        let opens = !is_part(text[..at].chars().next_back());
        let closes = |end: &usize| *end > start && !is_part(text[end + 1..].chars().next());
        let end = text[start..].match_indices(quote).map(|(end, _)| start + end).find(closes);
        end.filter(|_| opens).map(|end| start..end)
    })
}

/// What surrounds the id stays: a full stop, a bracket.
fn without_id(word: &str, subject: Option<&str>) -> String {
    let core = word.trim_matches(|c: char| !c.is_alphanumeric());
    if !is_id(core, subject) {
        return word.to_owned();
    }
    let (before, after) = word.split_once(core).expect("it is a part of the word");
    format!("{before}{MASK}{after}")
}

fn is_id(text: &str, subject: Option<&str>) -> bool {
    let ends = |subject: &str| subject.len() >= SUBJECT_BYTES_MIN && text.ends_with(subject);
    text.contains(char::is_numeric) || subject.is_some_and(|subject| text == subject || ends(subject))
}

fn is_status(word: &str) -> bool {
    let core = word.trim_matches(|c: char| !c.is_alphanumeric());
    core.len() == 3 && core.starts_with(['4', '5']) && core.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) {
        assert_eq!(cause(one, None), cause(other, None));
    }

    fn differ(one: &str, other: &str) {
        assert_ne!(cause(one, None), cause(other, None));
    }

    #[test]
    fn failures_that_differ_in_ids_and_numbers_have_one_cause() {
        let refused = "the warehouse refused order BG1001: unknown SKU TEE-9";
        assert_eq!(cause(refused, None), "the warehouse refused order #: unknown SKU #");
        same(refused, "the warehouse refused order BG1002: unknown SKU TEE-9");
        same("no released order has the number W-1/2", "no released order has the number BG77");
        same(
            "consignment 0198f6a2-7c1d-7e0a-9b1e-aabbccddeeff",
            "consignment c0ffee00-dead-4bee-8fff-000000000000",
        );
        same("took 30 s (limit 20 s).", "took 31 s (limit 25 s).");
        same(
            "no route to https://api.example.com/v2/orders/7",
            "no route to https://api.example.com/v2/orders/8?x=1",
        );
        same("at 2026-11-22T01:02:03.5Z", "at 2026-11-23T04:05:06Z");
    }

    #[test]
    fn what_is_quoted_is_masked_as_a_whole_if_it_has_a_digit() {
        assert_eq!(cause("no 'Blue shirt 7' and no \"Size 8\" here", None), "no '#' and no \"#\" here");
        assert_eq!(
            cause("the shop's token and the order's 'write' scope", None),
            "the shop's token and the order's 'write' scope"
        );
        assert_eq!(cause("(sku='TEE-9')", None), "(sku='#')");
        assert_eq!(cause("no 'Blue' and 'x 7' here", None), "no 'Blue' and '#' here");
        assert_eq!(cause("an open ' and 7", None), "an open ' and #");
        assert_eq!(cause("'' and 'a'", None), "'' and 'a'");
    }

    #[test]
    fn a_list_of_ids_is_one_however_long_it_is() {
        same("unknown SKUs A1, B2, C3; add them", "unknown SKUs A7; add them");
        assert_eq!(cause("unknown SKUs A1, B2 and C3", None), "unknown SKUs # and #");
    }

    #[test]
    fn the_subject_is_masked_also_without_a_digit() {
        assert_eq!(cause("the shop has no order XJQKB", Some("XJQKB")), "the shop has no order #");
        assert_eq!(cause("order W-XJQKB is refused", Some("XJQKB")), "order # is refused");
        assert_eq!(cause("'MUG' is no SKU there", Some("MUG")), "'#' is no SKU there");
        assert_eq!(cause("a word", Some("d")), "a word");
        assert_eq!(cause("a word", Some("")), "a word");
    }

    #[test]
    fn other_words_and_other_statuses_are_other_causes() {
        differ("unknown SKU TEE-9", "unknown size TEE-9");
        differ("the shop refused it with 409: no", "the shop refused it with 422: no");
        differ("the warehouse answered 500", "the warehouse answered 503");
        same("the shop has no order 404", "the shop has no order 1001");
    }

    #[test]
    fn what_was_masked_once_stays_so() {
        for chain in ["a 'b 1' c2, d3, 4. \"x\" ' '", "ü9, é'1' 'ü' …7", "''''1'", ""] {
            let masked = cause(chain, None);
            assert_eq!(cause(&masked, None), masked, "{chain}");
            assert!(!masked.contains(char::is_numeric), "{masked}");
        }
    }
}
