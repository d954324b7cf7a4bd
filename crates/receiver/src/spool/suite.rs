//! The spool over disks that are slow, full, cut off, damaged; and over a real folder.

use std::collections::BTreeSet;
use std::sync::Arc;

use crossdock_events::CONTENT_TYPE;
use fastrand::Rng;
use tokio::task::JoinSet;

use super::disk::Disk;
use super::store::Changes;
use super::*;

const ROOMY: u64 = 64 * 1024 * 1024;

fn message(number: u64) -> Message {
    let (routing_key, id) = ("shop.order.changed".to_owned(), format!("e-{number}"));
    let body = format!(r#"{{"number":{number}}}"#).repeat(1 + usize::try_from(number % 40).unwrap());
    Message { routing_key, id, content_type: CONTENT_TYPE.into(), body: body.into() }
}

async fn all(spool: &Spool) -> Vec<Message> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = spool.page(after).await.unwrap();
        let Some(last) = page.last() else { return all };
        after = Some(last.seq);
        all.extend(page.into_iter().map(|spooled| spooled.message));
    }
}

#[tokio::test]
async fn what_was_put_is_there_in_its_order_after_it_was_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("not/yet/made");
    let spool = Spool::open(&dir, ROOMY).unwrap();
    for number in (0..600).step_by(3) {
        spool.put((number..number + 3).map(message).collect()).await.unwrap();
    }
    let (depth, expected) = (spool.depth(), (0..600).map(message).collect::<Vec<_>>());
    assert_eq!(depth.events, 600);
    assert_eq!(depth.bytes, expected.iter().map(|message| Depth::bytes_of(message.body.len())).sum::<u64>());
    drop(spool);
    let spool = Spool::open(&dir, ROOMY).unwrap();
    assert_eq!((spool.depth(), all(&spool).await), (depth, expected));
    spool.close(Duration::from_secs(20)).await;
    assert!(matches!(spool.put(vec![message(1)]).await, Err(SpoolError::Closed)));
}

#[tokio::test]
async fn a_disk_that_does_not_answer_holds_up_no_stop() {
    let disk = Disk::default();
    let spool = Arc::new(Spool::with_opener(disk.opener(), ROOMY).unwrap());
    disk.hold(true);
    let (putter, begun) = (Arc::clone(&spool), disk.begun());
    let putting = tokio::spawn(async move { putter.put(vec![message(0)]).await });
    while disk.begun() == begun {
        tokio::task::yield_now().await;
    }
    spool.close(Duration::from_millis(50)).await;
    putting.abort();
    assert!(putting.await.unwrap_err().is_cancelled());
    drop(Arc::into_inner(spool).unwrap());
    disk.hold(false);
}

#[tokio::test]
async fn a_removed_event_is_gone_and_its_place_is_not_used_again() {
    let spool = Spool::with_opener(Disk::default().opener(), ROOMY).unwrap();
    spool.put(vec![message(0), message(1), message(2)]).await.unwrap();
    let places: Vec<u64> = spool.page(None).await.unwrap().iter().map(|spooled| spooled.seq).collect();
    spool.remove(vec![places[0], places[2], 99]).await.unwrap();
    assert_eq!(all(&spool).await, [message(1)]);
    assert_eq!((spool.depth().events, spool.depth().bytes), (1, Depth::bytes_of(message(1).body.len())));
    spool.remove(vec![places[1]]).await.unwrap();
    assert_eq!(spool.depth(), Depth::default());
    spool.put(vec![message(3)]).await.unwrap();
    assert!(spool.page(None).await.unwrap()[0].seq > places[2]);
}

#[tokio::test]
async fn many_that_wait_share_one_sync() {
    let disk = Disk::default();
    let spool = Arc::new(Spool::with_opener(disk.opener(), ROOMY).unwrap());
    let (before, mut putting) = (disk.syncs(), JoinSet::new());
    disk.hold(true);
    let (first, begun) = (Arc::clone(&spool), disk.begun());
    putting.spawn(async move { first.put(vec![message(200)]).await });
    while disk.begun() == begun {
        tokio::task::yield_now().await;
    }
    for number in 0..200 {
        let spool = Arc::clone(&spool);
        putting.spawn(async move { spool.put(vec![message(number)]).await });
    }
    while spool.commands.as_ref().unwrap().capacity() > COMMANDS_MAX - 200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(spool.depth().events, 0, "nobody is answered before the sync");
    disk.hold(false);
    while let Some(put) = putting.join_next().await {
        put.unwrap().unwrap();
    }
    assert_eq!(spool.depth().events, 201);
    assert!(disk.syncs() - before <= 8, "{} syncs", disk.syncs() - before);
}

#[tokio::test]
async fn a_full_spool_refuses_and_takes_again_once_there_is_room() {
    let bytes_max = Depth::bytes_of(message(0).body.len()) * 10;
    let spool = Spool::with_opener(Disk::default().opener(), bytes_max).unwrap();
    spool.put((0..10).map(|_| message(0)).collect()).await.unwrap();
    assert!(matches!(spool.put(vec![message(0)]).await, Err(SpoolError::Full)));
    assert_eq!(spool.depth().events, 10);
    let first = spool.page(None).await.unwrap()[0].seq;
    spool.remove(vec![first]).await.unwrap();
    assert!(matches!(spool.put(vec![message(0), message(0)]).await, Err(SpoolError::Full)), "all or none");
    spool.put(vec![message(0)]).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_loses_nothing_and_heals_without_a_restart() {
    let disk = Disk::default();
    let spool = Spool::with_opener(disk.opener(), ROOMY).unwrap();
    spool.put((0..50).map(message).collect()).await.unwrap();
    disk.set_full(true);
    assert!(matches!(spool.put(vec![message(50)]).await, Err(SpoolError::Failed(_))));
    assert!(spool.depth().failing && !spool.has_room());
    assert!(matches!(spool.put(vec![message(50)]).await, Err(SpoolError::Failing)), "no second try at once");
    disk.set_full(false);
    while spool.put(vec![message(50)]).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(!spool.depth().failing && spool.has_room());
    assert_eq!(all(&spool).await, (0..=50).map(message).collect::<Vec<_>>());
}

#[test]
fn after_a_power_cut_at_any_sync_everything_promised_is_there() {
    let (disk, mut promised) = (Disk::default(), 0_u64);
    let mut store = Store::open(&disk.opener()).unwrap();
    let (mut dice, made) = (Rng::with_seed(7), disk.cuts().len());
    for _ in 0..40 {
        let count = dice.u64(1..30);
        let changes =
            Changes { put: (promised..promised + count).map(message).collect(), remove: Vec::new() };
        store.commit(&changes).unwrap();
        promised += count;
        disk.promise(promised);
    }
    let mut outcomes = BTreeSet::new();
    // A file that is not whole yet has another name.
    for cut in disk.cuts().into_iter().skip(made) {
        for _ in 0..4 {
            let mut store = Store::open(&cut.disk(&mut dice).opener()).unwrap();
            let there = read(&store);
            assert!(there.len() as u64 >= cut.promised, "{} of {}", there.len(), cut.promised);
            assert!((0..).map(message).zip(&there).all(|(expected, found)| expected == *found));
            outcomes.insert(there.len() as u64 > cut.promised);
            store.commit(&Changes { put: vec![message(0)], remove: Vec::new() }).unwrap();
        }
    }
    assert_eq!(outcomes.len(), 2, "some cuts kept what was being written, and some did not");
}

fn read(store: &Store) -> Vec<Message> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.page(after).unwrap();
        let Some(last) = page.last() else { return all };
        after = Some(last.seq);
        all.extend(page.into_iter().map(|spooled| spooled.message));
    }
}

#[test]
fn a_cut_or_overwritten_file_is_an_error_or_whole_and_never_another_content() {
    let disk = Disk::default();
    let mut store = Store::open(&disk.opener()).unwrap();
    for round in 0..20 {
        let put = (round * 20..round * 20 + 20).map(message).collect();
        store.commit(&Changes { put, remove: Vec::new() }).unwrap();
    }
    let (image, expected) = (disk.bytes(), (0..400).map(message).collect::<Vec<_>>());
    assert_eq!(read(&Store::open(&Disk::holding(image.clone()).opener()).unwrap()), expected);
    let mut dice = Rng::with_seed(11);
    for _ in 0..100 {
        let mut damaged = image.clone();
        if dice.bool() {
            damaged.truncate(dice.usize(..image.len()));
        } else {
            let (at, length) = (dice.usize(..image.len()), dice.usize(1..5_000));
            damaged.iter_mut().skip(at).take(length).for_each(|byte| *byte = dice.u8(..));
        }
        if let Ok(store) = Store::open(&Disk::holding(damaged).opener()) {
            let there = read(&store);
            assert!(there.is_empty() || expected.starts_with(&there), "{} events", there.len());
        }
    }
}

#[tokio::test]
async fn the_file_is_reused_and_shrinks_once_it_is_empty() {
    let disk = Disk::default();
    let spool = Spool::with_opener(disk.opener(), ROOMY).unwrap();
    let (new, mut largest) = (disk.len(), 0);
    for _ in 0..3 {
        for _ in 0..40 {
            spool.put((0..500).map(message).collect()).await.unwrap();
        }
        let held = spool.depth().bytes;
        largest = largest.max(disk.len());
        assert!((largest as u64) < 3 * held, "{largest} bytes for {held}");
        while let page = spool.page(None).await.unwrap()
            && !page.is_empty()
        {
            spool.remove(page.iter().map(|spooled| spooled.seq).collect()).await.unwrap();
        }
        spool.page(None).await.unwrap();
        assert!(disk.len() <= 2 * new, "{} bytes when empty, {new} when new", disk.len());
    }
}

#[test]
fn a_spool_that_cannot_be_opened_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let open = |dir: &Path| Spool::open(dir, ROOMY).err().unwrap().to_string();
    let spool = Spool::open(folder.path(), ROOMY).unwrap();
    assert!(open(folder.path()).contains("in use by another receiver"));
    drop(spool);
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(open(&folder.path().join("file/spool")).contains("cannot be used; set receiver.spool_dir"));
    std::fs::write(folder.path().join("events.redb"), "no database ".repeat(10_000)).unwrap();
    let told = open(folder.path());
    assert!(told.contains("events.redb is damaged; keep it") && told.contains("move it away"), "{told}");
    std::fs::remove_file(folder.path().join("events.redb")).unwrap();
    std::fs::create_dir(folder.path().join("events.redb")).unwrap();
    assert!(open(folder.path()).contains("cannot be read or written; let this user write there"));
}
