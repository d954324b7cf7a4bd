//! Single values, taken with the very digits that were sent: texts that may come as numbers, and amounts of money.

use crossdock_domain::Money;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A text, or a number as it was written. Null is empty.
///
/// Ecwid's documents and its examples disagree on which ids are numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Scalar(pub(crate) String);

impl Scalar {
    /// The text, unless it is blank.
    pub(crate) fn filled(&self) -> Option<&str> {
        let text = self.0.trim();
        (!text.is_empty()).then_some(text)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match raw.get().as_bytes().first() {
            Some(b'"') => {
                serde_json::from_str(raw.get()).map(Self).map_err(|_| D::Error::custom("expected a text"))
            }
            Some(b'-' | b'0'..=b'9') => Ok(Self(raw.get().to_owned())),
            Some(b'n') => Ok(Self::default()),
            _ => Err(D::Error::custom("expected a text or a number")),
        }
    }
}

/// An amount of money. Ecwid sends JSON numbers: the digits become decimals without passing through a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount(pub(crate) Money);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Scalar::deserialize(deserializer)?;
        text.0.parse().map(Self).map_err(|_| D::Error::custom("expected an amount of money"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shape;

    #[test]
    fn a_scalar_keeps_the_digits_that_were_sent() {
        for (json, text) in
            [("1634209655", "1634209655"), ("\"007\"", "007"), ("-1", "-1"), ("1.50", "1.50"), ("null", "")]
        {
            assert_eq!(shape::read::<Scalar>(json.as_bytes()).unwrap().0, text);
        }
        for json in ["true", "[]", "{}"] {
            assert!(shape::read::<Scalar>(json.as_bytes()).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_is_the_decimal_that_was_sent(whole in 0_u64..=99_999_999_999_999, cents in 0_u32..100) {
            let sent = format!("{whole}.{cents:02}");
            prop_assert_eq!(shape::read::<Amount>(sent.as_bytes()).unwrap().0.to_string(), sent);
        }
    }
}
