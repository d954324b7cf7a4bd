//! Checking credentials and scopes.

use crossdock_storefront::{Storefront as _, StorefrontError};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::shop::{call, client_of, ok};

const READS: [(&str, &str); 4] = [
    ("/v2/store", "read information & settings"),
    ("/v2/orders", "modify orders"),
    ("/v3/catalog/products", "read products"),
    ("/v3/inventory/items", "modify store inventory"),
];

async fn shop_refusing(refused: Option<&str>) -> MockServer {
    let store: Value = serde_json::from_str(include_str!("../../fixtures/store/store.json")).unwrap();
    let server = MockServer::start().await;
    for (path, _) in READS {
        let answer = match path {
            _ if Some(path) == refused => ResponseTemplate::new(403),
            "/v2/store" => ok(&store),
            "/v2/orders" => ResponseTemplate::new(204),
            _ => ok(&json!({ "data": [] })),
        };
        call("GET", path).respond_with(answer).mount(&server).await;
    }
    server
}

#[tokio::test]
async fn a_shop_with_every_scope_tells_its_name() {
    let server = shop_refusing(None).await;
    assert_eq!(client_of(&server.uri()).check().await.unwrap(), "BigCommerce");
    assert_eq!(server.received_requests().await.unwrap().len(), READS.len());
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    for (path, wanted) in READS {
        let server = shop_refusing(Some(path)).await;
        let error = client_of(&server.uri()).check().await.unwrap_err();
        assert!(
            matches!(&error, StorefrontError::MissingScope { scope, .. } if scope == wanted),
            "{path}: {error}"
        );
    }
}
