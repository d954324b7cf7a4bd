//! `crossdock webhooks`, as clap reads it.

use clap::{Args, Subcommand};
use crossdock_domain::StoreId;

#[derive(Debug, Subcommand)]
pub(crate) enum Webhooks {
    /// Lists what the shops are subscribed to, and what is wrong with it; changes nothing
    List(WebhooksList),
    /// Subscribes a shop to what is missing, switches on again what was switched off, and looks for orders missed meanwhile
    Sync(WebhooksSync),
    /// Removes a shop's webhooks that lead to the receiver: run it before you take a shop out of the file
    ///
    /// A platform goes on calling a shop that is gone, and may block your whole domain for its failures. For an hour nothing
    /// makes the webhooks anew by itself; `webhooks sync` does at once.
    Remove(WebhooksRemove),
}

#[derive(Debug, Args)]
pub(crate) struct WebhooksRemove {
    /// Which shop
    #[arg(long, value_name = "ID")]
    pub(crate) store: StoreId,
    /// Only says what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
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
