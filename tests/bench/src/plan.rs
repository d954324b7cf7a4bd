//! The run: each round measures every case once, so that what disturbs the machine for a while disturbs all of them.

use std::fmt;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::command_line::{Options, Part, Webhooks};
use crate::figures::{CONFIRMED, Figures};
use crate::flood::{self, Flood};
use crate::process::Gauge;
use crate::stage::Stage;
use crate::summary::{Sample, Samples};
use crate::{table, targets};

/// Connections to the receiver and the no-op route, and messages in flight of the client library.
pub(crate) const LEVELS: [u32; 4] = [1, 16, 64, 256];

/// Up to this many messages in flight, several channels bring nothing.
const ONE_CHANNEL_UP_TO: u32 = 16;

/// Connections and channels on each, over which the client library spreads what is in flight.
const SPREADS: [(u32, u32); 4] = [(1, 1), (1, 2), (1, 4), (4, 1)];

/// Channels on which the library publishes straight to the queue: those on which it is fastest.
const STRAIGHT_CHANNELS: u32 = 4;

/// Channels on which the library publishes at a fixed pace: as many as the receiver uses.
const PACED_CHANNELS: u32 = 2;

/// Before each measurement, in milliseconds.
const WARM_MS: u32 = 300;

/// What a measuring process may take longer than asked for, in seconds: it makes its requests first.
const SLACK_SECS_MAX: u32 = 30;

/// What is measured. In the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Case {
    Noop {
        connections: u32,
    },
    Library {
        in_flight: u32,
        connections: u32,
        channels: u32,
    },
    /// The library past the events exchange, straight to the queue: what routing by topic costs RabbitMQ.
    Straight {
        in_flight: u32,
        channels: u32,
    },
    /// The straightforward receiver, on one channel.
    Plain {
        connections: u32,
    },
    Receiver {
        connections: u32,
    },
    PacedNoop,
    /// The library with as many in flight as there are connections: the broker's part of the receiver's times.
    PacedLibrary,
    PacedReceiver,
    Genuine(Flood),
    Forged(Flood),
}

/// Measures everything that is asked for, and prints it.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let mut run = Run { stage, options, samples: Samples::default(), next_order: 1 };
    for round in 1..=run.options.rounds {
        eprintln!("round {round} of {}", run.options.rounds);
        run.round().await?;
    }
    table::print(&run.samples);
    targets::print(&run.samples);
    Ok(())
}

/// A run under way.
pub(crate) struct Run {
    pub(crate) stage: Stage,
    pub(crate) options: Options,
    pub(crate) samples: Samples,
    next_order: u64,
}

impl Run {
    async fn round(&mut self) -> anyhow::Result<()> {
        for level in LEVELS {
            for case in cases(level) {
                if self.options.wants(case.part()) {
                    self.case(case).await.with_context(|| case.to_string())?;
                }
            }
        }
        if self.options.wants(Part::Paced) {
            self.case(Case::PacedNoop).await.context("no-op route, paced")?;
            self.case(Case::PacedLibrary).await.context("library, paced")?;
            self.case(Case::PacedReceiver).await.context("receiver, paced")?;
        }
        if self.options.wants(Part::Flood) {
            flood::round(self).await?;
        }
        Ok(())
    }

    async fn case(&mut self, case: Case) -> anyhow::Result<()> {
        let sample = match case {
            Case::Noop { connections } => {
                let load = self.load(self.stage.noop_address, Webhooks::Repeated, connections, None)?;
                self.measure(load, Some(self.stage.noop.gauge)).await?
            }
            Case::Library { in_flight, connections, channels } => {
                let library = self.measure_library(in_flight, connections, channels)?;
                self.measure(library, None).await?
            }
            Case::Straight { in_flight, channels } => {
                let mut library = self.measure_library(in_flight, 1, channels)?;
                library.arg("--straight");
                self.measure(library, None).await?
            }
            Case::Plain { connections } => {
                let load = self.load(self.stage.plain_address, Webhooks::Distinct, connections, None)?;
                let sample = self.measure(load, Some(self.stage.plain.gauge)).await?;
                self.stage.stored(sample.figures.answered(CONFIRMED)).await?;
                sample
            }
            Case::Receiver { connections } => self.receiver(connections, None).await?,
            Case::PacedNoop => {
                let pace = Some(self.half_load().await?);
                let load = self.load(self.stage.noop_address, Webhooks::Repeated, highest(), pace)?;
                self.measure(load, Some(self.stage.noop.gauge)).await?
            }
            Case::PacedLibrary => {
                let pace = self.half_load().await?;
                let mut library = self.measure_library(highest(), 1, PACED_CHANNELS)?;
                library.args(["--pace", &pace.to_string()]);
                self.measure(library, None).await?
            }
            Case::PacedReceiver => {
                let pace = Some(self.half_load().await?);
                self.receiver(highest(), pace).await?
            }
            Case::Genuine(_) | Case::Forged(_) => unreachable!("the flood measures these itself"),
        };
        self.samples.add(case, sample);
        Ok(())
    }

    /// Measures the receiver, and makes sure that it kept its word.
    pub(crate) async fn receiver(&mut self, connections: u32, pace: Option<u32>) -> anyhow::Result<Sample> {
        let load = self.load(self.stage.receiver_address()?, Webhooks::Distinct, connections, pace)?;
        let spooled = self.stage.spooled().await?;
        let mut sample = self.measure(load, Some(self.stage.receiver.gauge)).await?;
        sample.spooled = Some(self.stage.spooled().await? - spooled);
        self.stage.stored(sample.figures.answered(CONFIRMED)).await?;
        self.stage.clear().await?;
        Ok(sample)
    }

    /// Half of what the receiver has answered at most, a second.
    async fn half_load(&mut self) -> anyhow::Result<u32> {
        let full = Case::Receiver { connections: highest() };
        if self.samples.of(full).is_empty() {
            Box::pin(self.case(full)).await?;
        }
        Ok(whole(self.samples.rate(full) / 2.0))
    }

    /// Runs a measuring process; `server` is whom it measures, else it measures itself.
    async fn measure(&self, command: Command, server: Option<Gauge>) -> anyhow::Result<Sample> {
        self.stage.clear().await?;
        let (cpu, broker) =
            (server.map(Gauge::cpu).transpose()?, self.stage.broker.map(Gauge::cpu).transpose()?);
        let figures = self.figures(command).await?;
        let since = |gauge: Gauge, before: Duration| anyhow::Ok(gauge.cpu_since(before)?.as_secs_f64());
        let mut used = figures.own;
        if let Some((server, before)) = server.zip(cpu) {
            used.cpu_secs = since(server, before)?;
            used.memory_mib = server.memory_mib()?;
        }
        let broker = self.stage.broker.zip(broker).map(|(gauge, before)| since(gauge, before)).transpose()?;
        Ok(Sample { served: figures.all(), figures, used, broker_cpu_secs: broker, spooled: None })
    }

    /// Runs a measuring process to its end.
    pub(crate) async fn figures(&self, mut command: Command) -> anyhow::Result<Figures> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let limit = Duration::from_secs((self.options.secs + SLACK_SECS_MAX).into());
        let done =
            timeout(limit, child.wait_with_output()).await.context("the measurement does not end")??;
        anyhow::ensure!(done.status.success(), "the measurement failed");
        Ok(serde_json::from_slice(&done.stdout)?)
    }

    /// A load generator. Each has orders of its own.
    pub(crate) fn load(
        &mut self,
        to: SocketAddr,
        webhooks: Webhooks,
        connections: u32,
        pace: Option<u32>,
    ) -> anyhow::Result<Command> {
        let mut command = self.child("load")?;
        command.args(["--to", &to.to_string(), "--connections", &connections.to_string()]);
        command.args(["--webhooks", webhooks.name(), "--first-order", &self.next_order.to_string()]);
        if let Some(pace) = pace {
            command.args(["--pace", &pace.to_string()]);
        }
        self.next_order += 1_000_000;
        Ok(command)
    }

    fn measure_library(&self, in_flight: u32, connections: u32, channels: u32) -> anyhow::Result<Command> {
        let mut command = self.child("library")?;
        command.args(["--url", &self.stage.broker_url(), "--in-flight", &in_flight.to_string()]);
        command.args(["--connections", &connections.to_string(), "--channels", &channels.to_string()]);
        Ok(command)
    }

    fn child(&self, name: &str) -> anyhow::Result<Command> {
        let measured_ms = self.options.secs * 1_000;
        let mut command = Command::new(std::env::current_exe()?);
        command.args([name, "--warm-ms", &WARM_MS.to_string(), "--measured-ms", &measured_ms.to_string()]);
        Ok(command)
    }
}

/// What is measured with so many connections or messages in flight, side by side.
fn cases(level: u32) -> Vec<Case> {
    let spreads = if level > ONE_CHANNEL_UP_TO { &SPREADS[..] } else { &SPREADS[..1] };
    let library = spreads.iter().map(|&(connections, channels)| Case::Library {
        in_flight: level,
        connections,
        channels,
    });
    let mut cases = vec![Case::Noop { connections: level }];
    cases.extend(library);
    if level == highest() {
        cases.push(Case::Straight { in_flight: level, channels: STRAIGHT_CHANNELS });
    }
    cases.extend([Case::Plain { connections: level }, Case::Receiver { connections: level }]);
    cases
}

/// Most connections.
pub(crate) fn highest() -> u32 {
    LEVELS[LEVELS.len() - 1]
}

/// A rate as a whole number of requests a second, at least 1.
fn whole(rate: f64) -> u32 {
    let text = format!("{rate:.0}");
    text.parse().unwrap_or(0).max(1)
}

impl Case {
    fn part(self) -> Part {
        match self {
            Self::Noop { .. } => Part::Noop,
            Self::Library { .. } | Self::Straight { .. } => Part::Library,
            Self::Plain { .. } => Part::Plain,
            Self::Receiver { .. } => Part::Receiver,
            Self::PacedNoop | Self::PacedLibrary | Self::PacedReceiver => Part::Paced,
            Self::Genuine(_) | Self::Forged(_) => Part::Flood,
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Noop { connections } => write!(f, "no-op route, {}", many(connections, "connection")),
            Self::Library { in_flight, connections: 1, channels } => {
                write!(f, "library, {in_flight} in flight, {}", many(channels, "channel"))
            }
            Self::Library { in_flight, connections, .. } => {
                write!(f, "library, {in_flight} in flight, {}", many(connections, "connection"))
            }
            Self::Straight { in_flight, channels } => {
                write!(f, "library, {in_flight} in flight, {channels} channels, straight to the queue")
            }
            Self::Plain { connections } => {
                write!(f, "straightforward receiver, {}", many(connections, "connection"))
            }
            Self::Receiver { connections } => write!(f, "receiver, {}", many(connections, "connection")),
            Self::PacedNoop => f.write_str("no-op route, half the receiver's load"),
            Self::PacedLibrary => {
                write!(f, "library, {PACED_CHANNELS} channels, half the receiver's load")
            }
            Self::PacedReceiver => f.write_str("receiver, half its load"),
            Self::Genuine(flood) => write!(f, "500/s genuine, {flood}"),
            Self::Forged(flood) => write!(f, "10,000/s forged, {flood}"),
        }
    }
}

fn many(count: u32, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
