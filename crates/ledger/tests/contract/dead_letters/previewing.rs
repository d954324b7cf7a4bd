//! What a preview asks about SKUs that the warehouse did not know.

use crossdock_domain::{OrderId, Sku};
use crossdock_ledger::Answer;
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{answer_1001, au, level, minute, release_1001, store};

fn skus(skus: &[&str]) -> Vec<Sku> {
    skus.iter().map(|sku| Sku::from(*sku)).collect()
}

#[rstest]
#[tokio::test]
async fn a_sku_is_known_by_a_count_of_it_or_by_word_of_the_warehouse(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    ledger.counted(minute(5), &[level("TEE", 1), level("CAP", 0)]).await.unwrap();
    ledger.sku_known(&Sku::from("MUG"), minute(7)).await.unwrap();
    ledger.sku_known(&Sku::from("TEE"), minute(3)).await.unwrap();
    let asked = skus(&["TEE", "MUG", "CAP", "PEN", "TEE"]);
    for (since, expected) in [(4, &["CAP", "MUG", "TEE"][..]), (5, &["MUG"]), (7, &[])] {
        assert_eq!(ledger.known_since(&asked, minute(since)).await.unwrap(), skus(expected));
    }
    assert_eq!(ledger.known_since(&[], minute(0)).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn it_is_told_for_which_skus_an_order_was_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 1), ("MUG", 1), ("CAP", 1)]).await;
    let refused = Answer::Rejected { reason: "unknown".to_owned(), unknown_skus: skus(&["TEE", "MUG"]) };
    answer_1001(&*ledger, 3, refused).await;
    let ids = [OrderId::from("1001"), OrderId::from("1002")];
    let told = |expected: &[&str]| -> Vec<(OrderId, Sku)> {
        expected.iter().map(|sku| (ids[0].clone(), Sku::from(*sku))).collect()
    };
    assert_eq!(ledger.refused_for(&au(), &ids).await.unwrap(), told(&["MUG", "TEE"]));
    ledger.sku_known(&Sku::from("MUG"), minute(4)).await.unwrap();
    assert_eq!(ledger.refused_for(&au(), &ids).await.unwrap(), told(&["TEE"]));
    assert_eq!(ledger.refused_for(&store("acme-nz"), &ids).await.unwrap(), []);
    assert_eq!(ledger.refused_for(&au(), &[]).await.unwrap(), []);
}
