//! Trouble on request: what a shop does wrong next.

mod meet;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;

pub(crate) use meet::{meet, whole};

/// One piece of trouble, for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The platform's own error answer of this status, with a body as documented. A 429 of this kind names no wait, as
    /// BigCommerce's do when the platform itself is under load.
    Status(u16),
    /// 429 with the platform's own way of saying how long to wait (Ecwid: whole seconds, rounded up).
    Throttle(Duration),
    /// No answer for so long, then the right one. Nothing is done for a caller who does not wait for it.
    Hang(Duration),
    /// The request is carried out only after so long, and then answered, whether or not its caller still waits.
    DoneLate(Duration),
    /// The connection is cut after half of the body.
    HalfBody,
    /// The request is carried out, then the connection is cut before the answer.
    DoneThenCut,
    /// The request is carried out, and its answer comes after so long.
    DoneThenHang(Duration),
    /// The request is carried out, and answered 200 with a page for people, as a proxy in between may.
    DoneThenPage,
}

/// The faults to come, each for the next request whose method and path fit.
#[derive(Debug, Default)]
pub struct Faults {
    waiting: Mutex<VecDeque<(String, String, Fault)>>,
    let_go: Notify,
}

impl Faults {
    /// Lets the next request of this method (`GET`; empty: any) whose path contains this text meet a fault. May be called several times.
    pub fn next(&self, method: &str, path_part: &str, fault: Fault) {
        self.lock().push_back((method.to_owned(), path_part.to_owned(), fault));
    }

    /// The fault for this request, if one waits for it; it is used up.
    pub fn take(&self, method: &str, path: &str) -> Option<Fault> {
        let mut waiting = self.lock();
        let fits = |(of, part, _): &(String, String, Fault)| {
            (of.is_empty() || of == method) && path.contains(part.as_str())
        };
        let at = waiting.iter().position(fits)?;
        waiting.remove(at).map(|(_, _, fault)| fault)
    }

    /// Whether every fault has been met.
    pub fn all_met(&self) -> bool {
        self.lock().is_empty()
    }

    /// Ends each wait of [`Fault::Hang`] and [`Fault::DoneThenHang`] that is under way now.
    pub fn let_go(&self) {
        self.let_go.notify_waiters();
    }

    async fn hang(&self, wait: Duration) {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.let_go.notified() => {}
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(String, String, Fault)>> {
        self.waiting.lock().expect("nobody panics while holding the faults")
    }
}
