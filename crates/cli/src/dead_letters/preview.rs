//! `crossdock dead-letters preview`: what a replay would do now. Sends nothing.

use std::collections::BTreeMap;

use crossdock_dead_letters::{Forecast, ForecastVerdict, Preview};
use serde::Serialize;

use super::{Desk, list};
use crate::command_line::DeadLettersPreview;
use crate::exit::Exit;
use crate::listing::{print, print_json, say, table};
use crate::parts;

/// Longest saying in a list, in characters: two lines of the last column.
const SAYS_CHARS_MAX: usize = 80;

/// What would happen, counted and one by one.
#[derive(Debug, Serialize)]
struct Report {
    count: usize,
    /// How many of each verdict.
    verdicts: BTreeMap<&'static str, usize>,
    dead_letters: Vec<Forecast>,
}

pub(super) async fn preview(desk: &Desk, wanted: &DeadLettersPreview) -> anyhow::Result<Exit> {
    let selected = desk.selected(&wanted.selection).await?;
    let shops = parts::shops_beside_others(&desk.settings, desk.ledger.clone())?;
    let mut forecasts = Preview::new(shops, desk.ledger.clone()).of(&selected).await?;
    // What would come to nothing is what a person wants to know of.
    forecasts.sort_by_key(|it| it.verdict == ForecastVerdict::GoesThrough);
    let report = Report { count: forecasts.len(), verdicts: counted(&forecasts), dead_letters: forecasts };
    if wanted.json {
        print_json(&report)?;
    }
    if report.count == 0 {
        let sentence = desk.nothing_listed(&wanted.selection, &selected, "dead or waiting").await?;
        list::tell_nothing(wanted.json, &sentence);
    } else if !wanted.json {
        tell(&report, wanted.limit as usize);
    }
    Ok(Exit::Done)
}

fn counted(forecasts: &[Forecast]) -> BTreeMap<&'static str, usize> {
    let mut verdicts = BTreeMap::new();
    for forecast in forecasts {
        *verdicts.entry(forecast.verdict.as_str()).or_default() += 1;
    }
    verdicts
}

fn tell(report: &Report, limit: usize) {
    let Report { count, verdicts, dead_letters } = report;
    let mut rows = table(&["ID", "STORE", "ABOUT", "FORECAST", "WHY"]);
    for Forecast { id, store, subject, verdict, says, .. } in dead_letters.iter().take(limit) {
        rows.add_row([
            id.to_string(),
            list::store(store),
            list::subject(subject.as_deref()),
            verdict.to_string().replace('_', " "),
            super::plain::cut(says, SAYS_CHARS_MAX),
        ]);
    }
    print(&rows);
    say("");
    if *count > limit {
        say(&format!("{} more; --limit shows them", count - limit));
    }
    say(&format!("of {count}: {}; nothing was sent", summed_up(verdicts)));
}

/// For example `990 go through, 10 cancelled since`.
fn summed_up(verdicts: &BTreeMap<&'static str, usize>) -> String {
    let part = |verdict: ForecastVerdict| match *verdicts.get(verdict.as_str())? {
        1 => Some(format!("1 {}", of_one(verdict))),
        count => Some(format!("{count} {}", of_several(verdict))),
    };
    ForecastVerdict::ALL.into_iter().filter_map(part).collect::<Vec<_>>().join(", ")
}

/// What one of them would do.
fn of_one(verdict: ForecastVerdict) -> &'static str {
    match verdict {
        ForecastVerdict::GoesThrough => "goes through",
        ForecastVerdict::BuyerMailedAgain => "goes through and mails the buyer again",
        ForecastVerdict::CredentialsRefused => "waits for credentials",
        ForecastVerdict::FailsAgain => "fails again",
        ForecastVerdict::Waits => "waits behind another",
        other => of_several(other),
    }
}

/// What several of them would do.
fn of_several(verdict: ForecastVerdict) -> &'static str {
    match verdict {
        ForecastVerdict::GoesThrough => "go through",
        ForecastVerdict::AlreadyDone => "already done",
        ForecastVerdict::CancelledSince => "cancelled since",
        ForecastVerdict::Superseded => "superseded",
        ForecastVerdict::BuyerMailedAgain => "go through and mail the buyer again",
        ForecastVerdict::CredentialsRefused => "wait for credentials",
        ForecastVerdict::FailsAgain => "fail again",
        ForecastVerdict::Waits => "wait behind another",
        ForecastVerdict::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_summed_up_in_the_order_of_their_promise() {
        let verdicts = BTreeMap::from([("cancelled_since", 10), ("fails_again", 1), ("goes_through", 990)]);
        assert_eq!(summed_up(&verdicts), "990 go through, 10 cancelled since, 1 fails again");
    }
}
