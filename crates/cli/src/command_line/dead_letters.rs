//! `crossdock dead-letters`, as clap reads it.

mod values;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use crossdock_ledger::DeadLetterState;

pub(crate) use values::{Assignment, Boundary};
use values::{assignment, boundary, state};

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// Lists what could not be done, that which failed last first
    List(DeadLettersList),
    /// Shows together what failed for one reason, in one role and shop
    Groups(DeadLettersGroups),
    /// Tells all of one: its message, why it failed, what was done with it, and what it waits behind
    Show {
        /// Its number, as `dead-letters list` shows it
        id: i64,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Says what a replay would do now with each one; sends nothing
    Preview(DeadLettersPreview),
    /// Puts messages back on their own queues, in order and at the shops' pace, and waits until they are handled
    ///
    /// Fails if any failed again. A running role dead-letters sends them; Ctrl-C leaves it at that.
    Replay(DeadLettersReplay),
    /// Changes the data of one before it is replayed; the original is kept
    Edit(DeadLettersEdit),
    /// Gives up what nobody needs any more; `dead-letters undo` takes it back for 30 days
    Discard(DeadLettersDiscard),
    /// Takes a discarding back
    Undo {
        /// The discarding's number, as `dead-letters jobs` shows it
        act: i64,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Prints them whole, with their bodies, to standard output; `dead-letters jobs` tells of it
    Export(DeadLettersExport),
    /// Lists what was done at the desk, by whom, and how replays go; cancels and resumes them
    Jobs(DeadLettersJobs),
}

/// Which ones are meant. Several filters narrow each other down.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Selection {
    /// Only these
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<i64>,
    /// Only of this group, as `dead-letters groups` shows it
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,
    /// Only what this role could not handle: order-importer, tracking-writer, stock-writer or warehouse
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    /// Only of this shop
    #[arg(long, value_name = "ID")]
    pub(crate) store: Option<String>,
    /// Only of this kind of failure, for example shop-not-found
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    /// Only about this order (BG1001, or the shop's id) or SKU; of every shop that has one, unless --store chooses
    #[arg(long, value_name = "ORDER")]
    pub(crate) order: Option<String>,
    /// Only what failed last on this day (2026-01-31 or 31/01/2026, in the zone of the shop, else UTC) or later, or since this moment
    /// (2026-01-31T08:30:00Z)
    #[arg(long, value_parser = boundary, value_name = "WHEN")]
    pub(crate) since: Option<Boundary>,
    /// Only what failed last up to the end of this day, or before this moment
    #[arg(long, value_parser = boundary, value_name = "WHEN")]
    pub(crate) until: Option<Boundary>,
}

#[derive(Debug, Args)]
pub(crate) struct DeadLettersList {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Only in these states: dead, waiting, queued, sent, done, discarded. All that are not over, if none is named
    #[arg(long = "state", value_parser = state, value_delimiter = ',', value_name = "STATE")]
    pub(crate) states: Vec<DeadLetterState>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "N")]
    pub(crate) limit: u32,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeadLettersGroups {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeadLettersPreview {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// At most so many lines, first those of which a replay would come to nothing; JSON has all
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000), value_name = "N")]
    pub(crate) limit: u32,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(crate) struct DeadLettersReplay {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Without another filter: every dead one
    #[arg(long)]
    pub(crate) all: bool,
    /// In place of the dead ones those that were sent more than an hour ago and of which nothing came back: their queue was emptied by
    /// hand, or they are tried again while their shop is away. One that is on its way all the same is handled twice, to the same effect
    #[arg(long)]
    pub(crate) unanswered: bool,
    /// Does not ask, however many there are
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Does not wait until they are handled
    #[arg(long)]
    pub(crate) detach: bool,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("change").required(true).args(["set", "file", "original"])))]
pub(crate) struct DeadLettersEdit {
    /// Its number
    pub(crate) id: i64,
    /// Sets a text, for example data.carrier=UPS; with := a value in JSON, for example data.lines.0.quantity:=2. Repeatable
    #[arg(long, value_parser = assignment, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<Assignment>,
    /// Takes the whole body from this file, or from standard input (-)
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Takes the edit back
    #[arg(long)]
    pub(crate) original: bool,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(crate) struct DeadLettersDiscard {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Why nobody needs them any more
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) reason: String,
    /// Without another filter: every dead or waiting one
    #[arg(long)]
    pub(crate) all: bool,
    /// In place of those the ones that were sent more than an hour ago and of which nothing came back, because their queue was emptied by
    /// hand. Not while their shop is away: they are tried again then, and what waits behind them would overtake them
    #[arg(long)]
    pub(crate) unanswered: bool,
    /// Does not ask, however many there are
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeadLettersExport {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Only in these states: dead, waiting, queued, sent, done, discarded. All that are not over, if none is named
    #[arg(long = "state", value_parser = state, value_delimiter = ',', value_name = "STATE")]
    pub(crate) states: Vec<DeadLetterState>,
    /// How: JSON, an object a line, is exact; CSV is for spreadsheets
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl, value_name = "FORMAT")]
    pub(crate) format: ExportFormat,
    /// Prints JSON lines, as it does anyway
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    Jsonl,
    Csv,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("one").args(["act", "cancel", "resume"])))]
pub(crate) struct DeadLettersJobs {
    /// Only this one
    #[arg(value_name = "ID")]
    pub(crate) act: Option<i64>,
    /// Ends this replay: what was not sent yet stays dead
    #[arg(long, value_name = "ID")]
    pub(crate) cancel: Option<i64>,
    /// Goes on with this cancelled replay
    #[arg(long, value_name = "ID")]
    pub(crate) resume: Option<i64>,
    /// At most so many, the latest first
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "N")]
    pub(crate) limit: u32,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}
