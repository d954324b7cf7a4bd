//! Words of shops and warehouses, made fit for a terminal.

/// Text on one line, without control characters, cut to so many characters.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    let plain = text.chars().map(|it| if it.is_control() { ' ' } else { it });
    if text.chars().count() <= chars_max {
        return plain.collect();
    }
    let kept: String = plain.take(chars_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Text as it is, but for what would steer a terminal.
pub(super) fn lines(text: &str) -> String {
    text.chars().map(|it| if it.is_control() && it != '\n' && it != '\t' { '\u{fffd}' } else { it }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so_and_steers_no_terminal() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("a little long", 10), "a little…");
        assert_eq!(cut("ärger über ärger", 7), "ärger…");
        assert_eq!(cut("red \u{1b}[31m\nnext", 40), "red  [31m next");
        assert_eq!(lines("one\n\ttwo\u{1b}[2J"), "one\n\ttwo\u{fffd}[2J");
    }
}
