//! Lists of neighbours, and what a slow shop does to them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossdock_sandbox::{BigcommerceOptions, BigcommerceShop, Draft, Fault, Item};
use crossdock_settings::BigcommerceConnection;

use super::*;
use crate::account::Account;
use crate::client::http_client;

async fn shop_of(orders: usize) -> (Arc<BigcommerceShop>, Client) {
    let item = Item {
        product_id: 1,
        variant_id: 1,
        sku: "TEE".to_owned(),
        name: "Tee".to_owned(),
        options: BTreeMap::new(),
        price: 10.into(),
        stock: None,
    };
    let options = BigcommerceOptions { catalog: vec![item], ..BigcommerceOptions::default() };
    let shop = BigcommerceShop::start(options).await.unwrap();
    for _ in 0..orders {
        shop.place_order(&Draft::of(&[("TEE", 1)]));
    }
    let connection = BigcommerceConnection {
        store_hash: "abc123".to_owned(),
        client_id: "id".to_owned(),
        client_secrets: Vec::new(),
        access_token: "sandbox-access-token".to_owned().into(),
        api_url: shop.url(),
        webhook_header: None,
    };
    let account = Account::of_token(&connection).unwrap();
    (shop, Client::new(http_client().unwrap(), account, Arc::default()))
}

#[tokio::test]
async fn a_slow_shop_is_read_as_far_as_the_time_goes_and_the_rest_comes_again() {
    let ids: Vec<OrderId> = (1001..=1020).map(|number| OrderId::new(number.to_string())).collect();
    let mut late = Vec::new();
    // On a slow machine, the others need longer.
    for secs in [1, 4, 16] {
        let (shop, client) = shop_of(20).await;
        for number in [1003, 1007, 1011] {
            shop.faults().next("GET", &format!("/orders/{number}"), Fault::Hang(Duration::from_mins(10)));
        }
        let deadline = Instant::now() + Duration::from_secs(secs);
        let read = shop_orders_until(&client, &CallSize::up_to(1), &ids, Priority::Urgent, deadline).await;
        late = (0..20).filter(|at| read[*at].is_err()).collect();
        assert!(late.iter().all(|at| matches!(read[*at], Err(StorefrontError::OutOfTime))));
        if late.len() <= 3 {
            break;
        }
    }
    assert_eq!(late, [2, 6, 10]);
}

#[test]
fn neighbours_fit_on_a_page_even_if_all_between_them_exist() {
    assert_eq!(neighbours([], 250), Vec::<Neighbours>::new());
    assert_eq!(neighbours([1, 250, 251, 900], 250), [vec![1, 250], vec![251], vec![900]]);
    assert_eq!(neighbours(1..=1000, 250).iter().map(Vec::len).collect::<Vec<_>>(), [250; 4]);
    assert_eq!(neighbours([u64::MAX - 1, u64::MAX], 250), [vec![u64::MAX - 1, u64::MAX]]);
}

#[test]
fn a_list_that_was_cut_short_goes_on_behind_its_end() {
    let rows: Vec<Box<RawValue>> =
        (1..=50).map(|id| RawValue::from_string(format!(r#"{{"id": {id}}}"#)).unwrap()).collect();
    let brought = sorted_out(vec![10, 60, 70], &rows);
    assert_eq!(brought.open, [vec![10], vec![60, 70]]);
    let brought = sorted_out(vec![10, 60, 70], &rows[..49]);
    assert_eq!(brought.open, [vec![10], vec![60], vec![70]], "what the last page lacks is missing");
    let brought = sorted_out(vec![60, 70], &rows);
    assert_eq!(brought.open, [vec![60], vec![70]], "a shop that ignores the bounds is not asked for ever");
}
