//! `crossdock webhooks remove`: takes a shop's subscriptions away, before the shop leaves the file.

use std::path::Path;

use anyhow::{anyhow, bail};
use crossdock_domain::StoreId;
use crossdock_reconciler::{LEFT_ALONE_SECS, removable_webhooks, remove_webhooks};
use crossdock_settings::Settings;
use crossdock_storefront::{Shop, Webhook};
use serde::Serialize;

use super::in_turn::in_turn;
use super::removed_by_hand;
use crate::command_line::WebhooksRemove;
use crate::exit::Exit;
use crate::listing::{print_json, say};
use crate::{configuration, parts, signals};

/// What was removed, or would be.
#[derive(Debug, Serialize)]
struct Told {
    store: StoreId,
    dry_run: bool,
    removed: Vec<Removed>,
}

#[derive(Debug, Serialize)]
struct Removed {
    id: String,
    scope: String,
    destination: String,
}

/// `crossdock webhooks remove`
pub(crate) async fn remove(config: &Path, wanted: &WebhooksRemove) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    let store = &configuration::store(&settings, &wanted.store)?.id;
    let shop = parts::shops(&settings)?.get(store)?;
    let webhooks = if wanted.dry_run { removable(&shop).await? } else { removed(&settings, &shop).await? };
    let removed = webhooks.into_iter().map(Removed::from).collect();
    let told = Told { store: store.clone(), dry_run: wanted.dry_run, removed };
    if wanted.json {
        print_json(&told)?;
    } else {
        tell(&told);
    }
    Ok(Exit::Done)
}

impl From<Webhook> for Removed {
    fn from(Webhook { id, scope, destination, .. }: Webhook) -> Self {
        Self { id, scope, destination }
    }
}

async fn removable(shop: &Shop) -> anyhow::Result<Vec<Webhook>> {
    let Some(removable) = removable_webhooks(shop).await else { bail!(removed_by_hand(&shop.settings)) };
    removable.map_err(|failure| anyhow!(failure.chain))
}

async fn removed(settings: &Settings, shop: &Shop) -> anyhow::Result<Vec<Webhook>> {
    let (ledger, stopping) = (parts::open_existing_ledger(settings).await?, signals::stop_token()?);
    let removed = in_turn(&stopping, || remove_webhooks(&*ledger, shop, &stopping)).await;
    let Some(removed) = removed else { bail!(removed_by_hand(&shop.settings)) };
    removed.map_err(|failure| anyhow!(failure.chain))
}

fn tell(told: &Told) {
    let done = if told.dry_run { "would remove" } else { "removed" };
    for Removed { scope, destination, .. } in &told.removed {
        say(&format!("{done} {scope}, to {destination}"));
    }
    let (store, minutes) = (&told.store, LEFT_ALONE_SECS / 60);
    if told.removed.is_empty() {
        say(&format!("{store}: no webhook leads to the receiver"));
    }
    if !told.dry_run {
        say(&format!(
            "now take {store} out of the file and reload it: after {minutes} minutes, its webhooks are made anew"
        ));
    }
}
