//! Where an order is shipped to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A postal address with its contact, as the shop gives it.
///
/// A part that the shop does not give is an empty string, never absent: a warehouse reads every field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Address {
    /// Full name of the person.
    pub name: String,
    /// Company, if any.
    pub company: String,
    /// Street and number.
    pub address1: String,
    /// Flat, suite, building.
    pub address2: String,
    /// City or suburb.
    pub city: String,
    /// State or province by name, for example `Victoria`.
    pub state: String,
    /// State or province by code, for example `VIC`; empty where the shop gives none.
    pub state_code: String,
    /// Postcode or ZIP code.
    pub postcode: String,
    /// ISO 3166-1 alpha-2, upper case.
    pub country_code: String,
    /// Telephone, as the buyer typed it.
    pub phone: String,
    /// E-mail address for delivery notices.
    pub email: String,
}
