//! Genuine webhooks alone, and beside a flood of forged ones, from another address and from the same.

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Context as _;

use crate::command_line::Webhooks;
use crate::figures::{CONFIRMED, Figures, Used};
use crate::plan::{Case, Run};
use crate::process::Gauge;
use crate::summary::Sample;

/// Genuine webhooks a second.
const GENUINE_PER_SEC: u32 = 500;

/// Over so many connections.
const GENUINE_CONNECTIONS: u32 = 16;

/// Forged webhooks a second.
const FORGED_PER_SEC: u32 = 10_000;

/// Over so many connections.
const FORGED_CONNECTIONS: u32 = 64;

/// Another address of this machine: all of 127.0.0.0/8 is loopback.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Where the forged webhooks come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flood {
    /// There are none.
    Quiet,
    /// Another address than the genuine ones.
    Elsewhere,
    /// The same address as the genuine ones.
    SameAddress,
}

impl fmt::Display for Flood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quiet => "quiet",
            Self::Elsewhere => "flood from elsewhere",
            Self::SameAddress => "flood from there too",
        })
    }
}

/// Measures all three.
pub(crate) async fn round(run: &mut Run) -> anyhow::Result<()> {
    for flood in [Flood::Quiet, Flood::Elsewhere, Flood::SameAddress] {
        measure(run, flood).await.with_context(|| Case::Genuine(flood).to_string())?;
    }
    Ok(())
}

async fn measure(run: &mut Run, flood: Flood) -> anyhow::Result<()> {
    run.stage.clear().await?;
    let (to, receiver) = (run.stage.receiver_address()?, run.stage.receiver.gauge);
    let genuine = run.load(to, Webhooks::Distinct, GENUINE_CONNECTIONS, Some(GENUINE_PER_SEC))?;
    let mut forged = run.load(to, Webhooks::Forged, FORGED_CONNECTIONS, Some(FORGED_PER_SEC))?;
    if flood == Flood::Elsewhere {
        forged.args(["--from", &ELSEWHERE.to_string()]);
    }
    let (spooled, cpu) = (run.stage.spooled().await?, receiver.cpu()?);
    let forged = async { if flood == Flood::Quiet { Ok(None) } else { run.figures(forged).await.map(Some) } };
    let (genuine, forged) = tokio::join!(run.figures(genuine), forged);
    let (genuine, forged) = (genuine?, forged?);
    let used = used(receiver, cpu)?;
    let spooled = Some(run.stage.spooled().await? - spooled);
    run.stage.stored(genuine.answered(CONFIRMED)).await?;
    let served = genuine.all() + forged.as_ref().map_or(0, Figures::all);
    let sample = |figures| Sample { figures, used, served, broker_cpu_secs: None, spooled };
    run.samples.add(Case::Genuine(flood), sample(genuine));
    if let Some(forged) = forged {
        run.samples.add(Case::Forged(flood), sample(forged));
    }
    Ok(())
}

fn used(process: Gauge, before: Duration) -> anyhow::Result<Used> {
    let cpu_secs = process.cpu_since(before)?.as_secs_f64();
    Ok(Used { cpu_secs, memory_mib: process.memory_mib()? })
}
