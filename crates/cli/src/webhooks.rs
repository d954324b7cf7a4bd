//! `crossdock webhooks`: what the shops are subscribed to.

mod in_turn;
mod remove;
mod sync;

use std::path::Path;

use crossdock_domain::Platform;
use crossdock_reconciler::{Finding, Inspection, Standing, inspect_webhooks};
use crossdock_settings::{Settings, StoreSettings};
use crossdock_storefront::Shop;
use serde::Serialize;

use crate::command_line::WebhooksList;
use crate::exit::Exit;
use crate::listing::{print, print_json, say, table};
use crate::{configuration, parts};

pub(crate) use remove::remove;
pub(crate) use sync::sync;

/// What one shop is subscribed to.
#[derive(Debug, Serialize)]
struct Subscriptions {
    store: String,
    platform: Platform,
    /// Where the shop's webhooks should go; none if the configuration does not say where shops reach the receiver.
    destination: Option<String>,
    /// Why nothing can be listed or mended, or what is to be done by hand.
    remark: Option<String>,
    webhooks: Vec<Row>,
    /// The same for people; none if the shop has no webhooks.
    #[serde(skip)]
    address: Option<String>,
    #[serde(skip)]
    ok: bool,
}

/// A subscription, or the lack of one.
#[derive(Debug, Serialize)]
struct Row {
    scope: String,
    /// The platform's own id; none if it is missing.
    id: Option<String>,
    destination: Option<String>,
    active: bool,
    standing: &'static str,
    problem: Option<&'static str>,
}

/// `crossdock webhooks list`
pub(crate) async fn list(config: &Path, wanted: &WebhooksList) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    if let Some(store) = &wanted.store {
        configuration::store(&settings, store)?;
    }
    let all = subscriptions(&settings, wanted).await?;
    if wanted.json {
        print_json(&all)?;
    } else {
        all.iter().for_each(tell);
    }
    Ok(if all.iter().all(|shop| shop.ok) { Exit::Done } else { Exit::Failed })
}

async fn subscriptions(settings: &Settings, wanted: &WebhooksList) -> anyhow::Result<Vec<Subscriptions>> {
    let shops = parts::shops(settings)?;
    let mut all = Vec::new();
    for store in &settings.stores {
        if wanted.store.as_ref().is_none_or(|wanted| *wanted == store.id) {
            all.push(of_shop(&shops.get(&store.id)?).await);
        }
    }
    Ok(all)
}

async fn of_shop(shop: &Shop) -> Subscriptions {
    let (findings, remark, ok) = match inspect_webhooks(shop).await {
        None => (Vec::new(), Some(by_hand(&shop.settings)), true),
        Some(Ok(Inspection { findings, objection, .. })) => {
            let ok = objection.is_none() && findings.iter().all(|finding| is_well(finding.standing));
            (findings, objection, ok)
        }
        Some(Err(error)) => (Vec::new(), Some(crossdock_telemetry::chain(&error)), false),
    };
    Subscriptions {
        store: shop.settings.id.to_string(),
        platform: shop.settings.platform(),
        destination: shop.settings.webhook_url.as_ref().map(ToString::to_string),
        remark,
        address: shop.settings.connection.has_webhooks().then(|| address(&shop.settings)),
        webhooks: findings.into_iter().map(row).collect(),
        ok,
    }
}

/// Where the shop's webhooks should go, as far as the configuration says it.
pub(crate) fn address(store: &StoreSettings) -> String {
    match &store.webhook_url {
        Some(url) => url.to_string(),
        None => format!("{} (set receiver.public_url to see the whole address)", store.webhook_route()),
    }
}

/// What to do where the platform has no API for webhooks, so that they come.
fn by_hand(store: &StoreSettings) -> String {
    match store.platform() {
        Platform::Ecwid => format!(
            "Ecwid has no API for webhooks: ask its API support to send order.* and product.* events to {}",
            address(store)
        ),
        Platform::Bigcommerce => only_swept(store),
    }
}

/// What to do where the platform has no API for webhooks, so that none comes any more.
fn removed_by_hand(store: &StoreSettings) -> String {
    match store.platform() {
        Platform::Ecwid => format!(
            "Ecwid has no API for webhooks: ask its API support to stop sending this shop's events to {}; \
             take the shop out of the file once they have stopped",
            address(store)
        ),
        Platform::Bigcommerce => only_swept(store),
    }
}

fn only_swept(store: &StoreSettings) -> String {
    let every = store.sweep_every.as_secs();
    format!("a legacy account has no webhooks: the shop is only swept, every {every} s")
}

fn row(Finding { scope, webhook, standing }: Finding) -> Row {
    let active = webhook.as_ref().is_some_and(|webhook| webhook.active);
    let (id, destination) = webhook.map(|webhook| (webhook.id, webhook.destination)).unzip();
    Row { scope, id, destination, active, standing: standing.as_str(), problem: problem(standing) }
}

fn is_well(standing: Standing) -> bool {
    matches!(standing, Standing::Active | Standing::Spare | Standing::Elsewhere | Standing::Other)
}

fn problem(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::Active | Standing::Other => None,
        Standing::SwitchedOff => {
            Some("switched off by the platform; `crossdock webhooks sync` switches it on")
        }
        Standing::Spare => Some("switched off, and not needed: others tell of the same"),
        Standing::WithoutHeader => Some(
            "comes without the header of webhook_header, and is refused; `crossdock webhooks sync` adds it",
        ),
        Standing::Missing => Some("missing; `crossdock webhooks sync` subscribes to it"),
        Standing::Elsewhere => {
            Some("not the receiver's address; remove it if nothing of yours listens there")
        }
    }
}

fn is_elsewhere(standing: &str) -> bool {
    [Standing::Elsewhere, Standing::Other].iter().any(|elsewhere| elsewhere.as_str() == standing)
}

fn tell(shop: &Subscriptions) {
    let address = shop.address.as_ref().map(|address| format!(", webhooks to {address}"));
    say(&format!("{} ({}){}", shop.store, shop.platform, address.unwrap_or_default()));
    if let Some(remark) = &shop.remark {
        say(&format!("  {remark}"));
    }
    if !shop.webhooks.is_empty() {
        let mut rows = table(&["SCOPE", "ACTIVE", "WHOSE", "DESTINATION, PROBLEM"]);
        for Row { scope, destination, active, standing, problem, .. } in &shop.webhooks {
            let whose = if *standing == Standing::Other.as_str() { "another's" } else { "ours" };
            // Of those that come here, the address stands above.
            let elsewhere = destination.as_deref().filter(|_| is_elsewhere(standing));
            let remark: Vec<&str> = elsewhere.into_iter().chain(*problem).collect();
            rows.add_row([scope.as_str(), if *active { "yes" } else { "no" }, whose, &remark.join(": ")]);
        }
        print(&rows);
    }
    say("");
}
