//! An order that a buyer is about to place.

use jiff::Timestamp;

/// What the buyer chose, and where it goes. The shop fills in the rest from its catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Street and number.
    pub street: String,
    /// City.
    pub city: String,
    /// State by name.
    pub state: String,
    /// State by code.
    pub state_code: String,
    /// Postcode.
    pub postcode: String,
    /// ISO 3166-1 alpha-2.
    pub country_code: String,
    /// Country by name.
    pub country: String,
    /// E-mail address.
    pub email: String,
    /// What is bought; each SKU must be in the shop's catalogue.
    pub lines: Vec<DraftLine>,
    /// Whether it is paid and waits for its parcel; else it is unpaid.
    pub paid: bool,
    /// What the buyer wrote.
    pub note: String,
    /// When it was placed.
    pub placed_at: Timestamp,
}

/// Units of one SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftLine {
    /// What.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// The street of another address in the same city that it goes to. Only an order of BigCommerce's has several addresses.
    pub street: Option<String>,
}

impl Draft {
    /// A paid order to Melbourne, placed now.
    pub fn of(lines: &[(&str, u32)]) -> Self {
        Self {
            first_name: "Jane".into(),
            last_name: "Doe".into(),
            street: "455 Collins Street".into(),
            city: "Melbourne".into(),
            state: "Victoria".into(),
            state_code: "VIC".into(),
            postcode: "3000".into(),
            country_code: "AU".into(),
            country: "Australia".into(),
            email: "jane.doe@example.com".into(),
            lines: draft_lines(lines, None).collect(),
            paid: true,
            note: String::new(),
            placed_at: Timestamp::now(),
        }
    }

    /// The same order, with more that goes to a second address in the same city.
    #[must_use]
    pub fn and_to(mut self, street: &str, lines: &[(&str, u32)]) -> Self {
        self.lines.extend(draft_lines(lines, Some(street)));
        self
    }

    /// The same order to another country.
    #[must_use]
    pub fn to_country(mut self, code: &str, name: &str) -> Self {
        code.clone_into(&mut self.country_code);
        name.clone_into(&mut self.country);
        self
    }

    /// The same order, not paid yet.
    #[must_use]
    pub fn unpaid(mut self) -> Self {
        self.paid = false;
        self
    }
}

fn draft_lines(lines: &[(&str, u32)], street: Option<&str>) -> impl Iterator<Item = DraftLine> {
    let street = street.map(str::to_owned);
    lines.iter().map(move |(sku, quantity)| DraftLine {
        sku: (*sku).into(),
        quantity: *quantity,
        street: street.clone(),
    })
}
