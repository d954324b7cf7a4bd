//! `[store.orders]`: which orders go to the warehouse, and in what shape.

use std::time::Duration;

use crossdock_domain::{
    BIGCOMMERCE_STATUSES, ECWID_FULFILLMENT_STATUSES, ECWID_PAYMENT_STATUSES, ImportRules, Kits, Platform,
    Sku,
};

use super::{Shop, start_date, take_of};
use crate::claims::Claims;
use crate::item::Item;
use crate::order_numbers::OrderNumbers;
use crate::section::Section;
use crate::span::parse_span;
use crate::suggestion::instead_of;

const STATUSES_DEFAULT: [&str; 1] = ["awaiting_fulfillment"];
const PAYMENT_STATUSES_DEFAULT: [&str; 1] = ["PAID"];
const FULFILLMENT_STATUSES_DEFAULT: [&str; 1] = ["AWAITING_PROCESSING"];
const PRODUCT_OPTIONS_DEFAULT: [&str; 4] = ["Size", "HS Code", "Color", "Colour"];

/// Most characters of a prefix: a number stands on labels.
const PREFIX_CHARS_MAX: usize = 32;

/// Most hours that an order is held for its buyer: a year.
const HOLD_HOURS_MAX: i64 = 365 * 24;

/// Time between two sweeps if nothing else is said, in seconds.
const SWEEP_SECS_DEFAULT: u64 = 5 * 60;

/// Bounds of the time between two sweeps, in seconds. A sweep costs the shop a call or two.
const SWEEP_SECS_BOUNDS: (u64, u64) = (1, 24 * 60 * 60);

/// The rules, and the time between two sweeps.
pub(super) fn read(
    mut section: Section<'_>,
    shop: Shop,
    claims: &mut Claims,
) -> Option<(ImportRules, Duration)> {
    let placed_from = section.take("start_date").and_then(|item| start_date::read(&item, &shop.time_zone));
    let prefix = read_prefix(&mut section, &shop, claims);
    let statuses = read_bigcommerce_statuses(&mut section, &shop);
    let payment_statuses = read_ecwid_statuses(
        &mut section,
        "payment_statuses",
        (&ECWID_PAYMENT_STATUSES, &PAYMENT_STATUSES_DEFAULT),
        &shop,
    );
    let fulfillment_statuses = read_ecwid_statuses(
        &mut section,
        "fulfillment_statuses",
        (&ECWID_FULFILLMENT_STATUSES, &FULFILLMENT_STATUSES_DEFAULT),
        &shop,
    );
    let countries = section.take("countries").and_then(|item| item.each(|item| item.parsed(parse_country)));
    let channels = take_of(&mut section, "channels", Platform::Bigcommerce, shop.platform);
    let channels = channels.and_then(|item| item.each(|item| item.integer_from(1)));
    let kits = Kits {
        prefix: read_mark(&mut section, "bundle_prefix"),
        suffix: read_mark(&mut section, "bundle_suffix"),
    };
    let test_skus = section.take("test_skus").and_then(|item| item.each(|item| item.text().map(Sku::from)));
    let product_options = section.take("product_options").and_then(|item| item.each(Item::string));
    let hold_hours = section.take("hold_hours").and_then(|item| read_hold_hours(&item));
    let sweep_every = section.take("sweep_every");
    let sweep_every = sweep_every.and_then(|item| item.parsed(|text| parse_span(text, SWEEP_SECS_BOUNDS)));
    section.finish();

    let rules = ImportRules {
        store: shop.id?,
        platform: shop.platform?,
        prefix: prefix?,
        placed_from,
        statuses,
        payment_statuses,
        fulfillment_statuses,
        countries: countries.unwrap_or_default(),
        channels: channels.unwrap_or_default(),
        kits,
        test_skus: test_skus.unwrap_or_default(),
        product_options: product_options.unwrap_or_else(|| names(&PRODUCT_OPTIONS_DEFAULT)),
        hold_hours: hold_hours.unwrap_or_default(),
    };
    Some((rules, sweep_every.unwrap_or(Duration::from_secs(SWEEP_SECS_DEFAULT))))
}

fn read_hold_hours(item: &Item<'_>) -> Option<u32> {
    let hours = item.integer_from(0)?;
    if hours > HOLD_HOURS_MAX {
        item.refuse(&format!("{hours} is too large; give at most {HOLD_HOURS_MAX} hours"));
        return None;
    }
    u32::try_from(hours).ok()
}

/// What a kit's SKU begins or ends with; empty for nothing.
fn read_mark(section: &mut Section<'_>, key: &'static str) -> String {
    let text = section.take(key).and_then(|item| item.text_or_empty());
    text.unwrap_or_default().to_owned()
}

/// The prefix, if the shop's numbers are its own with it.
fn read_prefix(section: &mut Section<'_>, shop: &Shop, claims: &mut Claims) -> Option<String> {
    let item = section.take("prefix");
    let prefix = match &item {
        Some(item) => item.text_or_empty()?,
        None => "",
    };
    if prefix.len() > PREFIX_CHARS_MAX || !prefix.bytes().all(|byte| byte.is_ascii_graphic()) {
        let what = format!(
            "'{prefix}' is no prefix; use at most {PREFIX_CHARS_MAX} ASCII characters, without spaces"
        );
        section.refuse_at(item.as_ref(), "prefix", &what);
        return None;
    }
    let numbers = OrderNumbers { platform: shop.platform?, prefix: prefix.to_owned() };
    let line = item.as_ref().map_or(section.line(), Item::line);
    if let Err(what) = claims.numbers(numbers, line) {
        section.refuse_at(item.as_ref(), "prefix", &what);
        return None;
    }
    Some(prefix.to_owned())
}

fn read_bigcommerce_statuses(section: &mut Section<'_>, shop: &Shop) -> Vec<String> {
    let item = take_of(section, "statuses", Platform::Bigcommerce, shop.platform);
    let given = item.and_then(|item| read_wanted(&item, read_bigcommerce_status));
    given.unwrap_or_else(|| default_of(Platform::Bigcommerce, shop, &STATUSES_DEFAULT))
}

/// Two lists: the statuses that there are, and those that are wanted where the file says nothing.
fn read_ecwid_statuses(
    section: &mut Section<'_>,
    key: &'static str,
    (known, default): (&[&str], &[&str]),
    shop: &Shop,
) -> Vec<String> {
    let item = take_of(section, key, Platform::Ecwid, shop.platform);
    let given =
        item.and_then(|item| read_wanted(&item, |item| item.parsed(|text| parse_status(text, known))));
    given.unwrap_or_else(|| default_of(Platform::Ecwid, shop, default))
}

/// A list of statuses. An empty one would let every order through, unpaid and cancelled ones too.
fn read_wanted(item: &Item<'_>, read: impl FnMut(&Item<'_>) -> Option<String>) -> Option<Vec<String>> {
    if item.value().as_array().is_some_and(|list| list.is_empty()) {
        item.refuse("is empty; name the statuses of orders to send, or remove it for the default");
        return None;
    }
    item.each(read)
}

/// A name or an id.
fn read_bigcommerce_status(item: &Item<'_>) -> Option<String> {
    if !item.value().is_integer() {
        let names: Vec<&str> = BIGCOMMERCE_STATUSES.iter().map(|(_, name)| *name).collect();
        return item.parsed(|text| parse_status(text, &names));
    }
    let id = item.integer_from(0)?;
    let name =
        BIGCOMMERCE_STATUSES.iter().find(|(known, _)| *known == id).map(|(_, name)| (*name).to_owned());
    if name.is_none() {
        item.refuse(&format!("{id} is no BigCommerce order status; use a name such as awaiting_shipment"));
    }
    name
}

fn parse_status(text: &str, known: &[&str]) -> Result<String, String> {
    if known.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("'{text}' is no order status; {}", instead_of(text, known.iter().copied())))
}

fn default_of(platform: Platform, shop: &Shop, default: &[&str]) -> Vec<String> {
    if shop.platform == Some(platform) { names(default) } else { Vec::new() }
}

fn parse_country(text: &str) -> Result<String, String> {
    let code = text.to_ascii_uppercase();
    match rust_iso3166::from_alpha2(&code) {
        Some(_) => Ok(code),
        None => Err(format!("'{text}' is no ISO 3166-1 country code; use two letters, for example AU or GB")),
    }
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}
