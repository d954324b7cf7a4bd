//! `crossdock check`: the configuration, and with `--online` all that it reaches.

mod refused;

use std::path::Path;

use crossdock_domain::{Platform, StoreId};
use crossdock_ledger::LedgerError;
use crossdock_settings::{Connection, Settings, StoreSettings};
use crossdock_storefront::{Storefront, StorefrontError};
use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::exit::Exit;
use crate::listing::{print, print_json, table};
use crate::{configuration, parts, webhooks};
use refused::refused;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// `configuration`, `warehouse`, `webhooks`, `orders`, `credentials`, `broker`, `ledger` or `shop`.
    kind: &'static str,
    /// The shop that it is about, if it is about one.
    store: Option<StoreId>,
    ok: bool,
    /// What was found, or what is wrong and what to do.
    says: String,
}

impl Finding {
    fn of(kind: &'static str, store: Option<&StoreSettings>, result: Result<String, String>) -> Self {
        let (ok, store) = (result.is_ok(), store.map(|store| store.id.clone()));
        Self { kind, store, ok, says: result.unwrap_or_else(|error| error) }
    }
}

/// Prints what was found; fails if something is not right.
pub(crate) async fn check(config: &Path, online: bool, json: bool) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    let read = format!("{}: {}", config.display(), names_of(&settings));
    let mut findings = vec![Finding::of("configuration", None, Ok(read))];
    findings.extend(unsigned_warehouse(&settings));
    findings.extend(settings.stores.iter().map(|store| webhook_address(store)));
    findings.extend(settings.stores.iter().filter_map(|store| without_start_date(store)));
    findings.extend(refused(&settings).await);
    if online {
        findings.push(Finding::of(
            "broker",
            None,
            parts::broker(&settings).probe().await.map(|probe| probe.version),
        ));
        findings.push(check_ledger(&settings).await);
        findings.extend(check_shops(&settings).await?);
    }
    if json {
        print_json(&findings)?;
    } else {
        let mut rows = table(&["", "WHAT", "STORE", "FOUND"]);
        for Finding { kind, store, ok, says } in &findings {
            let mark = if *ok { "ok" } else { "FAILED" };
            rows.add_row([mark, kind, store.as_ref().map_or("", StoreId::as_str), says]);
        }
        print(&rows);
    }
    Ok(if findings.iter().all(|finding| finding.ok) { Exit::Done } else { Exit::Failed })
}

fn names_of(settings: &Settings) -> String {
    let names: Vec<&str> = settings.stores.iter().map(|store| store.name.as_str()).collect();
    let stores = if names.len() == 1 { "store" } else { "stores" };
    format!("{} {stores}: {}", names.len(), names.join(", "))
}

/// That events over HTTP are refused, where no secret is set. A warehouse that publishes to RabbitMQ needs none.
fn unsigned_warehouse(settings: &Settings) -> Option<Finding> {
    let says =
        "events over HTTP are refused until [warehouse] has signing_secrets; over RabbitMQ none is needed";
    settings.warehouse.signing_secrets.is_empty().then(|| Finding::of("warehouse", None, Ok(says.to_owned())))
}

fn webhook_address(store: &StoreSettings) -> Finding {
    let says = match &store.webhook_url {
        Some(url) if store.platform() == Platform::Bigcommerce => format!(
            "{url}; before you take the shop out of the file, run `crossdock webhooks remove --store {}`",
            store.id
        ),
        Some(url) => url.to_string(),
        None if !store.connection.has_webhooks() => {
            format!(
                "a legacy account has none: the shop is only swept, every {} s",
                store.sweep_every.as_secs()
            )
        }
        None => webhooks::address(store),
    };
    Finding::of("webhooks", Some(store), Ok(says))
}

/// That open orders from before the first sweep stay where they are, which nobody would expect.
fn without_start_date(store: &StoreSettings) -> Option<Finding> {
    let says = format!(
        "there is no start_date: orders placed before the shop's first sweep are imported only once they change; \
         `crossdock orders import --store {} --days 30` brings in those of the last 30 days",
        store.id
    );
    store.orders.placed_from.is_none().then(|| Finding::of("orders", Some(store), Ok(says)))
}

async fn check_ledger(settings: &Settings) -> Finding {
    let kind = if is_postgres(settings) { "PostgreSQL" } else { "SQLite" };
    let says = match crossdock_ledger::open_existing(&settings.ledger.url).await {
        Ok(_) => Ok(format!("{kind}, tables up to date")),
        Err(LedgerError::FileMissing { file }) => {
            Ok(format!("{kind}, {} is made by the first `crossdock run`", file.display()))
        }
        Err(LedgerError::Outdated) => {
            Ok(format!("{kind}, the next `crossdock run` brings its tables up to date"))
        }
        Err(error) => Err(crossdock_telemetry::chain(&error)),
    };
    Finding::of("ledger", None, says)
}

fn is_postgres(settings: &Settings) -> bool {
    settings.ledger.url.expose_secret().starts_with("postgres")
}

async fn check_shops(settings: &Settings) -> anyhow::Result<Vec<Finding>> {
    let shops = parts::shops(settings)?;
    let mut findings = Vec::new();
    for store in &settings.stores {
        let says = check_shop(store, &*shops.get(&store.id)?.storefront).await.map_err(|error| {
            format!("{} (api_url is {})", crossdock_telemetry::chain(&error), api_url(store))
        });
        findings.push(Finding::of("shop", Some(store), says));
    }
    Ok(findings)
}

async fn check_shop(store: &StoreSettings, shop: &dyn Storefront) -> Result<String, StorefrontError> {
    let name = shop.check().await?;
    let mut says = vec![format!("'{name}' answers, {}", proved(store.platform()))];
    says.extend(shop.remarks().await?);
    Ok(says.join("; "))
}

/// What the answers to a check have shown of the token.
fn proved(platform: Platform) -> &'static str {
    match platform {
        Platform::Bigcommerce => {
            "all that is needed can be read; that it may be written too is proved by the first write"
        }
        Platform::Ecwid => "all scopes are there",
    }
}

fn api_url(store: &StoreSettings) -> &str {
    match &store.connection {
        Connection::Bigcommerce(it) => it.api_url.as_str(),
        Connection::BigcommerceLegacy(it) => it.api_path.as_str(),
        Connection::Ecwid(it) => it.api_url.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: &str =
        "[[store]]\nid = 'acme'\n[store.ecwid]\nstore_id = 1\nclient_secrets = ['s']\naccess_token = 't'";

    fn parsed(text: &str) -> Settings {
        Settings::parse(text, Path::new("crossdock.toml"), &|_| None).unwrap()
    }

    #[test]
    fn a_warehouse_that_can_sign_nothing_is_told_of_and_is_no_failure() {
        let found = |warehouse: &str| {
            let text = format!("[warehouse]\n{warehouse}\n{SHOP}");
            unsigned_warehouse(&parsed(&text))
        };
        let note = found("").unwrap();
        assert!(note.ok && note.says.starts_with("events over HTTP are refused until"), "{note:?}");
        assert!(found("signing_secrets = ['whsec_aHVudGVyMg==']").is_none());
    }

    #[test]
    fn stores_are_counted_and_named() {
        let named = |text: &str| names_of(&parsed(text));
        assert_eq!(named(SHOP), "1 store: acme");
        let other = SHOP.replace("id = 'acme'", "id = 'other'\nname = 'Acme Outlet'").replace("= 1", "= 2");
        assert_eq!(
            named(&format!("{SHOP}\n[store.orders]\nprefix = 'W'\n{other}")),
            "2 stores: acme, Acme Outlet"
        );
    }

    #[test]
    fn a_missing_start_date_is_told_with_the_command_that_brings_in_older_orders() {
        let told = |text: &str| without_start_date(&parsed(text).stores[0]);
        let note = told(SHOP).unwrap();
        assert!(
            note.ok && note.says.contains("`crossdock orders import --store acme --days 30`"),
            "{note:?}"
        );
        assert!(told(&format!("{SHOP}\n[store.orders]\nstart_date = 2026-01-31")).is_none());
    }

    #[test]
    fn only_what_was_proved_of_a_token_is_said() {
        assert!(!proved(Platform::Bigcommerce).contains("all scopes"));
        assert_eq!(proved(Platform::Ecwid), "all scopes are there");
    }
}
