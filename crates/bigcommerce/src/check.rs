//! Proves that the credentials work and carry the scopes.

use crossdock_storefront::{Priority, StorefrontError};
use serde::Deserialize;

use crate::client::{About, Client};
use crate::loose;

/// A cheap read for each scope: a path, and the scope in BigCommerce's words.
///
/// A read cannot prove that the token may write as well; a missing `modify` shows at the first write, by name.
const READS: [(&str, &str); 3] = [
    ("/v2/orders", "modify orders"),
    ("/v3/catalog/products", "read products"),
    ("/v3/inventory/items", "modify store inventory"),
];

#[derive(Deserialize)]
struct Store {
    #[serde(deserialize_with = "loose::text")]
    name: String,
}

/// The shop's own name.
pub(crate) async fn check(client: &Client) -> Result<String, StorefrontError> {
    let about = About {
        subject: "store of this hash",
        scope: "read information & settings",
        priority: Priority::Urgent,
    };
    let store: Store = client.get("/v2/store", &[], about).await?.read()?;
    for (path, scope) in READS {
        let about = About { subject: path, scope, priority: Priority::Urgent };
        client.get(path, &[("limit", "1")], about).await?;
    }
    Ok(store.name)
}
