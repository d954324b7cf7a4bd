//! What is asked of a hundred thousand dead letters, beside a thousand; and how long it takes to act on all of them.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use crossdock_ledger::{
    ActId, Acting, DeadLetterId, DeadLetterState, DeadLettersWanted, Fallen, Ledger, MessageKey, Paused,
    Progress, ReplayKey,
};
use crossdock_tests::database::Engine;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::figures::percentile;

/// Dead letters in the small ledger, and in the large one.
const LETTERS: [u32; 2] = [1_000, 100_000];

const SHOPS: u32 = 5;

/// Reasons for which they failed, in all shops together.
const GROUPS: u32 = 20;

/// One in so many of each group was replayed and is done.
const DONE_ONE_IN: u32 = 10;

/// Dead letters that are put down at once.
const AT_ONCE: usize = 1_000;

/// Dead letters on a page.
const PAGE: u32 = 50;

/// How often each question is asked; what counts is the median.
const ASKED: usize = 20;

/// Longest that an answer may take of a hundred thousand, in milliseconds.
const ANSWER_MS_MAX: f64 = 1_000.0;

/// What is asked, with the least that is to be answered.
#[derive(Debug, Clone, Copy)]
enum Question {
    List,
    ListShop,
    ListOrder,
    Groups,
    GroupsOfShop,
    Count,
    Show,
    Trail,
}

impl Question {
    const ALL: [(Self, &str); 8] = [
        (Self::List, "list, the first 50 that are open"),
        (Self::ListShop, "list --store"),
        (Self::ListOrder, "list --order"),
        (Self::Groups, "groups"),
        (Self::GroupsOfShop, "groups --store"),
        (Self::Count, "how many are open"),
        (Self::Show, "show"),
        (Self::Trail, "jobs"),
    ];

    async fn ask(self, ledger: &dyn Ledger, letters: u32) -> anyhow::Result<()> {
        let open =
            DeadLettersWanted { states: DeadLetterState::OPEN.to_vec(), ..DeadLettersWanted::default() };
        let of_shop = DeadLettersWanted { store: Some(shop(1)), ..open.clone() };
        let page = |wanted: DeadLettersWanted| DeadLettersWanted { limit: Some(PAGE), ..wanted };
        let now = Timestamp::now();
        let (answered, expected) = match self {
            Self::List => (ledger.dead_letters(&page(open)).await?.len(), PAGE as usize),
            Self::ListShop => (ledger.dead_letters(&page(of_shop)).await?.len(), PAGE as usize),
            Self::ListOrder => {
                let wanted =
                    DeadLettersWanted { subject: Some("1".to_owned()), ..DeadLettersWanted::default() };
                (ledger.dead_letters(&page(wanted)).await?.len(), 1)
            }
            Self::Groups => (ledger.dead_letter_groups(&open, now).await?.len(), GROUPS as usize),
            Self::GroupsOfShop => {
                (ledger.dead_letter_groups(&of_shop, now).await?.len(), (GROUPS / SHOPS) as usize)
            }
            Self::Count => {
                let count = ledger.count_dead_letters(&open).await?;
                (usize::try_from(count)?, (letters - letters / DONE_ONE_IN) as usize)
            }
            Self::Show => {
                let id = DeadLetterId(i64::from(letters / 2));
                let whole = ledger.dead_letter(id).await?.context("it is there")?;
                ledger.acts_on(whole.letter.id).await?;
                (whole.body.len().min(1), 1)
            }
            Self::Trail => (ledger.acts(PAGE).await?.len(), 1),
        };
        anyhow::ensure!(answered == expected, "{answered} in place of {expected}");
        Ok(())
    }
}

/// Measures on both databases, and prints it.
pub(crate) async fn run() -> anyhow::Result<()> {
    println!(
        "\n{:<56} {:>12} {:>12} {:>7}  {:>10}",
        "dead letters, ms", "of 1,000", "of 100,000", "ratio", "target"
    );
    for engine in [Engine::Sqlite, Engine::Postgres] {
        measure(engine).await.with_context(|| format!("{engine:?}"))?;
    }
    Ok(())
}

async fn measure(engine: Engine) -> anyhow::Result<()> {
    let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
    let mut ledgers = Vec::new();
    for (folder, letters) in folders.iter().zip(LETTERS) {
        eprintln!("dead letters: {engine:?}, putting down {letters}");
        let ledger = crossdock_ledger::open(&engine.create(folder.path()).await.into()).await?;
        fill(&*ledger, letters).await?;
        ledgers.push(ledger);
    }
    for (question, name) in Question::ALL {
        let mut took = [Vec::new(), Vec::new()];
        for _ in 0..ASKED {
            for ((ledger, letters), took) in ledgers.iter().zip(LETTERS).zip(&mut took) {
                let began = Instant::now();
                question.ask(&**ledger, letters).await.context(name)?;
                took.push(began.elapsed());
            }
        }
        let medians = took.map(|mut took| {
            took.sort_unstable();
            percentile(&took, 50)
        });
        line(&format!("{name}, {engine:?}"), medians, Some(ANSWER_MS_MAX));
    }
    let mut acts = [[Duration::ZERO; 6]; 2];
    for (ledger, acts) in ledgers.iter().zip(&mut acts) {
        *acts = act_on_all(&**ledger).await?;
    }
    let names = [
        "all that is open discarded",
        "and taken back",
        "replay of all that is open: begun",
        "its next 250 of each shop given out",
        "cancelled",
        "and resumed",
    ];
    for (which, name) in names.into_iter().enumerate() {
        let took = acts.map(|acts| acts[which].as_secs_f64() * 1e3);
        line(&format!("{name}, {engine:?}"), took, None);
    }
    Ok(())
}

fn line(name: &str, [small, large]: [f64; 2], most: Option<f64>) {
    let target = most.map(|most| {
        let reached = if large < most { "reached" } else { "missed" };
        format!("{:>10}  {reached}", format!("< {most}"))
    });
    println!("{name:<56} {small:>12.2} {large:>12.2} {:>7.2}  {}", large / small, target.unwrap_or_default());
}

/// How long it takes to discard all that is open, to take that back, to have all replayed, to give out the first of them, to cancel it, and to
/// resume it.
async fn act_on_all(ledger: &dyn Ledger) -> anyhow::Result<[Duration; 6]> {
    let open = DeadLettersWanted { states: vec![DeadLetterState::Dead], ..DeadLettersWanted::default() };
    let start = Instant::now();
    let discarding = ledger.discard(&open, &acting()).await?.context("some are open")?;
    let discarded = start.elapsed();
    let start = Instant::now();
    anyhow::ensure!(ledger.undo_discard(discarding, &acting()).await? > 0);
    let taken_back = start.elapsed();
    let start = Instant::now();
    let replay = ledger.begin_replay(&open, &acting()).await?.context("some are open")?;
    let queued = start.elapsed();
    let start = Instant::now();
    ledger.next_to_send(250, &Paused::default(), Timestamp::now()).await?;
    let given_out = start.elapsed();
    let start = Instant::now();
    anyhow::ensure!(ledger.cancel_replay(replay, &acting()).await?);
    let cancelled = start.elapsed();
    let left = progress(ledger, replay).await?;
    let start = Instant::now();
    anyhow::ensure!(ledger.resume_replay(replay, &acting()).await?);
    let resumed = start.elapsed();
    let queued_again = progress(ledger, replay).await?;
    anyhow::ensure!(left.left > 0 && queued_again.queued == left.left, "{left:?}, then {queued_again:?}");
    Ok([discarded, taken_back, queued, given_out, cancelled, resumed])
}

async fn progress(ledger: &dyn Ledger, replay: ActId) -> anyhow::Result<Progress> {
    let act = ledger.act(replay).await?.context("it was begun")?;
    act.progress.context("a replay has a progress")
}

async fn fill(ledger: &dyn Ledger, letters: u32) -> anyhow::Result<()> {
    let began = Instant::now();
    let all: Vec<u32> = (1..=letters).collect();
    for some in all.chunks(AT_ONCE) {
        let fallen: Vec<Fallen> = some.iter().map(|letter| fallen(*letter)).collect();
        ledger.bury(&fallen, Timestamp::now()).await?;
    }
    let secs = began.elapsed().as_secs_f64();
    eprintln!("  {:.0} dead letters taken a second", f64::from(letters) / secs);
    let done = (1..=letters).filter(|letter| (letter / GROUPS).is_multiple_of(DONE_ONE_IN));
    let ids = done.map(|letter| DeadLetterId(i64::from(letter))).collect();
    let wanted = DeadLettersWanted { ids, ..DeadLettersWanted::default() };
    ledger.begin_replay(&wanted, &acting()).await?.context("they are dead")?;
    loop {
        let sent = ledger.next_to_send(u32::MAX, &Paused::default(), Timestamp::now()).await?;
        if sent.is_empty() {
            return Ok(());
        }
        let keys: Vec<ReplayKey> = sent.into_iter().map(|sent| sent.replay).collect();
        ledger.sent(&keys).await?;
        ledger.revive(&keys, Timestamp::now()).await?;
    }
}

fn acting() -> Acting {
    Acting { who: "bench".to_owned(), at: Timestamp::now(), note: String::new() }
}

fn shop(number: u32) -> String {
    format!("shop-{number}")
}

/// Of the size of a real one. Each shop has its own reasons.
fn fallen(letter: u32) -> Fallen {
    let group = letter % GROUPS;
    let shop = shop(group % SHOPS);
    let at = Timestamp::now() - SignedDuration::from_secs(i64::from(letter));
    let cause = format!("reading the order failed: the shop answered 422: {}", "x".repeat(100));
    Fallen {
        message: MessageKey { role: "order-importer".to_owned(), message_id: format!("message-{letter}") },
        store: shop.clone(),
        subject: Some(letter.to_string()),
        kind: "shop.order.changed".to_owned(),
        content_type: "application/cloudevents+json".to_owned(),
        properties: json!({ "headers": { "x": "y".repeat(300) } }),
        body: format!(r#"{{"store":"{shop}","order_id":"{letter}","pad":"{}"}}"#, "z".repeat(500))
            .into_bytes(),
        class: "shop-refused".to_owned(),
        chain: format!("order {letter}: {cause}"),
        cause: format!("order #: {cause} {group}"),
        group: format!("{group:08x}"),
        attempts: 1,
        first_failed_at: at,
        last_failed_at: at,
        waits: false,
        replay: None,
    }
}
