//! What goes wrong: shops that leave their callers in doubt, and processes that stand still or are killed.

use std::time::Duration;

use crossdock_sandbox::Fault;
use crossdock_tests::process::Process;
use crossdock_tests::shop_calls::{BIGCOMMERCE_CALLS, ECWID_CALLS};
use tokio::time::timeout;

use super::model::Shop;
use super::play::{Play, ROLES};

/// How long a shop wants to be left alone, in milliseconds.
const THROTTLE_MS: u64 = 500;

/// For how long a shop hangs, in seconds: longer than anybody waits for it.
const HANG_SECS: u64 = 90;

/// Faults of which one is that a shop hangs, as long as one is to.
const FAULTS_PER_HANG: u32 = 6;

/// Parcels, or their labels, that are on their way when processes die: some of them stand at the shop then, and are not noted yet.
const BURST: usize = 5;

/// Writes to the shops that are waited for before that.
const WRITES: std::ops::Range<usize> = 1..4;

/// Longest wait for them, in milliseconds.
const WRITES_MS_MAX: u64 = 1_500;

impl Play {
    /// One call of the shops to come goes wrong: some are not carried out, of others the answer is lost.
    pub(super) fn fault(&mut self) {
        if self.dice.u32(..FAULTS_PER_HANG) == 0
            && let Some(shop) = self.to_hang.pop()
        {
            return self.hang(shop);
        }
        let fault = match self.dice.u32(0..8) {
            0 => Fault::Status(500),
            1 => Fault::Status(503),
            2 => Fault::Throttle(Duration::from_millis(THROTTLE_MS)),
            3 => Fault::HalfBody,
            _ => Fault::DoneThenCut,
        };
        let shop = self.dice.choice(Shop::BOTH).unwrap();
        self.meets(shop, fault);
    }

    /// One call waits longer than anybody waits for its answer, carried out or not.
    fn hang(&mut self, shop: Shop) {
        let wait = Duration::from_secs(HANG_SECS);
        let fault = if self.dice.bool() { Fault::Hang(wait) } else { Fault::DoneThenHang(wait) };
        self.meets(shop, fault);
    }

    fn meets(&mut self, shop: Shop, fault: Fault) {
        match shop {
            Shop::Bigcommerce => {
                let (method, path) = self.dice.choice(BIGCOMMERCE_CALLS).unwrap();
                self.world.bigcommerce.faults().next(method, path, fault);
            }
            Shop::Ecwid => {
                let (method, path) = self.dice.choice(ECWID_CALLS).unwrap();
                self.world.ecwid.faults().next(method, path, fault);
            }
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
