//! What somebody may have meant who wrote a word that is not known.

/// Most mistypings of a word of `SHORT_CHARS` or more at which another word is still suggested.
const TYPOS_MAX: usize = 2;

/// In a shorter word than this, in characters, one mistyping is the most.
const SHORT_CHARS: usize = 5;

/// What to do about an unknown word: the likeliest of the known ones, or all of them.
pub(crate) fn instead_of<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("use one of {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// The known word that is most like this one, if one is like it.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typos_max = if word.chars().count() < SHORT_CHARS { 1 } else { TYPOS_MAX };
    let typed = word.to_lowercase();
    let rated = known.map(|candidate| (distance(&typed, &candidate.to_lowercase()), candidate));
    rated.filter(|(typos, _)| *typos <= typos_max).min_by_key(|(typos, _)| *typos).map(|(_, near)| near)
}

/// How many characters must be put in, taken out or replaced to make one word of another (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, from_char) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (column, &to_char) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(from_char != to_char);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_character_edits() {
        for (from, to, edits) in
            [("", "", 0), ("", "abc", 3), ("prefx", "prefix", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(from, to), edits, "{from} {to}");
            assert_eq!(distance(to, from), edits, "{to} {from}");
        }
    }

    #[test]
    fn a_typo_is_recognised_and_another_word_is_not() {
        let known = ["prefix", "statuses", "url"];
        assert_eq!(nearest("prefx", known.into_iter()), Some("prefix"));
        assert_eq!(nearest("Statuses", known.into_iter()), Some("statuses"));
        assert_eq!(nearest("key", known.into_iter()), None);
        assert_eq!(instead_of("colour", known.into_iter()), "use one of prefix, statuses, url");
    }
}
