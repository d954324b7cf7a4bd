//! `crossdock stock show`: per SKU what is on hand and promised, per shop what it may sell and was told.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use crossdock_domain::{Listing, Sku, StoreId, sellable};
use crossdock_ledger::{Ledger, PromisedTo, Pushed, Refused, StockLine};
use crossdock_settings::StoreSettings;
use jiff::Timestamp;
use serde::Serialize;

use crate::command_line::StockShow;
use crate::exit::Exit;
use crate::listing::{moment, print, print_json, say, table};
use crate::{configuration, parts};

/// A counted SKU.
#[derive(Debug, Serialize)]
struct Shown {
    sku: Sku,
    on_hand: i64,
    /// The warehouse's own reservations, if it told them.
    allocated: Option<i64>,
    counted_at: Timestamp,
    promised: i64,
    promised_to: Vec<PromisedTo>,
    stores: Vec<AtStore>,
}

/// The SKU at one shop.
#[derive(Debug, Serialize)]
struct AtStore {
    store: StoreId,
    /// None: the shop is told nothing of stock.
    may_sell: Option<i64>,
    told: Option<Pushed>,
    /// Since when something may be on its way there of which nobody knows whether it has arrived. It is told once more.
    in_doubt_since: Option<Timestamp>,
    listings: Vec<ListedAs>,
}

/// A place where the shop lists it.
#[derive(Debug, Serialize)]
struct ListedAs {
    product_id: String,
    variant_id: Option<String>,
    /// How the shop keeps its stock there; only `counted` takes a quantity.
    stock: &'static str,
    refused: Option<RefusedThere>,
}

/// That the shop refused the quantity there for good.
#[derive(Debug, Serialize)]
struct RefusedThere {
    /// In the shop's own words.
    why: String,
    at: Timestamp,
}

/// `crossdock stock show`
pub(crate) async fn show(config: &Path, wanted: &StockShow) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    if let Some(store) = &wanted.store {
        configuration::store(&settings, store)?;
    }
    let ledger = parts::open_existing_ledger(&settings).await?;
    let named: Vec<Sku> = wanted.skus.iter().map(|sku| Sku::from(sku.as_str())).collect();
    let mut shown = BTreeMap::new();
    for store in &settings.stores {
        if wanted.store.as_ref().is_none_or(|wanted| *wanted == store.id) {
            add_store(&*ledger, store, &named, &mut shown).await?;
        }
    }
    if let Some(unknown) = named.iter().find(|sku| !shown.contains_key(*sku)) {
        bail!("the warehouse never told a count of '{unknown}'; SKUs are compared letter by letter");
    }
    let mut shown: Vec<Shown> = shown.into_values().collect();
    if wanted.json || !named.is_empty() {
        add_orders(&*ledger, &mut shown).await?;
    }
    match (wanted.json, named.is_empty()) {
        (true, _) => print_json(&shown)?,
        (false, true) => list(&shown),
        (false, false) => shown.iter().for_each(tell),
    }
    Ok(Exit::Done)
}

async fn add_store(
    ledger: &dyn Ledger,
    store: &Arc<StoreSettings>,
    named: &[Sku],
    shown: &mut BTreeMap<Sku, Shown>,
) -> anyhow::Result<()> {
    let lines = if named.is_empty() {
        ledger.stock(&store.id).await?
    } else {
        ledger.stock_of(&store.id, named).await?
    };
    let skus: Vec<Sku> = lines.iter().map(|line| line.level.sku.clone()).collect();
    let mut listings: BTreeMap<Sku, Vec<Listing>> = BTreeMap::new();
    for listing in ledger.listings(&store.id, &skus).await? {
        listings.entry(listing.sku.clone()).or_default().push(listing);
    }
    for StockLine { level, counted_at, promised, pushed, refused, in_doubt_since } in lines {
        let listings = listings.remove(&level.sku).unwrap_or_default();
        let at_store = AtStore {
            store: store.id.clone(),
            may_sell: sellable(store.stock.push, &level, promised, store.stock.buffer),
            told: pushed,
            in_doubt_since,
            listings: listings.into_iter().map(|listing| ListedAs::of(listing, &refused)).collect(),
        };
        let one = shown.entry(level.sku.clone()).or_insert_with(|| Shown {
            sku: level.sku,
            on_hand: level.on_hand,
            allocated: level.allocated,
            counted_at,
            promised: promised.total,
            promised_to: Vec::new(),
            stores: Vec::new(),
        });
        one.stores.push(at_store);
    }
    Ok(())
}

impl ListedAs {
    fn of(listing: Listing, refused: &[Refused]) -> Self {
        let Listing { product_id, variant_id, stock, .. } = listing;
        let here = |it: &&Refused| it.product_id == product_id && it.variant_id == variant_id;
        let refused = refused.iter().find(here).map(|it| RefusedThere { why: it.why.clone(), at: it.at });
        Self { product_id, variant_id, stock: stock.as_str(), refused }
    }
}

async fn add_orders(ledger: &dyn Ledger, shown: &mut [Shown]) -> anyhow::Result<()> {
    let skus: Vec<Sku> = shown.iter().map(|one| one.sku.clone()).collect();
    let mut orders: BTreeMap<Sku, Vec<PromisedTo>> = BTreeMap::new();
    for order in ledger.promised_to(&skus).await? {
        orders.entry(order.sku.clone()).or_default().push(order);
    }
    for one in shown {
        one.promised_to = orders.remove(&one.sku).unwrap_or_default();
    }
    Ok(())
}

fn list(shown: &[Shown]) {
    if shown.is_empty() {
        say("no stock: the warehouse has told no count so far (`warehouse.stock.counted`)");
        return;
    }
    let mut rows = table(&["SKU", "ON HAND", "PROMISED", "STORE", "MAY SELL", "TOLD", "WHEN"]);
    for one in shown {
        for at in &one.stores {
            rows.add_row([
                one.sku.to_string(),
                one.on_hand.to_string(),
                one.promised.to_string(),
                at.store.to_string(),
                units(at.may_sell),
                units(at.told.map(|told| told.units)),
                when(at),
            ]);
        }
    }
    print(&rows);
}

fn tell(one: &Shown) {
    let allocated = one.allocated.map(|units| format!(", of which the warehouse has set {units} aside"));
    say(&format!(
        "{}: {} on hand{}, counted {}",
        one.sku,
        one.on_hand,
        allocated.unwrap_or_default(),
        moment(one.counted_at)
    ));
    say(&format!("  promised  {}", one.promised));
    for PromisedTo { number, store, state, units, .. } in &one.promised_to {
        say(&format!("            {units} to {number} of {store}, {state}"));
    }
    let mut rows = table(&["STORE", "MAY SELL", "TOLD", "WHEN", "LISTED AS"]);
    for at in &one.stores {
        let listed: Vec<String> = at.listings.iter().map(listed_as).collect();
        rows.add_row([
            at.store.to_string(),
            units(at.may_sell),
            units(at.told.map(|told| told.units)),
            when(at),
            listed.join("; "),
        ]);
    }
    print(&rows);
    say("");
}

fn units(units: Option<i64>) -> String {
    units.map_or_else(|| "-".to_owned(), |units| units.to_string())
}

fn when(at: &AtStore) -> String {
    let mut words = vec![match at.told {
        Some(told) => moment(told.at),
        None if at.may_sell.is_none() => "is told nothing of stock".to_owned(),
        None if at.listings.is_empty() => "not listed".to_owned(),
        None if at.listings.iter().all(|it| it.stock != "counted") => "listed without a count".to_owned(),
        None => "not yet".to_owned(),
    }];
    words.extend(at.in_doubt_since.map(|since| format!("in doubt since {}", moment(since))));
    words.extend(at.listings.iter().filter(|it| it.refused.is_some()).map(listed_as));
    words.join("; ")
}

fn listed_as(listing: &ListedAs) -> String {
    let variant = listing.variant_id.as_ref().map(|variant| format!(", variant {variant}"));
    let refused = |it: &RefusedThere| format!(", refused {}: {}", moment(it.at), it.why);
    format!(
        "product {}{} ({}){}",
        listing.product_id,
        variant.unwrap_or_default(),
        listing.stock,
        listing.refused.as_ref().map(refused).unwrap_or_default()
    )
}
