//! `crossdock orders`, as clap reads it.

use clap::{ArgGroup, Args, Subcommand};
use crossdock_domain::StoreId;
use crossdock_ledger::OrderState;
use crossdock_settings::parse_date;
use jiff::civil::Date;

#[derive(Debug, Subcommand)]
pub(crate) enum Orders {
    /// Lists orders, the latest placed first
    List(OrdersList),
    /// Tells the whole story of an order
    Show {
        /// The warehouse's number (BG1001) or the shop's id (1001)
        order: String,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Imports a shop's orders by hand: all that were placed in the last days, or since a day
    ///
    /// Orders that the warehouse has are not released again, so it can be stopped (Ctrl-C) and run again.
    Import(OrdersImport),
    /// Judges a shop's filtered and held orders anew, by the rules that the file has now
    Rejudge(OrdersRejudge),
    /// Releases orders again that the warehouse rejected
    Retry(OrdersRetry),
    /// Proves that every order that the shops have of a day is accounted for, and imports what is missing
    ///
    /// Fails if something was missing. Days are those of the shop's time zone. A running reconciler does the same every morning.
    Proof(OrdersProof),
}

#[derive(Debug, Args)]
pub(crate) struct OrdersList {
    /// Only of this shop
    #[arg(long, value_name = "ID")]
    pub(crate) store: Option<StoreId>,
    /// Only in this state: filtered, held, cancelled, releasing, released, accepted, rejected or shipped
    #[arg(long, value_parser = state)]
    pub(crate) state: Option<OrderState>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "N")]
    pub(crate) limit: u32,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("span").required(true).args(["days", "since"])))]
pub(crate) struct OrdersImport {
    /// Which shop
    #[arg(long, value_name = "ID")]
    pub(crate) store: StoreId,
    /// Orders placed in the last N days, counted back from now
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3_660), value_name = "N")]
    pub(crate) days: Option<u32>,
    /// Orders placed since this day (2026-01-31 or 31/01/2026) began in the shop's time zone
    #[arg(long, value_parser = parse_date, value_name = "DATE")]
    pub(crate) since: Option<Date>,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OrdersRejudge {
    /// Which shop
    #[arg(long, value_name = "ID")]
    pub(crate) store: StoreId,
    /// Only shows what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OrdersRetry {
    /// The warehouse's numbers (BG1001), or the shop's ids (1001)
    #[arg(required = true, value_name = "NUMBER")]
    pub(crate) orders: Vec<String>,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OrdersProof {
    /// Only of this shop
    #[arg(long, value_name = "ID")]
    pub(crate) store: Option<StoreId>,
    /// Which day (2026-01-31 or 31/01/2026); yesterday if nothing is said
    #[arg(long, value_parser = parse_date, value_name = "DATE", conflicts_with = "days")]
    pub(crate) day: Option<Date>,
    /// The last N days, up to yesterday
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=366), value_name = "N")]
    pub(crate) days: u16,
    /// Imports nothing; only says what would become of missing orders
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn state(name: &str) -> Result<OrderState, String> {
    OrderState::named(name).ok_or_else(|| {
        let names: Vec<&str> = OrderState::ALL.iter().map(|state| state.as_str()).collect();
        format!("the states are {}", names.join(", "))
    })
}
