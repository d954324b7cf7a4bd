//! `stock.due`: a shop is told what it may sell now.

use crossdock_domain::{Sku, StockPush, sellable};
use crossdock_events::{Event, StockDue};
use crossdock_ledger::StockLine;
use crossdock_settings::StockSettings;
use jiff::Timestamp;

use super::access::Access;
use super::foresight::{Foresight, Halt};
use super::known::Known;
use super::letter::Letter;

/// Most SKUs of a message that are looked at one by one. Of more it is not said whether all were told.
const SKUS_MAX: usize = 100;

pub(super) async fn foresee(
    known: &Known<'_>,
    letter: &Letter,
    event: &Event<StockDue>,
) -> Result<Foresight, Halt> {
    let StockDue { store, skus, .. } = &event.data;
    if known.shop(store)?.settings.stock.push == StockPush::Off {
        return Ok(Foresight::already_done("the shop is told no stock (stock.push is \"off\")"));
    }
    let settings = known.open_shop(store, Access::WRITE_STOCK)?.settings.stock.clone();
    if let Some(skus) = skus.as_deref().filter(|skus| skus.len() <= SKUS_MAX) {
        let lines = known.ledger.stock_of(store, skus).await?;
        if let Some(foresight) = told_since(event, skus, &lines, &settings) {
            return Ok(foresight);
        }
        if known.ledger.listings(store, skus).await?.is_empty() {
            return Ok(Foresight::already_done("the shop lists none of it, so that it is told nothing"));
        }
    }
    let says = "what the shop may sell is computed anew, and told where it differs";
    Ok(letter.unless_unsure(Foresight::goes_through(says)))
}

/// If the shop knows all that it would be told.
fn told_since(
    event: &Event<StockDue>,
    skus: &[Sku],
    lines: &[StockLine],
    settings: &StockSettings,
) -> Option<Foresight> {
    let due_at = event.time.unwrap_or(Timestamp::MAX);
    let knows = |line: &StockLine| {
        if !line.refused.is_empty() {
            return false;
        }
        let units = sellable(settings.push, &line.level, line.promised, settings.buffer);
        let told = line.pushed.filter(|pushed| Some(pushed.units) == units && line.in_doubt_since.is_none());
        told.is_some_and(|pushed| !event.data.full || due_at <= pushed.at)
    };
    match (skus, lines) {
        (_, []) => Some(Foresight::already_done("none of it was ever counted, so that it is told nothing")),
        ([sku], [line]) if knows(line) => {
            let units = line.pushed.map_or(0, |pushed| pushed.units);
            Some(Foresight::already_done(format!("the shop was told {units} of {sku} already")))
        }
        (_, lines) if lines.iter().all(knows) => {
            Some(Foresight::already_done("the shop was told all of it already"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crossdock_domain::{Promised, StockLevel};
    use crossdock_events::Source;
    use crossdock_ledger::Pushed;
    use jiff::SignedDuration;

    use super::*;

    fn minute(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    /// Of 5 on the shelf, told to the shop at that minute.
    fn line(units: i64, told: i64) -> StockLine {
        StockLine {
            level: StockLevel { sku: Sku::from("MUG"), on_hand: 5, allocated: None },
            counted_at: minute(0),
            promised: Promised::default(),
            pushed: Some(Pushed { units, at: minute(told) }),
            refused: Vec::new(),
            in_doubt_since: None,
        }
    }

    fn says(full: bool, line: StockLine) -> Option<String> {
        let skus = vec![Sku::from("MUG")];
        let due = StockDue { store: "acme-au".parse().unwrap(), full, skus: Some(skus.clone()) };
        let event = Event::new(&Source::Role("stock-writer"), "due", minute(5), due);
        let settings = StockSettings { push: StockPush::OnHand, daily_at: None, on_change: true, buffer: 0 };
        told_since(&event, &skus, &[line], &settings).map(|foresight| foresight.says)
    }

    #[test]
    fn what_the_shop_was_told_since_is_not_told_again() {
        assert_eq!(says(true, line(5, 6)).unwrap(), "the shop was told 5 of MUG already");
        assert_eq!(says(true, line(5, 4)), None, "told before it was due, and refused since");
        assert_eq!(says(false, line(5, 4)).unwrap(), "the shop was told 5 of MUG already");
        assert_eq!(says(false, line(4, 6)), None, "it was told another number");
        assert_eq!(says(false, StockLine { in_doubt_since: Some(minute(1)), ..line(5, 6) }), None);
        assert_eq!(says(true, StockLine { pushed: None, ..line(5, 6) }), None);
    }
}
