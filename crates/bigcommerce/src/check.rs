//! Proves that the credentials work, and may read all that Crossdock needs.

use crossdock_storefront::{Priority, StorefrontError};
use serde::Deserialize;

use crate::client::{About, Client};
use crate::loose;

/// A cheap read for each scope: a path, and the scope in BigCommerce's words.
///
/// A read cannot prove that the token may write as well: a missing `modify` shows at the first write, by name.
const READS: [(&str, &str); 3] = [
    ("/v2/orders", "modify orders"),
    ("/v3/catalog/products", "read products"),
    ("/v3/inventory/items", "modify store inventory"),
];

/// The same for a legacy account, where the user that it belongs to has the permissions.
const LEGACY_READS: [(&str, &str); 2] =
    [("/v2/orders", "modify orders"), ("/v2/products", "modify products")];

/// What to know of a legacy account.
pub(crate) const OF_LEGACY: &str = "a legacy account has no webhooks, so the shop is only swept; stock is written one SKU a call; \
     BigCommerce issues no new ones: an account with an access token does better";

#[derive(Deserialize)]
struct Store {
    #[serde(deserialize_with = "loose::text")]
    name: String,
}

/// The shop's own name.
pub(crate) async fn check(client: &Client, legacy: bool) -> Result<String, StorefrontError> {
    let about = About {
        subject: "store of this hash",
        scope: "read information & settings",
        priority: Priority::Urgent,
    };
    let store: Store = client.get("/v2/store", &[], about).await?.read()?;
    let reads = if legacy { LEGACY_READS.as_slice() } else { &READS };
    for (path, scope) in reads {
        let about = About { subject: path, scope, priority: Priority::Urgent };
        client.get(path, &[("limit", "1")], about).await?;
    }
    Ok(store.name)
}
