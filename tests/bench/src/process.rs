//! A process that is measured: started, killed when dropped, its CPU time and memory read from `/proc`.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::{Child, Command};

/// One tick of the times in `/proc/PID/stat`, in milliseconds: `USER_HZ` is 100 on every Linux that runs on our machines (man 5 proc).
const TICK_MS: u64 = 10;

/// Where the times stand in `/proc/PID/stat`, counted from behind the process's name: utime and stime (man 5 proc).
const TIME_FIELDS: [usize; 2] = [11, 12];

/// A running process.
pub(crate) struct Process {
    /// Killed when dropped.
    _child: Child,
    /// What the system says of it.
    pub(crate) gauge: Gauge,
}

impl Process {
    /// Starts it.
    pub(crate) fn start(mut command: Command) -> anyhow::Result<Self> {
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn();
        let child = child.with_context(|| format!("could not start {command:?}"))?;
        let gauge = Gauge { pid: child.id().context("the process ended at once")? };
        Ok(Self { _child: child, gauge })
    }
}

/// Reads what a process has used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gauge {
    pid: u32,
}

impl Gauge {
    /// This process.
    pub(crate) fn own() -> Self {
        Self { pid: std::process::id() }
    }

    /// The process of this name that has this line in its environment.
    pub(crate) fn find(name: &str, line: &str) -> Option<Self> {
        let pids = std::fs::read_dir("/proc")
            .ok()?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let mut named = pids.filter(|pid: &u32| {
            let file = |file: &str| std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            file("comm").trim_ascii() == name.as_bytes()
                && file("environ").split(|byte| *byte == 0).any(|it| it == line.as_bytes())
        });
        named.next().map(|pid| Self { pid })
    }

    /// CPU time that it has used, in user and in system mode.
    pub(crate) fn cpu(self) -> anyhow::Result<Duration> {
        let stat = self.read("stat")?;
        let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat names the process")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = TIME_FIELDS.iter().filter_map(|field| fields.get(*field)?.parse::<u64>().ok());
        Ok(Duration::from_millis(ticks.sum::<u64>() * TICK_MS))
    }

    /// CPU time that it has used since it had used this much.
    pub(crate) fn cpu_since(self, before: Duration) -> anyhow::Result<Duration> {
        Ok(self.cpu()?.saturating_sub(before))
    }

    /// Memory that it holds now, in MiB.
    pub(crate) fn memory_mib(self) -> anyhow::Result<f64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u32>().ok());
        Ok(f64::from(kib.context("/proc/PID/status tells VmRSS")?) / 1024.0)
    }

    fn read(self, file: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{file}", self.pid);
        std::fs::read_to_string(&path).with_context(|| format!("{path} cannot be read: the process is gone"))
    }
}

/// This binary under one of its hidden commands, or one beside it.
pub(crate) fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.with_file_name(name);
    anyhow::ensure!(path.exists(), "{} is not built: run `make bench`", path.display());
    Ok(path)
}
