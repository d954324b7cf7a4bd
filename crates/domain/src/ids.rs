//! Identifiers. Each is its own type, so that an order's id is never taken for its number.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most characters that a store's id may have: it stands in routes, queue headers and log lines.
const STORE_ID_CHARS_MAX: usize = 64;

/// A configured shop, for example `acme-au`: lower-case letters, digits and hyphens, at most 64.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct StoreId(String);

/// A text that cannot be a store's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no store id: use 1 to 64 of a-z, 0-9 and '-'")]
pub struct InvalidStoreId(pub String);

impl StoreId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for StoreId {
    type Error = InvalidStoreId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > STORE_ID_CHARS_MAX || !text.chars().all(allowed) {
            return Err(InvalidStoreId(text));
        }
        Ok(Self(text))
    }
}

impl FromStr for StoreId {
    type Err = InvalidStoreId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl From<StoreId> for String {
    fn from(id: StoreId) -> Self {
        id.0
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

text_id! {
    /// An order as its shop knows it: BigCommerce's number (`1001`), Ecwid's text (`K8XTQ`). Unique within one shop.
    OrderId
}
text_id! {
    /// An order as the warehouse knows it: the shop's prefix and the order's id (`BG1001`). Unique over all shops.
    OrderNumber
}
text_id! {
    /// One line of an order, by the shop's own id of the line.
    LineId
}
text_id! {
    /// A stock keeping unit, exactly as typed: case and spaces count.
    Sku
}
text_id! {
    /// One consignment that left the warehouse, by the warehouse's own id.
    ShipmentId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_ids_take_only_what_routes_can_carry() {
        for good in ["acme-au", "a", "7"] {
            assert_eq!(good.parse::<StoreId>().unwrap().as_str(), good);
        }
        for bad in ["", "Acme", "a b", "a/b", "ä", &"a".repeat(65)] {
            assert!(bad.parse::<StoreId>().is_err(), "{bad}");
        }
    }
}
