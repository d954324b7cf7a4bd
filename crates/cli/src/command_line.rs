//! The command line, as clap reads it.

mod dead_letters;
mod orders;
mod stock;
mod webhooks;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use crossdock_telemetry::logs::LogFormat;

pub(crate) use dead_letters::{
    Assignment, Boundary, DeadLetters, DeadLettersDiscard, DeadLettersEdit, DeadLettersExport,
    DeadLettersGroups, DeadLettersJobs, DeadLettersList, DeadLettersPreview, DeadLettersReplay, ExportFormat,
    Selection,
};
pub(crate) use orders::{Orders, OrdersImport, OrdersList, OrdersProof, OrdersRejudge, OrdersRetry};
pub(crate) use stock::{Stock, StockPushed, StockShow};
pub(crate) use webhooks::{Webhooks, WebhooksList, WebhooksRemove, WebhooksSync};

/// Carries orders from web shops to a warehouse, and tracking numbers and stock levels back.
#[derive(Debug, Parser)]
#[command(name = "crossdock", version, max_term_width = 100)]
pub(crate) struct CommandLine {
    /// The configuration file
    #[arg(
        long,
        global = true,
        env = "CROSSDOCK_CONFIG",
        default_value = "crossdock.toml",
        value_name = "FILE"
    )]
    pub(crate) config: PathBuf,

    /// How log lines on standard error look; RUST_LOG chooses which there are
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(crate) log_format: Format,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

impl From<Format> for LogFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the roles until told to stop (SIGTERM, Ctrl-C); SIGHUP reads the configuration again
    Run(Roles),
    /// Checks the configuration; with --online also the broker, the ledger, and whether each shop takes our credentials
    Check(Check),
    /// What became of orders, and importing them by hand
    #[command(subcommand)]
    Orders(Orders),
    /// What is on hand and promised, what the shops were told of it, and telling them now
    #[command(subcommand)]
    Stock(Stock),
    /// What the shops are subscribed to
    #[command(subcommand)]
    Webhooks(Webhooks),
    /// What could not be done: seen, understood, replayed
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Serves every shop of the configuration whose api_url is on loopback, and a warehouse that ships what is released
    Sandbox(Sandbox),
    /// Prints completions for a shell
    Completions {
        /// For which shell
        shell: Shell,
    },
}

impl Command {
    /// What is logged if `RUST_LOG` says nothing, where that is not the usual: a person reads the result, not each step, nor how
    /// long the database took for it.
    pub(crate) fn log_filter(&self) -> Option<&'static str> {
        matches!(self, Self::Orders(_) | Self::Stock(_) | Self::DeadLetters(_))
            .then_some("warn,sqlx=error,crossdock::signals=info")
    }
}

#[derive(Debug, Args)]
pub(crate) struct Roles {
    /// Only these roles, separated by commas; all of them if none is named
    #[arg(long = "role", value_enum, value_delimiter = ',', value_name = "ROLE")]
    roles: Vec<Role>,
    /// Where a process without the receiver answers /livez, /readyz and /metrics, such as 127.0.0.1:9464; one with the receiver
    /// answers them at receiver.listen
    #[arg(long, env = "CROSSDOCK_HEALTH", value_name = "ADDRESS")]
    health: Option<SocketAddr>,
}

impl Roles {
    /// Where health and metrics are answered, if there is no receiver to do that.
    pub(crate) fn health(&self) -> Option<SocketAddr> {
        self.health.filter(|_| !self.chosen().contains(&Role::Receiver))
    }

    /// Each role that is to run, once.
    pub(crate) fn chosen(&self) -> Vec<Role> {
        let named = |role: &&Role| self.roles.is_empty() || self.roles.contains(role);
        Role::value_variants().iter().filter(named).copied().collect()
    }
}

/// A part of Crossdock that can run in a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Takes webhooks and the warehouse's events over HTTP
    Receiver,
    /// Reads changed orders and releases them to the warehouse
    OrderImporter,
    /// Writes shipments to the shops
    TrackingWriter,
    /// Writes stock to the shops
    StockWriter,
    /// Keeps webhooks alive, sweeps the shops for what none told of, releases held orders in time, and proves that none is missing
    Reconciler,
    /// Keeps what could not be done, and sends what is replayed
    DeadLetters,
}

impl Role {
    /// As it is written after `--role`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Receiver => "receiver",
            Self::OrderImporter => crossdock_order_importer::ROLE,
            Self::TrackingWriter => crossdock_tracking_writer::ROLE,
            Self::StockWriter => crossdock_stock_writer::ROLE,
            Self::Reconciler => crossdock_reconciler::ROLE,
            Self::DeadLetters => crossdock_dead_letters::ROLE,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Also reach for the broker (its queues are made there if they are missing), the ledger and the shops
    #[arg(long)]
    pub(crate) online: bool,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    /// Place so many orders, wait until everything is done, print what happened, and leave: with status 1 if something is missing
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000), value_name = "N")]
    pub(crate) orders: Option<u32>,
    /// Time between two orders, in milliseconds
    #[arg(long, default_value_t = 1500, value_name = "MS")]
    pub(crate) pace_ms: u64,
    /// How long the warehouse packs an order, in milliseconds
    #[arg(long, default_value_t = 2000, value_name = "MS")]
    pub(crate) ship_after_ms: u64,
    /// Id of each BigCommerce shop's first order: above all that the ledger knows
    #[arg(long, default_value_t = 1001, value_name = "ID")]
    pub(crate) first_order_id: u64,
    /// The same seed brings the same buyers
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Prints the result as JSON (with --orders)
    #[arg(long)]
    pub(crate) json: bool,
}

impl Sandbox {
    pub(crate) fn pace(&self) -> Duration {
        Duration::from_millis(self.pace_ms)
    }

    pub(crate) fn ship_after(&self) -> Duration {
        Duration::from_millis(self.ship_after_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(arguments: &[&str]) -> Vec<Role> {
        let line = CommandLine::try_parse_from([&["crossdock", "run"], arguments].concat()).unwrap();
        let Command::Run(roles) = line.command else { panic!("another command") };
        roles.chosen()
    }

    #[test]
    fn a_role_runs_once_however_often_it_is_named() {
        assert_eq!(roles(&["--role", "receiver,reconciler,receiver"]), [Role::Receiver, Role::Reconciler]);
        assert_eq!(roles(&["--role", "receiver", "--role", "receiver"]), [Role::Receiver]);
        assert_eq!(roles(&[]), Role::value_variants());
    }
}
