//! Writing a consignment to an order: number, link and status in one call, so that the buyer gets one mail.
//!
//! Ecwid has no shipments: an order has one tracking number, one link and one fulfilment status, and no field for the
//! carrier. So a further parcel's number is joined to the one that stands, and the lines of a consignment are not told.

mod plan;
mod status;

use crossdock_domain::OrderId;
use crossdock_storefront::{Dispatch, Dispatched, Priority, StorefrontError};
use serde::{Deserialize, Serialize};

use crate::Ecwid;
use crate::client::{Call, Scope};
use crate::scalar::Scalar;
use plan::plan;

/// What stands at the order.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Standing {
    tracking_number: Scalar,
    tracking_url: Scalar,
    fulfillment_status: Scalar,
}

/// What is written: only what differs. Ecwid leaves fields alone that are not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_number: Option<String>,
    /// In the official client since 2023-10-31, though not in the API reference: a shop may drop it.
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fulfillment_status: Option<&'static str>,
}

/// The answer to a write.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Updated {
    update_count: u64,
}

impl Updated {
    /// Whether something was written.
    pub(crate) fn happened(&self) -> bool {
        self.update_count > 0
    }

    /// The error for a write that the shop took and did not do.
    pub(crate) fn nothing() -> StorefrontError {
        StorefrontError::Refused { status: 200, message: "it updated nothing (updateCount 0)".to_owned() }
    }
}

impl Ecwid {
    /// Writes what differs, if anything does.
    pub(crate) async fn write_tracking(&self, dispatch: &Dispatch) -> Result<Dispatched, StorefrontError> {
        let standing = self.standing(&dispatch.order_id).await?;
        let status = standing.fulfillment_status.0.clone();
        let Some(update) = plan(&standing, dispatch, &self.tracking) else {
            return Ok(Dispatched { shop_shipments: Vec::new(), order_status: status, wrote: false });
        };
        let what = format!("order {}", dispatch.order_id);
        let path = ["orders", dispatch.order_id.as_str()];
        let call = Call {
            path: &path,
            query: &[],
            scope: Scope::UpdateOrders,
            what: &what,
            priority: Priority::Urgent,
        };
        let updated: Updated = self.client.put(call, &update).await?;
        if !updated.happened() {
            return self.written_meanwhile(dispatch).await;
        }
        let order_status = update.fulfillment_status.map_or(status, str::to_owned);
        Ok(Dispatched { shop_shipments: Vec::new(), order_status, wrote: true })
    }

    /// Nothing was updated: either another wrote the same between our reading and our writing, or the shop would not.
    async fn written_meanwhile(&self, dispatch: &Dispatch) -> Result<Dispatched, StorefrontError> {
        let standing = self.standing(&dispatch.order_id).await?;
        if plan(&standing, dispatch, &self.tracking).is_some() {
            return Err(Updated::nothing());
        }
        let order_status = standing.fulfillment_status.0;
        Ok(Dispatched { shop_shipments: Vec::new(), order_status, wrote: false })
    }

    async fn standing(&self, order_id: &OrderId) -> Result<Standing, StorefrontError> {
        let what = format!("order {order_id}");
        let path = ["orders", order_id.as_str()];
        let call = Call {
            path: &path,
            query: &[],
            scope: Scope::ReadOrders,
            what: &what,
            priority: Priority::Urgent,
        };
        self.client.get(call).await
    }
}
