//! A consumer that holds messages without getting on is noticed from outside, and begun anew.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use crossdock_queue::{Consumer, Delivery, Failure, Handler, Outcome, Route};
use crossdock_tests::broker::Vhost;

use super::{Rig, Script, UNPOISONED, WORK, message};

/// How long a part may be silent here.
const SILENT: Duration = Duration::from_secs(2);

/// Which call blocks its thread, the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blocks {
    Handle,
    Intake,
}

/// A script of which one call does not come back before it is released.
struct Blocking {
    script: Arc<Script>,
    blocks: Blocks,
    blocked: AtomicBool,
    release: Mutex<Receiver<()>>,
}

impl Blocking {
    fn new(blocks: Blocks) -> (Arc<Self>, SyncSender<()>) {
        let (sender, release) = sync_channel(1);
        let (script, blocked) = (Script::done(), AtomicBool::new(false));
        (Arc::new(Self { script, blocks, blocked, release: Mutex::new(release) }), sender)
    }

    fn block(&self, at: Blocks) {
        if at == self.blocks && !self.blocked.swap(true, Ordering::SeqCst) {
            let release = self.release.lock().expect(UNPOISONED);
            release.recv().expect("the test releases it");
        }
    }
}

#[async_trait]
impl Handler for Blocking {
    async fn route(&self, delivery: &Delivery) -> Result<Route, Failure> {
        self.script.route(delivery).await
    }

    fn gathers(&self, lane: &str) -> bool {
        self.block(Blocks::Intake);
        self.script.gathers(lane)
    }

    async fn handle(&self, lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        self.block(Blocks::Handle);
        self.script.handle(lane, batch).await
    }
}

async fn begins_anew(blocks: Blocks) {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let (handler, release) = Blocking::new(blocks);
    let consumer = Consumer::new(rig.broker.clone(), WORK, rig.publisher.clone(), Arc::clone(&handler) as _);
    let running = tokio::spawn(consumer.stalls_after(SILENT).run(rig.stop.child_token()));
    rig.publisher.publish(message("a", "1")).await.unwrap();
    rig.counted("crossdock_queue_stalls_total{role=\"journey\"} 1").await;
    rig.counted("crossdock_queue_stalled{role=\"journey\"} 1").await;
    assert_eq!(rig.publisher.stalled(), ["journey"]);
    // The message is back, and so are new ones, while the thread is still lost.
    handler.script.handled("a", 1).await;
    rig.publisher.publish(message("b", "2")).await.unwrap();
    handler.script.handled("b", 1).await;
    assert_eq!(rig.publisher.stalled(), ["journey"]);
    release.send(()).unwrap();
    rig.counted("crossdock_queue_stalled{role=\"journey\"} 0").await;
    rig.counted("crossdock_queue_held{role=\"journey\"} 0").await;
    rig.counted("crossdock_queue_stalls_total{role=\"journey\"} 1").await;
    assert!(rig.publisher.stalled().is_empty());
    rig.stop.cancel();
    running.await.unwrap();
    assert_eq!(vhost.depth(WORK.name).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_that_blocks_is_noticed_and_its_messages_are_handled_after_all() {
    begins_anew(Blocks::Handle).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_intake_that_hangs_is_noticed_and_its_messages_are_handled_after_all() {
    begins_anew(Blocks::Intake).await;
}
