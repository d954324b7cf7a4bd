//! `crossdock webhooks`, as clap reads it.

use clap::{Args, Subcommand};
use crossdock_domain::StoreId;

#[derive(Debug, Subcommand)]
pub(crate) enum Webhooks {
    /// Lists what the shops are subscribed to, and what is wrong with it; changes nothing
    List(WebhooksList),
    /// Subscribes a shop to what is missing, switches on again what was switched off, and looks for orders missed meanwhile
    Sync(WebhooksSync),
}

#[derive(Debug, Args)]
pub(crate) struct WebhooksList {
    /// Only of this shop
    #[arg(long, value_name = "ID")]
    pub(crate) store: Option<StoreId>,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WebhooksSync {
    /// Which shop
    #[arg(long, value_name = "ID")]
    pub(crate) store: StoreId,
    /// Only says what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}
