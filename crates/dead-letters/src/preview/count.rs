//! `warehouse.stock.counted`: newer counts are taken down, and the shops compare.

use crossdock_domain::Sku;
use crossdock_events::StockCounted;
use crossdock_ledger::StockLine;
use jiff::{SignedDuration, Timestamp};

use super::foresight::{Foresight, Halt};
use super::known::Known;
use super::letter::Letter;

/// How far a count may lie in the future, in seconds, as the stock-writer has it.
const AHEAD_SECS_MAX: i64 = 5 * 60;

pub(super) async fn foresee(
    known: &Known<'_>,
    letter: &Letter,
    count: &StockCounted,
) -> Result<Foresight, Halt> {
    if count.counted_at.duration_since(known.now) > SignedDuration::from_secs(AHEAD_SECS_MAX) {
        return Ok(Foresight::fails_again(format!("the count is of {}, in the future", count.counted_at)));
    }
    if letter.failed_as("count-out-of-range") {
        return Ok(Foresight::fails_again("a unit in it is out of range; edit it first"));
    }
    let skus: Vec<Sku> = count.levels.iter().map(|level| level.sku.clone()).collect();
    let stands = match known.any_shop() {
        Some(shop) => known.ledger.stock_of(&shop.settings.id, &skus).await?,
        None => Vec::new(),
    };
    Ok(letter.unless_unsure(compared(count, &stands)))
}

fn compared(count: &StockCounted, stands: &[StockLine]) -> Foresight {
    let stands_since = |sku: &Sku, is: fn(&Timestamp, &Timestamp) -> bool| {
        stands.iter().any(|line| line.level.sku == *sku && is(&line.counted_at, &count.counted_at))
    };
    let with = |is| count.levels.iter().filter(|level| stands_since(&level.sku, is)).count();
    let (all, newer, there) = (count.levels.len(), with(Timestamp::gt), with(Timestamp::ge));
    match count.levels.as_slice() {
        [only] if newer == 1 => Foresight::superseded(format!("a newer count of {} stands", only.sku)),
        _ if all > 0 && newer == all => {
            Foresight::superseded(format!("newer counts of all {all} SKUs stand"))
        }
        _ if there == all => Foresight::already_done("this count stands already"),
        _ if newer > 0 => {
            Foresight::goes_through(format!("taken, but for {newer} of {all} SKUs with a newer count"))
        }
        _ => Foresight::goes_through("the count is taken, and the shops compare"),
    }
}

#[cfg(test)]
mod tests {
    use crossdock_domain::{Promised, StockLevel};

    use super::*;

    fn minute(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    fn level(sku: &str) -> StockLevel {
        StockLevel { sku: Sku::from(sku), on_hand: 3, allocated: None }
    }

    fn stands(sku: &str, at: i64) -> StockLine {
        StockLine {
            level: level(sku),
            counted_at: minute(at),
            promised: Promised::default(),
            pushed: None,
            refused: Vec::new(),
            in_doubt_since: None,
        }
    }

    #[test]
    fn a_count_is_superseded_only_by_newer_counts_of_all_that_it_counts() {
        let count = StockCounted { counted_at: minute(5), levels: vec![level("MUG"), level("TEE")] };
        let of = |stands: &[StockLine]| compared(&count, stands);
        assert_eq!(of(&[]).verdict.as_str(), "goes_through");
        assert_eq!(
            of(&[stands("MUG", 4), stands("TEE", 6), stands("HAT", 9)]).says,
            "taken, but for 1 of 2 SKUs with a newer count"
        );
        assert_eq!(of(&[stands("MUG", 5), stands("TEE", 5)]).verdict.as_str(), "already_done");
        assert_eq!(of(&[stands("MUG", 5), stands("TEE", 6)]).verdict.as_str(), "already_done");
        assert_eq!(of(&[stands("MUG", 6), stands("TEE", 7)]).says, "newer counts of all 2 SKUs stand");
        let one = StockCounted { levels: vec![level("MUG")], ..count.clone() };
        assert_eq!(compared(&one, &[stands("MUG", 6)]).says, "a newer count of MUG stands");
    }
}
