//! The drain over brokers that refuse, fall silent, or are away.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossdock_events::CONTENT_TYPE;
use tokio::time::timeout;

use super::*;

/// A broker of a test.
#[derive(Default)]
struct Script {
    down: AtomicBool,
    /// An id that it takes and never confirms; nor does it refuse it.
    silent: Option<String>,
    /// Ids that it leaves unconfirmed so often.
    refused: Mutex<BTreeMap<String, usize>>,
    taken: Mutex<Vec<String>>,
    drained: AtomicUsize,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Sink for Script {
    fn is_up(&self) -> bool {
        !self.down.load(Ordering::SeqCst)
    }

    async fn send(&self, message: Message) -> Result<(), PublishError> {
        let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        if let Some(times) = self.refused.lock().unwrap().get_mut(&message.id)
            && *times > 0
        {
            *times -= 1;
            return Err(PublishError::Unconfirmed);
        }
        let silent = self.silent.as_ref() == Some(&message.id);
        self.taken.lock().unwrap().push(message.id);
        if silent {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    fn drained(&self, events: usize) {
        self.drained.fetch_add(events, Ordering::SeqCst);
    }
}

fn message(id: usize, subject: &str) -> Message {
    let body = format!(r#"{{"source":"/warehouse","subject":"{subject}"}}"#);
    let routing_key = "warehouse.order.accepted".to_owned();
    Message { routing_key, id: id.to_string(), content_type: CONTENT_TYPE.into(), body: body.into() }
}

/// A spool of so many events about ten subjects.
async fn spool(folder: &tempfile::TempDir, events: usize) -> Spool {
    let spool = Spool::open(folder.path(), u64::MAX).unwrap();
    spool.put((0..events).map(|id| message(id, &format!("BG{}", id % 10))).collect()).await.unwrap();
    spool
}

async fn drain_until_empty(spool: &Spool, script: &Script) {
    let stop = CancellationToken::new();
    let mut depth = spool.watch();
    let empty = async {
        depth.wait_for(|depth| depth.events == 0).await.unwrap();
        stop.cancel();
    };
    tokio::join!(drain(spool, script, &stop), empty);
}

/// The ids about this subject, in the order in which they were taken.
fn about(script: &Script, subject: usize) -> Vec<usize> {
    let taken = script.taken.lock().unwrap();
    taken.iter().map(|id| id.parse().unwrap()).filter(|id| id % 10 == subject).collect()
}

#[tokio::test]
async fn all_is_sent_in_the_order_of_its_subjects_and_removed() {
    let (folder, script) = (tempfile::tempdir().unwrap(), Script::default());
    let spool = spool(&folder, 1_000).await;
    drain_until_empty(&spool, &script).await;
    assert_eq!((script.taken.lock().unwrap().len(), script.drained.into_inner()), (1_000, 1_000));
    let script = Script { drained: AtomicUsize::new(0), ..script };
    for subject in 0..10 {
        assert!(about(&script, subject).is_sorted());
    }
    assert!((2..=DRAINS_AT_ONCE).contains(&script.most_at_once.into_inner()));
}

#[tokio::test]
async fn what_is_not_taken_holds_up_only_what_must_not_overtake_it() {
    let (folder, script) = (tempfile::tempdir().unwrap(), Script::default());
    let spool = spool(&folder, 600).await;
    script.refused.lock().unwrap().insert("3".to_owned(), 1);
    drain_until_empty(&spool, &script).await;
    let taken: Vec<usize> = script.taken.lock().unwrap().iter().map(|id| id.parse().unwrap()).collect();
    assert_eq!(taken.len(), 600, "each once");
    assert!(taken[..540].iter().all(|id| id % 10 != 3) && taken[540..].iter().all(|id| id % 10 == 3));
    assert!(taken[540..].is_sorted());
}

#[tokio::test]
async fn what_a_queue_never_confirms_stays_and_all_else_is_drained_past_it() {
    let (folder, script) = (tempfile::tempdir().unwrap(), Script::default());
    let (spool, stop) = (spool(&folder, 600).await, CancellationToken::new());
    for id in (0..600).filter(|id| id % 10 < 2) {
        script.refused.lock().unwrap().insert(id.to_string(), usize::MAX);
    }
    let mut confirmed = Vec::new();
    assert_eq!(pass(&spool, &script, &stop, &mut confirmed).await.unwrap(), 2);
    assert_eq!((script.taken.lock().unwrap().len(), spool.depth().events), (480, 120));
    spool.put(vec![message(604, "BG4"), message(601, "BG1")]).await.unwrap();
    assert_eq!(pass(&spool, &script, &stop, &mut confirmed).await.unwrap(), 2);
    assert_eq!(about(&script, 4).last(), Some(&604), "new ones are not held up either");
    assert!(about(&script, 1).is_empty(), "nothing overtakes what is about the same");
    assert_eq!(spool.depth().events, 121);
}

#[tokio::test]
async fn what_was_confirmed_and_not_removed_when_killed_is_sent_again_with_its_own_id() {
    let folder = tempfile::tempdir().unwrap();
    let script = Script { silent: Some("19".to_owned()), ..Script::default() };
    let (killed, stop) = (spool(&folder, 20).await, CancellationToken::new());
    let all_taken = async {
        while script.taken.lock().unwrap().len() < 20 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = drain(&killed, &script, &stop) => panic!("one is never confirmed"),
        () = all_taken => {}
    }
    drop(killed);
    let (spool, again) = (Spool::open(folder.path(), u64::MAX).unwrap(), Script::default());
    assert_eq!(spool.depth().events, 20);
    drain_until_empty(&spool, &again).await;
    for subject in 0..10 {
        assert_eq!(about(&again, subject), [subject, subject + 10]);
        assert_eq!(about(&again, subject), about(&script, subject));
    }
}

#[tokio::test]
async fn nothing_is_sent_while_the_broker_is_down_and_a_stop_is_heard() {
    let (folder, script) = (tempfile::tempdir().unwrap(), Script::default());
    script.down.store(true, Ordering::SeqCst);
    let (spool, stop) = (spool(&folder, 5).await, CancellationToken::new());
    let mut confirmed = Vec::new();
    let passing = timeout(Duration::from_millis(3 * LOOK_MS), pass(&spool, &script, &stop, &mut confirmed));
    assert!(passing.await.is_err(), "it waits for the broker");
    stop.cancel();
    assert!(matches!(pass(&spool, &script, &stop, &mut confirmed).await, Err(Broken::Stopping)));
    drain(&spool, &script, &stop).await;
    assert!(script.taken.into_inner().unwrap().is_empty());
    assert_eq!(spool.depth().events, 5);
}
