//! `crossdock stock`, as clap reads it.

use clap::{Args, Subcommand};
use crossdock_domain::StoreId;

#[derive(Debug, Subcommand)]
pub(crate) enum Stock {
    /// Shows what is on hand, what is promised, what each shop may sell, and what it was told
    Show(StockShow),
    /// Has a shop's stock pushed now: what differs from what the shop was told, or everything
    ///
    /// A running stock-writer carries it out, in the shop's turn; `crossdock stock show` tells when the shop has taken it.
    Push(StockPushed),
}

#[derive(Debug, Args)]
pub(crate) struct StockShow {
    /// Only these SKUs, with the orders that they are promised to and the shops' listings
    #[arg(value_name = "SKU")]
    pub(crate) skus: Vec<String>,
    /// Only of this shop
    #[arg(long, value_name = "ID")]
    pub(crate) store: Option<StoreId>,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StockPushed {
    /// Which shop
    #[arg(long, value_name = "ID")]
    pub(crate) store: StoreId,
    /// Reads the shop's catalogue anew and pushes every SKU, also those whose quantity the shop was told already or refused
    #[arg(long)]
    pub(crate) full: bool,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}
