//! The command line: the options of a run, and the hidden commands by which it starts its own parts.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Measures the receiver beside a no-op route and the client library alone, and importing beside what bounds it.
#[derive(Debug, Parser)]
#[command(name = "crossdock-bench", version, max_term_width = 100)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What is measured, and for how long.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Parts to measure, separated by commas; by default all but those that take half an hour
    #[arg(long, value_delimiter = ',', value_name = "PART,…")]
    pub(crate) only: Vec<Part>,
    /// How often the receiver's parts are measured; what is printed is the median
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100), value_name = "N")]
    pub(crate) rounds: u32,
    /// How long each of the receiver's parts is measured, in seconds
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=60), value_name = "SECS")]
    pub(crate) secs: u32,
    /// Shops of the full ledger, with 1,000 orders each
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=1000), value_name = "N")]
    pub(crate) ledger_shops: u32,
}

impl Options {
    /// Whether this part is asked for.
    pub(crate) fn wants(&self, part: Part) -> bool {
        let by_default = self.only.is_empty() && part != Part::EcwidStock;
        by_default || self.only.contains(&part)
    }

    /// Whether one of these parts is asked for.
    pub(crate) fn wants_any(&self, parts: &[Part]) -> bool {
        parts.iter().any(|part| self.wants(*part))
    }
}

/// A part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Part {
    /// A route that reads the body and answers 200: the limit of HTTP
    Noop,
    /// The client library's own confirmed publishing: the limit of the broker
    Library,
    /// A straightforward receiver of axum and the client library: what somebody would write instead
    Plain,
    /// The receiver, as fast as it answers
    Receiver,
    /// The receiver, the no-op route and the library at half the receiver's rate
    Paced,
    /// Genuine webhooks beside a flood of forged ones
    Flood,
    /// Requests to a shop for each 1,000 orders: in a burst, within a minute, one by one, swept (2 minutes)
    Calls,
    /// Orders a second through the importer, beside the limits of the ledger and of the broker
    Importer,
    /// From a webhook to the warehouse's queue: alone, and while another shop hangs
    Arrival,
    /// Requests to a shop for changed quantities and for shipments (3 minutes)
    Stock,
    /// Requests to an Ecwid shop for 10,000 changed quantities, of which its minutes have room for 390 each (half an hour)
    EcwidStock,
    /// A sweep's questions, and those of a person, to a ledger of 100 shops (minutes: it is filled first)
    Ledger,
    /// What is asked of 100,000 dead letters, beside 1,000 (minutes: they are put down first)
    DeadLetters,
}

impl Part {
    /// The parts that the receiver takes part in.
    pub(crate) const RECEIVER: [Self; 6] =
        [Self::Noop, Self::Library, Self::Plain, Self::Receiver, Self::Paced, Self::Flood];

    /// The parts in which shops and the warehouse take part.
    pub(crate) const IMPORTING: [Self; 6] =
        [Self::Calls, Self::Importer, Self::Arrival, Self::Stock, Self::EcwidStock, Self::Ledger];
}

/// The processes that a run starts.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serves the no-op route
    #[command(hide = true)]
    Noop(NoopOptions),
    /// Serves the straightforward receiver
    #[command(hide = true)]
    Plain(PlainOptions),
    /// Publishes through the client library alone
    #[command(hide = true)]
    Library(LibraryOptions),
    /// Sends webhooks
    #[command(hide = true)]
    Load(LoadOptions),
}

#[derive(Debug, Args)]
pub(crate) struct NoopOptions {
    #[arg(long)]
    pub(crate) listen: SocketAddr,
}

#[derive(Debug, Args)]
pub(crate) struct PlainOptions {
    #[arg(long)]
    pub(crate) listen: SocketAddr,
    /// The broker's address
    #[arg(long)]
    pub(crate) url: String,
}

#[derive(Debug, Args)]
pub(crate) struct LibraryOptions {
    #[arg(long)]
    pub(crate) url: String,
    #[arg(long)]
    pub(crate) connections: usize,
    /// On each connection
    #[arg(long)]
    pub(crate) channels: usize,
    /// On all channels together
    #[arg(long)]
    pub(crate) in_flight: usize,
    /// Past the events exchange
    #[arg(long)]
    pub(crate) straight: bool,
    /// Messages a second, whatever the confirms take; without it each place is filled as soon as it is free
    #[arg(long)]
    pub(crate) pace: Option<u32>,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct LoadOptions {
    /// Who answers
    #[arg(long)]
    pub(crate) to: SocketAddr,
    /// Own address
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST.into())]
    pub(crate) from: IpAddr,
    #[arg(long)]
    pub(crate) connections: u32,
    /// Requests a second, whatever the answers take; without it each connection sends as soon as it was answered
    #[arg(long)]
    pub(crate) pace: Option<u32>,
    #[arg(long)]
    pub(crate) webhooks: Webhooks,
    /// The first webhook's order; each next one has the next
    #[arg(long, default_value_t = 1)]
    pub(crate) first_order: u64,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Webhooks {
    /// Signed, and no two alike: every answer must be 200
    Distinct,
    /// Signed, the same few again and again: every answer must be 200
    Repeated,
    /// With signatures of another secret: no answer may be 200, and the connection may be cut
    Forged,
}

impl Webhooks {
    /// As the command line takes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Distinct => "distinct",
            Self::Repeated => "repeated",
            Self::Forged => "forged",
        }
    }
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Time {
    /// Before the measurement, in milliseconds
    #[arg(long)]
    pub(crate) warm_ms: u64,
    /// The measurement, in milliseconds
    #[arg(long)]
    pub(crate) measured_ms: u64,
}

impl Time {
    pub(crate) fn warm(self) -> Duration {
        Duration::from_millis(self.warm_ms)
    }

    pub(crate) fn measured(self) -> Duration {
        Duration::from_millis(self.measured_ms)
    }

    pub(crate) fn whole(self) -> Duration {
        self.warm() + self.measured()
    }
}
