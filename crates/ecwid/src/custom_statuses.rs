//! The statuses that the merchant gave names of their own: settings and the API know them as `CUSTOM_PAYMENT_STATUS_1` and so on.

use crossdock_storefront::{Priority, StorefrontError};
use serde::Deserialize;

use crate::Ecwid;
use crate::client::{Call, Scope};
use crate::scalar::Scalar;

/// What the ids of the three payment and three fulfilment statuses begin with that a merchant may turn on and name.
const CUSTOM: &str = "CUSTOM_";

/// `GET /profile/order_statuses`.
///
/// Source: docs.ecwid.com, "Search order statuses" (2026-01-14).
#[derive(Debug, Deserialize)]
struct Statuses {
    items: Vec<Status>,
}

#[derive(Debug, Deserialize)]
struct Status {
    #[serde(rename = "statusId")]
    id: String,
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    name: Scalar,
}

impl Ecwid {
    /// Ids and names of the custom statuses that are turned on.
    pub(crate) async fn custom_statuses(&self) -> Result<Vec<(String, String)>, StorefrontError> {
        let call = Call {
            path: &["profile", "order_statuses"],
            query: &[("responseFields", "items(statusId,enabled,name)")],
            scope: Scope::ReadStoreProfile,
            what: "list of order statuses",
            priority: Priority::Urgent,
        };
        let statuses: Statuses = self.client.get(call).await?;
        let custom = statuses.items.into_iter().filter(|one| one.enabled && one.id.starts_with(CUSTOM));
        Ok(custom.map(|one| (one.id, one.name.0)).collect())
    }
}
