//! `crossdock check`: the configuration, and with `--online` all that it reaches.

use std::path::Path;

use crossdock_domain::Platform;
use crossdock_settings::{Settings, StoreSettings};
use serde::Serialize;

use crate::exit::Exit;
use crate::listing::{print, print_json, table};
use crate::{configuration, parts};

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    part: String,
    ok: bool,
    says: String,
}

impl Finding {
    fn of(part: impl Into<String>, result: Result<String, String>) -> Self {
        let ok = result.is_ok();
        Self { part: part.into(), ok, says: result.unwrap_or_else(|error| error) }
    }
}

/// Prints what was found; fails if something is not right.
pub(crate) async fn check(config: &Path, online: bool, json: bool) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    let mut findings =
        vec![Finding::of(config.display().to_string(), Ok(format!("{} stores", settings.stores.len())))];
    findings.extend(settings.stores.iter().map(|store| webhook_address(&settings, store)));
    if online {
        findings
            .push(Finding::of("broker", parts::broker(&settings).probe().await.map(|probe| probe.version)));
        findings.push(check_ledger(&settings).await);
        findings.extend(check_shops(&settings).await?);
    }
    if json {
        print_json(&findings)?;
    } else {
        let mut rows = table(&["", "PART", "FOUND"]);
        for finding in &findings {
            let mark = if finding.ok { "ok" } else { "FAILED" };
            rows.add_row([mark, finding.part.as_str(), finding.says.as_str()]);
        }
        print(&rows);
    }
    Ok(if findings.iter().all(|finding| finding.ok) { Exit::Done } else { Exit::Failed })
}

fn webhook_address(settings: &Settings, store: &StoreSettings) -> Finding {
    let route = match store.platform() {
        Platform::Bigcommerce => "bigcommerce",
        Platform::Ecwid => "ecwid",
    };
    let path = format!("/webhooks/{route}/{}", store.id);
    let says = match &settings.receiver.public_url {
        Some(url) => format!("webhooks go to {}{path}", url.as_str().trim_end_matches('/')),
        None => format!("webhooks go to {path}; set receiver.public_url to see the whole address"),
    };
    Finding::of(format!("{} ({})", store.name, store.id), Ok(says))
}

async fn check_ledger(settings: &Settings) -> Finding {
    let opened = parts::open_ledger(settings).await;
    let kind = if is_postgres(settings) { "PostgreSQL" } else { "SQLite" };
    let says = opened.map(|_| format!("{kind}, tables up to date"));
    Finding::of("ledger", says.map_err(|error| crossdock_telemetry::chain(error.as_ref())))
}

fn is_postgres(settings: &Settings) -> bool {
    use secrecy::ExposeSecret as _;
    settings.ledger.url.expose_secret().starts_with("postgres")
}

async fn check_shops(settings: &Settings) -> anyhow::Result<Vec<Finding>> {
    let shops = parts::shops(settings)?;
    let mut findings = Vec::new();
    for store in &settings.stores {
        let shop = shops.get(&store.id)?;
        let checked = shop.storefront.check().await;
        let says = checked
            .map(|name| format!("'{name}' answers, all scopes are there"))
            .map_err(|error| crossdock_telemetry::chain(&error));
        findings.push(Finding::of(store.id.to_string(), says));
    }
    Ok(findings)
}
