//! Lists of dead letters, and how many there are.

use crossdock_ledger::{
    DeadLetterId, DeadLetterPlace, DeadLetterState, DeadLettersWanted, Fallen, Ledger, MessageKey,
};
use rstest::rstest;

use super::{acting, all, bury, fallen, letter, message, only};
use crate::database::{Engine, fresh};
use crate::samples::{minute, release_1001};

/// Six of them; B and C failed last at the same time, and F is given up.
async fn six(ledger: &dyn Ledger) {
    let of_role = |role: &str, id: &str| MessageKey { role: role.to_owned(), message_id: id.to_owned() };
    let kinds = [
        fallen("A", 9),
        Fallen { store: "acme-nz".to_owned(), ..fallen("B", 5) },
        Fallen { class: "sku-unknown".to_owned(), group: "0b0b0b0b".to_owned(), ..fallen("C", 5) },
        Fallen { message: of_role("stock-writer", "D"), ..fallen("D", 3) },
        Fallen { waits: true, subject: Some("A".to_owned()), ..fallen("E", 2) },
        fallen("F", 1),
    ];
    bury(ledger, &kinds, 10).await;
    let given_up = letter(ledger, "F").await.id;
    ledger.discard(&only(&[given_up]), &acting(11)).await.unwrap().unwrap();
}

/// The minutes at which the listed ones failed, with a `b` for that of the other shop.
async fn listed(ledger: &dyn Ledger, wanted: &DeadLettersWanted) -> Vec<String> {
    let letters = ledger.dead_letters(wanted).await.unwrap();
    let count =
        ledger.count_dead_letters(&DeadLettersWanted { limit: Some(1), ..wanted.clone() }).await.unwrap();
    if wanted.limit.is_none() {
        assert_eq!(count, letters.len() as u64, "{wanted:?}");
    }
    let name = |chain: &str| chain.split(' ').nth(1).unwrap_or_default().to_owned();
    letters.into_iter().map(|letter| name(&letter.chain)).collect()
}

#[rstest]
#[tokio::test]
async fn a_list_has_what_is_wanted_that_which_failed_last_first(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    six(&*ledger).await;
    let text = |text: &str| Some(text.to_owned());
    let (b, f) = (letter(&*ledger, "B").await.id, letter(&*ledger, "F").await.id);
    for (wanted, expected) in [
        (all(), "A C B D E F"),
        (DeadLettersWanted { states: DeadLetterState::OPEN.to_vec(), ..all() }, "A C B D E"),
        (DeadLettersWanted { states: vec![DeadLetterState::Discarded], ..all() }, "F"),
        (DeadLettersWanted { store: text("acme-nz"), ..all() }, "B"),
        (DeadLettersWanted { role: text("stock-writer"), ..all() }, "D"),
        (DeadLettersWanted { class: text("sku-unknown"), ..all() }, "C"),
        (DeadLettersWanted { group: text("0b0b0b0b"), ..all() }, "C"),
        (DeadLettersWanted { subject: text("A"), ..all() }, "A E"),
        (DeadLettersWanted { since: Some(minute(5)), ..all() }, "A C B"),
        (DeadLettersWanted { until: Some(minute(5)), ..all() }, "D E F"),
        (
            DeadLettersWanted {
                since: Some(minute(3)),
                until: Some(minute(9)),
                store: text("acme-au"),
                ..all()
            },
            "C D",
        ),
        (only(&[f, b, DeadLetterId(4711)]), "B F"),
        (DeadLettersWanted { store: text("no'body"), ..all() }, ""),
        (DeadLettersWanted { limit: Some(2), ..all() }, "A C"),
    ] {
        assert_eq!(listed(&*ledger, &wanted).await.join(" "), expected, "{wanted:?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_list_goes_on_after_any_of_its_letters(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    six(&*ledger).await;
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let wanted = DeadLettersWanted { after, limit: Some(1), ..all() };
        let page = ledger.dead_letters(&wanted).await.unwrap();
        let Some(letter) = page.into_iter().next() else { break };
        after = Some(letter.place());
        seen.push(letter.id);
    }
    let whole: Vec<_> =
        ledger.dead_letters(&all()).await.unwrap().into_iter().map(|letter| letter.id).collect();
    assert_eq!((seen.len(), seen), (6, whole));
    let place = DeadLetterPlace { last_failed_at: minute(1), id: DeadLetterId(1) };
    let beyond = DeadLettersWanted { after: Some(place), ..all() };
    assert_eq!(ledger.dead_letters(&beyond).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn a_list_goes_on_also_where_the_last_of_a_page_fails_anew_or_is_forgotten_meanwhile(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    six(&*ledger).await;
    let page = |after, limit| DeadLettersWanted { after: Some(after), limit: Some(limit), ..all() };
    let d = letter(&*ledger, "D").await;
    bury(
        &*ledger,
        &[Fallen {
            message: MessageKey { role: "stock-writer".to_owned(), ..message("D") },
            ..fallen("D", 20)
        }],
        20,
    )
    .await;
    assert_eq!(listed(&*ledger, &page(d.place(), 9)).await.join(" "), "E F");
    let e = letter(&*ledger, "F").await;
    ledger.forget_dead_letters(minute(99)).await.unwrap();
    assert_eq!(ledger.dead_letter(e.id).await.unwrap(), None);
    bury(&*ledger, &[fallen("G", 1)], 30).await;
    bury(&*ledger, &[fallen("H", 0)], 30).await;
    assert_eq!(listed(&*ledger, &page(e.place(), 9)).await.join(" "), "H", "what came after it in the list");
}

#[rstest]
#[tokio::test]
async fn more_ids_may_be_wanted_than_a_statement_takes_parameters(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    six(&*ledger).await;
    let ids: Vec<_> = (1..=70_000).map(DeadLetterId).collect();
    assert_eq!(ledger.count_dead_letters(&only(&ids)).await.unwrap(), 6);
}

#[rstest]
#[tokio::test]
async fn what_is_about_an_order_is_found_by_the_shops_id_and_by_the_warehouses_number(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 1)]).await;
    let about = |id: &str, store: &str, subject: &str| Fallen {
        subject: Some(subject.to_owned()),
        store: store.to_owned(),
        ..fallen(id, 3)
    };
    let letters = [
        about("imported", "acme-au", "1001"),
        about("shipped", "/warehouse", "BG1001"),
        about("elsewhere", "acme-nz", "1001"),
        about("another", "acme-au", "1002"),
    ];
    bury(&*ledger, &letters, 4).await;
    for (subject, expected) in
        [("BG1001", "shipped imported"), ("1001", "elsewhere shipped imported"), ("1002", "another")]
    {
        let wanted = DeadLettersWanted { subject: Some(subject.to_owned()), ..all() };
        assert_eq!(listed(&*ledger, &wanted).await.join(" "), expected, "{subject}");
    }
}
