//! Values of options of `crossdock dead-letters` that are more than a word.

use crossdock_ledger::DeadLetterState;
use crossdock_settings::parse_date;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

/// Where a span of time begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Boundary {
    Day(Date),
    Moment(Timestamp),
}

/// What one place of the body becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// Names of members, and places in lists from 0.
    pub(crate) path: Vec<String>,
    pub(crate) value: Value,
}

pub(super) fn state(name: &str) -> Result<DeadLetterState, String> {
    DeadLetterState::named(name).ok_or_else(|| {
        let names = DeadLetterState::ALL.map(DeadLetterState::as_str);
        format!("the states are {}", names.join(", "))
    })
}

pub(super) fn boundary(text: &str) -> Result<Boundary, String> {
    let day = |why: String| format!("{why}, or a moment such as \"2026-01-31T08:30:00Z\"");
    match text.parse() {
        Ok(moment) => Ok(Boundary::Moment(moment)),
        Err(_) => parse_date(text).map(Boundary::Day).map_err(day),
    }
}

pub(super) fn assignment(text: &str) -> Result<Assignment, String> {
    let (path, text) =
        text.split_once('=').ok_or("write PATH=TEXT or PATH:=JSON, for example data.carrier=StarTrack")?;
    let (path, value) = match path.strip_suffix(':') {
        Some(path) => {
            (path, serde_json::from_str(text).map_err(|why| format!("'{text}' is no JSON: {why}"))?)
        }
        None => (path, text.into()),
    };
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    if path.iter().any(String::is_empty) {
        return Err("a path is names between dots, for example data.tracking_number".to_owned());
    }
    Ok(Assignment { path, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_takes_days_in_both_spellings_and_moments() {
        let day = Ok(Boundary::Day(jiff::civil::date(2026, 1, 31)));
        assert_eq!((boundary("2026-01-31"), boundary("31/01/2026")), (day.clone(), day));
        let moment = "2026-01-31T08:30:00Z".parse().unwrap();
        assert_eq!(boundary("2026-01-31T08:30:00Z"), Ok(Boundary::Moment(moment)));
        assert_eq!(boundary("2026-01-31T19:30:00+11:00"), Ok(Boundary::Moment(moment)));
        assert!(boundary("yesterday").unwrap_err().contains("2026-01-31T08:30:00Z"));
    }

    #[test]
    fn an_assignment_is_cut_at_its_first_equals_sign() {
        let set = assignment("data.tracking_url=https://t.example/?a=b").unwrap();
        assert_eq!(set.path, ["data", "tracking_url"]);
        assert_eq!(set.value, "https://t.example/?a=b");
        assert_eq!(assignment("data.note=").unwrap().value, "");
        assert_eq!(assignment("data.units=2").unwrap().value, "2");
        assert_eq!(assignment("data.units:=2").unwrap().value, 2);
        assert_eq!(assignment("data.units:=2").unwrap().path, ["data", "units"]);
        for wrong in ["data", "=1", "data..x=1", ".x=1", ":=1", "data.units:=two"] {
            assert!(assignment(wrong).is_err(), "{wrong}");
        }
    }
}
