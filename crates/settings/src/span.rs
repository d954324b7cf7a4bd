//! Spans of time, as the file writes them: `30s`, `5m`, `1h`.

use std::time::Duration;

/// Reads a span that lies within these bounds, in seconds.
pub(crate) fn parse_span(text: &str, (min, max): (u64, u64)) -> Result<Duration, String> {
    let explain = || format!("'{text}' is no span of time; write it like \"30s\", \"5m\" or \"1h\"");
    let unit_at = text.find(|character: char| !character.is_ascii_digit()).ok_or_else(explain)?;
    let (digits, unit) = text.split_at(unit_at);
    let unit_secs = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return Err(explain()),
    };
    if digits.is_empty() {
        return Err(explain());
    }
    // More digits than a number holds are more than any bound.
    let secs = digits.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(unit_secs);
    if !(min..=max).contains(&secs) {
        let (min, max) = (written(min), written(max));
        return Err(format!("'{text}' is out of bounds; give {min} to {max}"));
    }
    Ok(Duration::from_secs(secs))
}

/// In the largest unit that leaves no rest.
fn written(secs: u64) -> String {
    match secs {
        0 => "0s".to_owned(),
        secs if secs % 3600 == 0 => format!("{}h", secs / 3600),
        secs if secs % 60 == 0 => format!("{}m", secs / 60),
        secs => format!("{secs}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_their_unit_and_within_their_bounds() {
        let read = |text: &str| parse_span(text, (1, 24 * 60 * 60));
        for (text, secs) in [("1s", 1), ("30s", 30), ("5m", 300), ("24h", 86_400), ("007m", 420)] {
            assert_eq!(read(text), Ok(Duration::from_secs(secs)), "{text}");
        }
        for text in ["", "5", "m", "5 m", "5min", "-5m", "1.5h", "1h30m", "5M", "½h"] {
            assert!(read(text).unwrap_err().contains("no span of time"), "{text}");
        }
        for text in ["0s", "25h", "1441m", "99999999999999999999s", "5124095576030432h"] {
            assert!(read(text).unwrap_err().ends_with("is out of bounds; give 1s to 24h"), "{text}");
        }
    }
}
