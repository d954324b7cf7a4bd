//! Writing a consignment to an order, and taking it back: number, link and status in one call, so that the buyer gets one mail.
//!
//! Ecwid has no shipments: an order has one tracking number, one link and one fulfilment status, and no field for the
//! carrier. So a further parcel's number is joined to the one that stands, and the lines of a consignment are not told.
//!
//! The same PUT twice is the same order and one mail. But one that the shop carries out late would overwrite what was written after it:
//! whoever calls this leaves an order alone as long as a shop may still be at work on it.

mod carrier_pages;
mod plan;
mod status;

use crossdock_domain::OrderId;
use crossdock_storefront::{Dispatch, Dispatched, Priority, StorefrontError, TakeBack, TakenBack};
use serde::{Deserialize, Serialize};

use crate::Ecwid;
use crate::client::{Call, Scope};
use crate::scalar::Scalar;
use plan::{plan, plan_back};

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
    fulfillment_status: Option<String>,
}

impl Update {
    /// What a person would do in its place.
    fn step(&self, order_id: &OrderId) -> String {
        let fields = [
            ("tracking number", &self.tracking_number),
            ("tracking link", &self.tracking_url),
            ("fulfillment status", &self.fulfillment_status),
        ];
        let steps = fields.into_iter().filter_map(|(name, value)| match value.as_deref()? {
            "" => Some(format!("empty the {name}")),
            value => Some(format!("set the {name} to '{value}'")),
        });
        format!("{} in order {order_id}", steps.collect::<Vec<_>>().join(", "))
    }
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

/// What stands at the order after a change, and whether there was anything to change.
struct Changed {
    order_status: String,
    wrote: bool,
}

impl Ecwid {
    /// Writes what differs, if anything does.
    pub(crate) async fn write_tracking(&self, dispatch: &Dispatch) -> Result<Dispatched, StorefrontError> {
        let plan = |standing: &Standing| plan(standing, dispatch, &self.tracking);
        let Changed { order_status, wrote } = self.change_order(&dispatch.order_id, plan).await?;
        Ok(Dispatched { shop_shipments: Vec::new(), order_status, wrote })
    }

    /// Takes out what is there of the consignment.
    pub(crate) async fn take_tracking_back(&self, taken: &TakeBack) -> Result<TakenBack, StorefrontError> {
        let plan = |standing: &Standing| plan_back(standing, taken, &self.tracking);
        let Changed { order_status, wrote } = self.change_order(&taken.order_id, plan).await?;
        Ok(TakenBack { order_status, wrote })
    }

    /// Reads the order, and writes what is planned for it.
    async fn change_order(
        &self,
        order_id: &OrderId,
        plan: impl Fn(&Standing) -> Option<Update>,
    ) -> Result<Changed, StorefrontError> {
        let standing = self.standing(order_id).await?;
        let Some(update) = plan(&standing) else {
            return Ok(Changed { order_status: standing.fulfillment_status.0, wrote: false });
        };
        let what = format!("order {order_id}");
        let path = ["orders", order_id.as_str()];
        let call = Call {
            path: &path,
            query: &[],
            scope: Scope::UpdateOrders,
            what: &what,
            priority: Priority::Urgent,
        };
        let updated: Result<Updated, _> = self.client.put(call, &update).await;
        let updated = updated.map_err(|error| error.of_a_write().of_step(|| update.step(order_id)))?;
        if !updated.happened() {
            return self.changed_meanwhile(order_id, plan).await;
        }
        Ok(Changed {
            order_status: update.fulfillment_status.unwrap_or(standing.fulfillment_status.0),
            wrote: true,
        })
    }

    /// Nothing was updated: either another wrote the same between our reading and our writing, or the shop would not.
    async fn changed_meanwhile(
        &self,
        order_id: &OrderId,
        plan: impl Fn(&Standing) -> Option<Update>,
    ) -> Result<Changed, StorefrontError> {
        let standing = self.standing(order_id).await?;
        if let Some(update) = plan(&standing) {
            return Err(Updated::nothing().of_step(|| update.step(order_id)));
        }
        Ok(Changed { order_status: standing.fulfillment_status.0, wrote: false })
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
