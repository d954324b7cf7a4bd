//! Counts, and what the shops were told of them.

use crossdock_domain::{Promised, Sku, StockLevel, StockPush};
use crossdock_ledger::{Judged, Ledger, Pushed};
use jiff::civil::date;
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{
    au, filter, hold, judged, level, listing, minute, release_order, released_order, store,
};

async fn count(ledger: &dyn Ledger, at: i64, levels: &[StockLevel]) -> Vec<String> {
    ledger.counted(minute(at), levels).await.unwrap().iter().map(Sku::to_string).collect()
}

#[rstest]
#[tokio::test]
async fn a_count_replaces_only_older_ones_sku_by_sku(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    assert_eq!(count(&*ledger, 5, &[level("TEE", 10), level("CAP", 1)]).await, ["CAP", "TEE"]);
    assert_eq!(count(&*ledger, 5, &[level("TEE", 10)]).await, [""; 0], "the same count again");
    assert_eq!(count(&*ledger, 4, &[level("TEE", 12), level("MUG", 7)]).await, ["MUG"]);
    assert_eq!(count(&*ledger, 6, &[level("CAP", 2)]).await, ["CAP"]);
    let lines = ledger.stock(&au()).await.unwrap();
    let kept: Vec<_> =
        lines.iter().map(|line| (line.level.sku.as_str(), line.level.on_hand, line.counted_at)).collect();
    assert_eq!(kept, [("CAP", 2, minute(6)), ("MUG", 7, minute(4)), ("TEE", 10, minute(5))]);
}

#[rstest]
#[tokio::test]
async fn the_warehouses_reservations_are_kept_with_the_count(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let reserved = StockLevel { allocated: Some(3), ..level("TEE", -2) };
    count(&*ledger, 1, std::slice::from_ref(&reserved)).await;
    assert_eq!(ledger.stock(&au()).await.unwrap()[0].level, reserved);
    count(&*ledger, 2, &[level("TEE", 4)]).await;
    assert_eq!(ledger.stock(&au()).await.unwrap()[0].level, level("TEE", 4));
}

#[rstest]
#[tokio::test]
async fn counts_and_pushes_beyond_all_sense_are_kept_as_told(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    for order in 1..=4 {
        let most = [("LEAST", u32::MAX), ("MOST", u32::MAX)];
        release_order(&*ledger, released_order(&order.to_string(), &most)).await;
    }
    let levels = [
        StockLevel { allocated: Some(i64::MIN), ..level("LEAST", i64::MIN) },
        StockLevel { allocated: Some(i64::MAX), ..level("MOST", i64::MAX) },
    ];
    count(&*ledger, 5, &levels).await;
    let pushed = [(Sku::from("LEAST"), i64::MIN), (Sku::from("MOST"), i64::MAX)];
    ledger.pushed(&au(), &pushed, minute(6)).await.unwrap();

    let lines = ledger.stock(&au()).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.level.clone()).collect::<Vec<_>>(), levels);
    let told: Vec<_> = lines.iter().map(|line| line.pushed.map(|it| it.units)).collect();
    assert_eq!(told, [Some(i64::MIN), Some(i64::MAX)]);
    let units = 4 * i64::from(u32::MAX);
    let promised = Promised { total: units, unallocated: units };
    assert!(lines.iter().all(|line| line.promised == promised), "{lines:?}");
}

#[rstest]
#[tokio::test]
async fn skus_differ_by_case_and_spaces_and_sort_by_their_bytes(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let skus = ["tee", "TEE", "TEE ", "Ärmel", "T-1", "TA"];
    count(&*ledger, 1, &skus.map(|sku| level(sku, 1))).await;
    let lines = ledger.stock(&au()).await.unwrap();
    let sorted: Vec<_> = lines.iter().map(|line| line.level.sku.as_str()).collect();
    assert_eq!(sorted, ["T-1", "TA", "TEE", "TEE ", "tee", "Ärmel"]);
}

#[rstest]
#[tokio::test]
async fn of_counts_of_the_same_moment_the_one_that_leaves_fewer_units_stands_whichever_came_first(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let (few, many) = (level("TEE", 1), level("TEE", 2));
    for (at, both) in [(1, [&few, &many]), (2, [&many, &few])] {
        assert_eq!(count(&*ledger, at, &both.map(Clone::clone)).await, ["TEE"], "in one event");
        assert_eq!(ledger.stock(&au()).await.unwrap()[0].level, few);
    }
    for (at, both) in [(3, [&few, &many]), (4, [&many, &few])] {
        count(&*ledger, at, std::slice::from_ref(both[0])).await;
        count(&*ledger, at, std::slice::from_ref(both[1])).await;
        assert_eq!(ledger.stock(&au()).await.unwrap()[0].level, few, "in two");
    }
    let reserved = StockLevel { allocated: Some(3), ..level("TEE", 3) };
    assert_eq!(count(&*ledger, 4, std::slice::from_ref(&reserved)).await, ["TEE"]);
    assert_eq!(count(&*ledger, 4, &[few]).await, [""; 0]);
    assert_eq!(ledger.stock(&au()).await.unwrap()[0].level, reserved);
    assert_eq!(count(&*ledger, 5, &[]).await, [""; 0]);
}

#[rstest]
#[tokio::test]
async fn ten_thousand_skus_are_counted_pushed_and_read(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let levels: Vec<_> = (0..10_000).map(|sku| level(&format!("SKU{sku:05}"), sku)).collect();
    assert_eq!(ledger.counted(minute(1), &levels).await.unwrap().len(), 10_000);
    let quantities: Vec<_> = levels.iter().map(|level| (level.sku.clone(), level.on_hand)).collect();
    ledger.pushed(&au(), &quantities, minute(2)).await.unwrap();
    let lines = ledger.stock(&au()).await.unwrap();
    assert_eq!(lines.len(), 10_000);
    let told = Some(Pushed { units: 0, at: minute(2) });
    assert!(
        lines
            .iter()
            .all(|line| line.pushed.map(|it| Pushed { units: it.units - line.level.on_hand, ..it }) == told)
    );
    let some: Vec<Sku> = levels.iter().rev().step_by(13).map(|level| level.sku.clone()).collect();
    let mut of_some = ledger.stock_of(&au(), &some).await.unwrap();
    of_some.sort_by(|one, other| one.level.sku.cmp(&other.level.sku));
    let expected: Vec<_> = lines.into_iter().filter(|line| some.contains(&line.level.sku)).collect();
    assert_eq!(of_some, expected, "of some SKUs the same as of all");
}

#[rstest]
#[tokio::test]
async fn what_a_shop_was_last_told_is_its_own(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    count(&*ledger, 1, &[level("TEE", 10)]).await;
    let pushed = async |shop: &str| ledger.stock(&store(shop)).await.unwrap()[0].pushed.map(|it| it.units);
    let tell = async |shop: &str, units: i64, at: i64| {
        ledger.pushed(&store(shop), &[(Sku::from("TEE"), units)], minute(at)).await.unwrap();
    };
    assert_eq!(pushed("acme-au").await, None);
    tell("acme-au", 8, 2).await;
    assert_eq!((pushed("acme-au").await, pushed("acme-nz").await), (Some(8), None));
    tell("acme-au", 0, 4).await;
    assert_eq!(pushed("acme-au").await, Some(0));
    tell("acme-au", 9, 3).await;
    assert_eq!(pushed("acme-au").await, Some(0), "an older push that is told late");
    tell("acme-nz", 8, 4).await;
    let listings = [listing("TEE", "1", None), listing("NEVER", "2", None)];
    ledger.begin_push(&au(), &listings, minute(5), minute(4)).await.unwrap();
    assert_eq!((pushed("acme-au").await, pushed("acme-nz").await), (None, Some(8)));
    // A SKU that nobody counted may be pushed; it has no line.
    ledger.pushed(&au(), &[(Sku::from("MUG"), 1)], minute(5)).await.unwrap();
    assert_eq!(ledger.stock(&au()).await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn only_skus_that_were_asked_for_and_counted_have_a_line(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    count(&*ledger, 1, &[level("TEE", 10), level("CAP", 1)]).await;
    let of = async |skus: &[&str]| {
        let skus: Vec<Sku> = skus.iter().map(|sku| Sku::from(*sku)).collect();
        let lines = ledger.stock_of(&au(), &skus).await.unwrap();
        lines.iter().map(|line| line.level.sku.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(of(&["TEE", "NEVER"]).await, ["TEE"]);
    assert_eq!(of(&[]).await, [""; 0]);
}

#[rstest]
#[tokio::test]
async fn a_push_is_in_doubt_until_its_answer_is_known_or_it_has_settled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let skus = ["CAP", "TEE"].map(Sku::from);
    let listings = [listing("CAP", "1", None), listing("TEE", "2", None), listing("TEE", "3", None)];
    count(&*ledger, 1, &[level("CAP", 10), level("TEE", 10)]).await;
    let doubts = async |shop: &str| {
        let lines = ledger.stock(&store(shop)).await.unwrap();
        lines.iter().map(|line| line.in_doubt_since).collect::<Vec<_>>()
    };
    let begin = async |at: i64, settled: i64| {
        ledger.begin_push(&au(), &listings, minute(at), minute(settled)).await.unwrap();
    };
    begin(2, 0).await;
    assert_eq!(doubts("acme-au").await, [Some(minute(2)); 2]);
    assert_eq!(doubts("acme-nz").await, [None; 2]);
    begin(3, 1).await;
    ledger.not_pushed(&au(), &[(skus[0].clone(), None)], minute(2)).await.unwrap();
    assert_eq!(doubts("acme-au").await, [Some(minute(3)), Some(minute(2))], "each is known by its beginning");
    ledger.pushed(&au(), &[(skus[0].clone(), 10), (skus[1].clone(), 10)], minute(3)).await.unwrap();
    assert_eq!(
        doubts("acme-au").await,
        [None, Some(minute(2))],
        "what was told does not settle what went before"
    );
    begin(5, 2).await;
    ledger.not_pushed(&au(), &skus.map(|sku| (sku, None)), minute(5)).await.unwrap();
    assert_eq!(doubts("acme-au").await, [None; 2]);
}

#[rstest]
#[tokio::test]
async fn what_a_shop_was_told_before_counts_again_after_a_push_of_which_it_was_told_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let skus = ["CAP", "TEE"].map(Sku::from);
    let listings = [listing("CAP", "1", None), listing("TEE", "2", None)];
    count(&*ledger, 1, &[level("CAP", 10), level("TEE", 10)]).await;
    let tee = async || {
        let line = ledger.stock(&au()).await.unwrap().remove(1);
        (line.pushed, line.in_doubt_since)
    };
    assert_eq!(ledger.begin_push(&au(), &listings, minute(2), minute(0)).await.unwrap(), []);
    let told = Pushed { units: 8, at: minute(3) };
    ledger.pushed(&au(), &skus.clone().map(|sku| (sku, told.units)), told.at).await.unwrap();
    let mut before = ledger.begin_push(&au(), &listings, minute(4), minute(0)).await.unwrap();
    before.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert_eq!(before, skus.clone().map(|sku| (sku, told)));
    let [cap_touched, tee_kept_back] = [(skus[0].clone(), None), (skus[1].clone(), Some(told))];
    ledger.not_pushed(&au(), &[tee_kept_back.clone(), cap_touched], minute(4)).await.unwrap();
    assert_eq!(ledger.stock(&au()).await.unwrap()[0].pushed, None);
    assert_eq!(tee().await, (Some(told), Some(minute(2))), "an older push stays in doubt");
    assert_eq!(ledger.stock(&store("acme-nz")).await.unwrap()[1].pushed, None, "another shop");

    ledger.begin_push(&au(), &listings, minute(5), minute(2)).await.unwrap();
    ledger.pushed(&au(), &[(skus[1].clone(), 1)], minute(6)).await.unwrap();
    ledger.not_pushed(&au(), &[tee_kept_back], minute(5)).await.unwrap();
    assert_eq!(tee().await, (Some(Pushed { units: 1, at: minute(6) }), None), "what was told later stands");
}

#[rstest]
#[tokio::test]
async fn what_was_taken_at_the_second_try_is_told_and_its_first_try_stays_in_doubt(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    count(&*ledger, 1, &[level("CAP", 10), level("TEE", 10)]).await;
    let listings = [listing("CAP", "1", None), listing("TEE", "2", None)];
    let line = async |place: usize| {
        let line = ledger.stock(&au()).await.unwrap().remove(place);
        (line.pushed.map(|told| told.units), line.in_doubt_since)
    };
    ledger.begin_push(&au(), &listings, minute(2), minute(0)).await.unwrap();
    let kept = Judged { kept: vec![("TEE".into(), 3)], ..judged("1001", 3, hold("unpaid")) };
    ledger.judge(&kept).await.unwrap();
    ledger.judge(&judged("1001", 4, filter("country: US"))).await.unwrap();
    let told = ["CAP", "TEE"].map(|sku| (Sku::from(sku), 10));
    ledger.pushed_at_second_try(&au(), &told, minute(2)).await.unwrap();
    assert_eq!(line(0).await, (Some(10), Some(minute(2))));
    assert_eq!(line(1).await, (None, Some(minute(2))), "an order has given units up meanwhile");
    ledger.pushed(&au(), &told, minute(5)).await.unwrap();
    assert_eq!(line(1).await, (Some(10), Some(minute(2))));
    ledger.begin_push(&au(), &listings, minute(13), minute(3)).await.unwrap();
    ledger.pushed(&au(), &told, minute(13)).await.unwrap();
    assert_eq!(line(0).await, (Some(10), None), "it has settled");
}

/// An order that comes and goes between two pushes: what is due is again what the shop was told, and it may have less, or more.
#[rstest]
#[tokio::test]
async fn what_a_shop_was_told_counts_no_more_once_an_order_gives_units_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(None, Some(2), Some(4))] pushes_meanwhile: Option<i64>,
) {
    let (ledger, _database) = fresh(engine).await;
    count(&*ledger, 1, &[level("TEE", 10), level("CAP", 10)]).await;
    let listings = [listing("CAP", "1", None), listing("TEE", "2", None)];
    let told = ["CAP", "TEE"].map(|sku| (Sku::from(sku), 10));
    for shop in ["acme-au", "acme-nz"] {
        ledger.pushed(&store(shop), &told, minute(2)).await.unwrap();
    }
    let kept = |units| Judged {
        kept: vec![("TEE".into(), units), ("CAP".into(), 1)],
        ..judged("1001", 10 - i64::from(units), hold("unpaid"))
    };
    ledger.judge(&kept(3)).await.unwrap();
    let begin = async |at: i64| ledger.begin_push(&au(), &listings, minute(at), minute(0)).await.unwrap();
    if let Some(at) = pushes_meanwhile {
        begin(at).await;
    }
    ledger.judge(&kept(2)).await.unwrap();
    if let Some(at) = pushes_meanwhile {
        ledger.pushed(&au(), &told, minute(at)).await.unwrap();
    }
    let line = async |shop: &str| ledger.stock_of(&store(shop), &["TEE".into()]).await.unwrap().remove(0);
    let tee = line("acme-au").await;
    assert_eq!((tee.pushed, tee.in_doubt_since), (None, None), "nor what was on its way");
    let of_cap = ledger.stock_of(&au(), &["CAP".into()]).await.unwrap().remove(0);
    assert!(of_cap.pushed.is_some() && of_cap.in_doubt_since.is_none(), "as much as before: {of_cap:?}");
    assert!(line("acme-nz").await.pushed.is_some(), "another shop has nothing to do with it");
    begin(6).await;
    let eight = [(Sku::from("TEE"), 8)];
    ledger.pushed(&au(), &eight, minute(6)).await.unwrap();
    let pushed = line("acme-au").await;
    assert_eq!(pushed.pushed.map(|it| it.units), Some(8), "what is told since counts: {pushed:?}");
}

/// It counts its orders itself: what it shows is less than it was told, and right.
#[rstest]
#[tokio::test]
async fn a_shop_that_is_told_what_is_on_hand_is_not_told_anew_when_an_order_gives_units_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    count(&*ledger, 1, &[level("TEE", 10)]).await;
    ledger.pushed(&au(), &[(Sku::from("TEE"), 10)], minute(2)).await.unwrap();
    let on_hand = |judged: Judged| Judged { stock_push: StockPush::OnHand, ..judged };
    let kept = Judged { kept: vec![("TEE".into(), 3)], ..judged("1001", 3, hold("unpaid")) };
    ledger.judge(&on_hand(kept)).await.unwrap();
    let given_up = Judged { given_back: vec!["TEE".into()], ..judged("1001", 4, filter("country: US")) };
    ledger.judge(&on_hand(given_up)).await.unwrap();
    assert!(ledger.stock(&au()).await.unwrap()[0].pushed.is_some());
}

#[rstest]
#[tokio::test]
async fn what_a_push_left_untold_stays_so_if_an_order_gave_units_up_meanwhile(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    count(&*ledger, 1, &[level("TEE", 10)]).await;
    ledger.pushed(&au(), &[(Sku::from("TEE"), 10)], minute(2)).await.unwrap();
    let kept = Judged { kept: vec![("TEE".into(), 3)], ..judged("1001", 3, hold("unpaid")) };
    ledger.judge(&kept).await.unwrap();
    let before = ledger.begin_push(&au(), &[listing("TEE", "2", None)], minute(4), minute(0)).await.unwrap();
    ledger.judge(&judged("1001", 5, filter("country: US"))).await.unwrap();
    let kept_back: Vec<_> = before.into_iter().map(|(sku, told)| (sku, Some(told))).collect();
    ledger.not_pushed(&au(), &kept_back, minute(4)).await.unwrap();
    assert_eq!(ledger.stock(&au()).await.unwrap()[0].pushed, None);
}

#[rstest]
#[tokio::test]
async fn the_day_of_a_shops_full_push_is_its_own(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    assert_eq!(ledger.stock_day(&au()).await.unwrap(), None);
    for day in [date(2026, 11, 20), date(2030, 1, 1), date(2026, 11, 21)] {
        ledger.keep_stock_day(&au(), day).await.unwrap();
        assert_eq!(ledger.stock_day(&au()).await.unwrap(), Some(day));
    }
    assert_eq!(ledger.stock_day(&store("acme-nz")).await.unwrap(), None);
}
