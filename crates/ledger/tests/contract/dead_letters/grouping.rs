//! Dead letters by why they failed.

use crossdock_ledger::{DeadLetterGroup, DeadLetterState, DeadLettersWanted, Fallen};
use rstest::rstest;

use super::{acting, all, bury, fallen, letter, only};
use crate::database::{Engine, fresh};
use crate::samples::minute;

fn of_group(id: &str, at: i64, group: &str) -> Fallen {
    Fallen { group: group.to_owned(), cause: format!("cause of {group}"), ..fallen(id, at) }
}

#[rstest]
#[tokio::test]
async fn a_group_counts_its_letters_says_when_and_shows_the_last(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    // Now is minute 180: the hour before now begins after minute 120, the one before that after minute 60.
    let failed = [("A", 50), ("B", 60), ("C", 61), ("D", 120), ("E", 121), ("F", 180)];
    let mut letters: Vec<_> = failed.iter().map(|(id, at)| of_group(id, *at, "0a0a0a0a")).collect();
    letters[0].first_failed_at = minute(7);
    letters.push(Fallen { store: "acme-nz".to_owned(), ..of_group("G", 90, "0b0b0b0b") });
    bury(&*ledger, &letters, 180).await;
    let example = letter(&*ledger, "F").await.id;
    let groups = ledger.dead_letter_groups(&all(), minute(180)).await.unwrap();
    let expected = DeadLetterGroup {
        group: "0a0a0a0a".to_owned(),
        role: "order-importer".to_owned(),
        store: "acme-au".to_owned(),
        class: "order-invalid".to_owned(),
        cause: "cause of 0a0a0a0a".to_owned(),
        count: 6,
        first_failed_at: minute(7),
        last_failed_at: minute(180),
        example,
        last_hour: 2,
        hour_before: 2,
    };
    assert_eq!(groups[0], expected);
    assert_eq!((groups.len(), groups[1].store.as_str(), groups[1].count), (2, "acme-nz", 1));
    assert_eq!(ledger.dead_letter_groups(&all(), minute(600)).await.unwrap()[0].last_hour, 0);
}

#[rstest]
#[tokio::test]
async fn groups_are_made_of_what_is_wanted_the_largest_first(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let letters = [
        of_group("A", 1, "0a0a0a0a"),
        of_group("B", 2, "0b0b0b0b"),
        of_group("C", 3, "0b0b0b0b"),
        of_group("D", 4, "0c0c0c0c"),
    ];
    bury(&*ledger, &letters, 5).await;
    let last = letter(&*ledger, "C").await.id;
    ledger.discard(&only(&[last]), &acting(6)).await.unwrap().unwrap();
    let open = DeadLettersWanted { states: DeadLetterState::OPEN.to_vec(), ..all() };
    for (wanted, expected) in [
        (all(), "0b0b0b0b:2 0c0c0c0c:1 0a0a0a0a:1"),
        (open.clone(), "0c0c0c0c:1 0b0b0b0b:1 0a0a0a0a:1"),
        (DeadLettersWanted { until: Some(minute(4)), ..open.clone() }, "0b0b0b0b:1 0a0a0a0a:1"),
        (DeadLettersWanted { group: Some("0c0c0c0c".to_owned()), ..open.clone() }, "0c0c0c0c:1"),
        (DeadLettersWanted { limit: Some(1), ..all() }, "0b0b0b0b:2"),
        (DeadLettersWanted { store: Some("acme-nz".to_owned()), ..all() }, ""),
    ] {
        let groups = ledger.dead_letter_groups(&wanted, minute(5)).await.unwrap();
        let told: Vec<_> = groups.iter().map(|group| format!("{}:{}", group.group, group.count)).collect();
        assert_eq!(told.join(" "), expected, "{wanted:?}");
    }
    // The example is one of those that are wanted.
    let of_b = DeadLettersWanted { group: Some("0b0b0b0b".to_owned()), ..open };
    let example = ledger.dead_letter_groups(&of_b, minute(5)).await.unwrap()[0].example;
    assert_eq!(example, letter(&*ledger, "B").await.id);
}
