//! Amounts of money, exact.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount in the order's currency; on the wire a decimal string with at least two decimals (`"10.00"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Money(Decimal);

/// A text that is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no amount of money")]
pub struct InvalidMoney(pub String);

/// Decimals always shown: shops differ in how many they send (`"10"`, `"10.0000"`).
const DECIMALS_SHOWN_MIN: u32 = 2;

impl Default for Money {
    fn default() -> Self {
        Self::from(Decimal::ZERO)
    }
}

impl From<Decimal> for Money {
    fn from(amount: Decimal) -> Self {
        let mut amount = amount.normalize();
        if amount.scale() < DECIMALS_SHOWN_MIN {
            amount.rescale(DECIMALS_SHOWN_MIN);
        }
        Self(amount)
    }
}

impl From<Money> for Decimal {
    fn from(money: Money) -> Self {
        money.0
    }
}

impl FromStr for Money {
    type Err = InvalidMoney;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        Decimal::from_str(trimmed)
            .or_else(|_| Decimal::from_scientific(trimmed))
            .map(Self::from)
            .map_err(|_| InvalidMoney(text.to_owned()))
    }
}

impl TryFrom<String> for Money {
    type Error = InvalidMoney;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Money> for String {
    fn from(money: Money) -> Self {
        money.to_string()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_alike_however_the_shop_writes_them() {
        for (given, shown) in
            [("10.0000", "10.00"), ("10", "10.00"), ("0.125", "0.125"), ("9.0900", "9.09"), ("1e2", "100.00")]
        {
            assert_eq!(given.parse::<Money>().unwrap().to_string(), shown);
        }
        assert_eq!(Money::default().to_string(), "0.00");
        assert!("ten".parse::<Money>().is_err());
    }
}
