//! What goes wrong: shops that leave their callers in doubt, and processes that stand still or are killed.

use std::time::Duration;

use crossdock_sandbox::Fault;
use crossdock_tests::process::Process;
use tokio::time::timeout;

use super::play::{Play, ROLES};

/// What can go wrong at BigCommerce: method and path.
const BIGCOMMERCE_CALLS: [(&str, &str); 8] = [
    ("GET", "/shipments"),
    ("GET", "/products"),
    ("GET", "/v2/orders/"),
    ("POST", "/shipments"),
    ("PUT", "/shipments/"),
    ("DELETE", "/shipments/"),
    ("PUT", "/v2/orders/"),
    ("PUT", "/inventory/"),
];

/// The same at Ecwid.
const ECWID_CALLS: [(&str, &str); 4] =
    [("GET", "/orders/"), ("PUT", "/orders/"), ("PUT", "/products/"), ("POST", "/batch")];

/// How long a shop wants to be left alone, in milliseconds.
const THROTTLE_MS: u64 = 500;

/// Parcels, or their labels, that are on their way when processes die: some of them stand at the shop then, and are not noted yet.
const BURST: usize = 5;

/// Writes to the shops that are waited for before that.
const WRITES: std::ops::Range<usize> = 1..4;

/// Longest wait for them, in milliseconds.
const WRITES_MS_MAX: u64 = 1_500;

impl Play {
    /// One call of the shops to come goes wrong: some are not carried out, of others the answer is lost.
    pub(super) fn fault(&mut self) {
        let fault = match self.dice.u32(0..8) {
            0 => Fault::Status(500),
            1 => Fault::Status(503),
            2 => Fault::Throttle(Duration::from_millis(THROTTLE_MS)),
            3 => Fault::HalfBody,
            _ => Fault::DoneThenCut,
        };
        if self.dice.bool() {
            let (method, path) = self.dice.choice(BIGCOMMERCE_CALLS).unwrap();
            self.world.bigcommerce.faults().next(method, path, fault);
        } else {
            let (method, path) = self.dice.choice(ECWID_CALLS).unwrap();
            self.world.ecwid.faults().next(method, path, fault);
        }
    }

    /// A writer that stands still goes on later with what it meant to do.
    pub(super) async fn freeze_or_thaw(&mut self) {
        self.frozen = !self.frozen;
        let last = self.processes.last().expect("all run");
        last.signal(if self.frozen { "STOP" } else { "CONT" }).await;
    }

    /// Kills both writers amid their work, or with them everybody, and starts them again.
    pub(super) async fn crash(&mut self, everybody: bool) {
        let before = self.writes();
        for _ in 0..BURST {
            self.place();
            self.dispatch().await;
            self.relabel().await;
        }
        let skus = self.some_skus();
        self.count(&skus).await;
        let writes = self.dice.usize(WRITES);
        let written = async {
            while self.writes() < before + writes {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        // If all of it was kept back, they die at another moment.
        let _ = timeout(Duration::from_millis(WRITES_MS_MAX), written).await;
        let first = usize::from(!everybody);
        for process in self.processes.drain(first..) {
            process.kill().await;
        }
        self.frozen = false;
        self.world.leases_run_out().await;
        for roles in &ROLES[first..] {
            self.processes.push(Process::start(&self.world.config, Some(roles)));
        }
        self.world.ready().await;
    }

    /// Calls that change something at the shops, so far.
    fn writes(&self) -> usize {
        let all = [self.world.bigcommerce.requests(), self.world.ecwid.requests()];
        all.iter().flatten().filter(|request| request.method != "GET").count()
    }
}
