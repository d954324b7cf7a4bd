//! Crossdock as in production: a process for each role.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crossdock_tests::http;
use crossdock_tests::log::Log;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;

use crate::breach::{Breach, Wrong};

/// All roles.
pub(crate) const ROLES: [&str; 6] =
    ["receiver", "order-importer", "tracking-writer", "stock-writer", "reconciler", "dead-letters"];

/// Those that are handed messages of work queues.
const CONSUMERS: [&str; 3] = ["order-importer", "tracking-writer", "stock-writer"];

/// Most memory that any of them may ever hold, in KiB. In 12 runs with a hundred bodies of 1 MiB at once the receiver came to 100 to
/// 160 MiB (2026-11-23).
const MEMORY_KIB_MAX: u64 = 192 * 1024;

/// How logs are chosen, as in `RUST_LOG`.
const LOGGED: &str = "warn,crossdock=info";

/// The processes.
pub(crate) struct Crew {
    config: PathBuf,
    logs: PathBuf,
    running: BTreeMap<&'static str, Process>,
    /// The most memory that one of them ever held, in KiB.
    pub(crate) peak_kib: u64,
    greedy: Vec<Wrong>,
}

impl Crew {
    /// Starts all of them, and waits until they take webhooks and there is a ledger.
    pub(crate) async fn start(world: &World) -> Self {
        let (config, logs) = (world.config.clone(), world.folder().join("logs"));
        let mut crew = Self { config, logs, running: BTreeMap::new(), peak_kib: 0, greedy: Vec::new() };
        for role in ROLES {
            crew.start_role(role);
        }
        world.ready().await;
        crew
    }

    /// Starts one that does not run.
    pub(crate) fn start_role(&mut self, role: &'static str) {
        let folder = self.logs.join(role);
        std::fs::create_dir_all(&folder).expect("the temporary folder takes folders");
        let log = Log::in_folder(&folder);
        let process = if CONSUMERS.contains(&role) {
            Process::start_logging_observed(&self.config, role, &log, LOGGED)
        } else {
            Process::start_logging(&self.config, Some(role), &log, LOGGED)
        };
        self.run_instead(role, process);
    }

    /// This process is the role's from now on.
    pub(crate) fn run_instead(&mut self, role: &'static str, process: Process) {
        let before = self.running.insert(role, process);
        assert!(before.is_none(), "{role} runs already");
    }

    /// Kills one, as a power cut would.
    pub(crate) async fn kill(&mut self, role: &'static str) {
        let process = self.running.remove(role).expect("it runs");
        self.note_peak(role, &process);
        process.kill().await;
    }

    /// Has all of them read their configuration again.
    pub(crate) async fn reload(&self) {
        for process in self.running.values() {
            process.signal("HUP").await;
        }
    }

    /// How many messages the consumers have handled; none while one of them has some in its hands, or does not say.
    pub(crate) async fn handled(&self) -> Option<u64> {
        let mut handled = 0;
        for role in CONSUMERS {
            let metrics = self.running[role].metrics_url();
            let text = http().get(metrics).send().await.ok()?.text().await.ok()?;
            if sum(&text, "crossdock_queue_held{") > 0 {
                return None;
            }
            handled += sum(&text, "crossdock_queue_deliveries_total{");
        }
        Some(handled)
    }

    /// Whether one holds too much memory, or has.
    pub(crate) fn is_greedy(&self, role: &str) -> bool {
        self.running[role].peak_memory_kib() > MEMORY_KIB_MAX
    }

    /// Those that have held too much memory.
    pub(crate) fn greedy(&self) -> &[Wrong] {
        &self.greedy
    }

    /// Stops all that run as an operator would.
    ///
    /// # Panics
    /// As for [`Self::stop_role`].
    pub(crate) async fn stop(&mut self) {
        for role in self.running.keys().copied().collect::<Vec<_>>() {
            self.stop_role(role).await;
        }
    }

    /// Stops one of them as an operator would.
    ///
    /// # Panics
    /// If it has ended by itself, or ends with an error.
    pub(crate) async fn stop_role(&mut self, role: &'static str) {
        let process = self.running.remove(role).expect("it runs");
        self.note_peak(role, &process);
        process.signal("TERM").await;
        assert_eq!(process.ended().await, 0, "{role} ends well");
    }

    /// Copies the logs to where they outlive the attack.
    pub(crate) fn keep_logs(&self, name: &str) {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/faults").join(name);
        let copied = ROLES.iter().try_for_each(|role| {
            std::fs::create_dir_all(&kept)?;
            let log = self.logs.join(role).join("log.jsonl");
            std::fs::copy(log, kept.join(format!("{role}.jsonl"))).map(drop)
        });
        match copied {
            Ok(()) => println!("its logs are in {}", kept.display()),
            Err(error) => println!("its logs could not be kept: {error}"),
        }
    }

    fn note_peak(&mut self, role: &str, process: &Process) {
        let peak_kib = process.peak_memory_kib();
        self.peak_kib = self.peak_kib.max(peak_kib);
        if peak_kib > MEMORY_KIB_MAX {
            self.greedy.push(Wrong::new(Breach::Memory, role, format!("it has held {peak_kib} KiB")));
        }
    }
}

/// The values of all metrics whose lines begin like this, together.
fn sum(metrics: &str, beginning: &str) -> u64 {
    let values =
        metrics.lines().filter(|line| line.starts_with(beginning)).filter_map(|line| line.rsplit(' ').next());
    values.map(|value| value.parse::<u64>().expect("counts are whole numbers")).sum()
}
