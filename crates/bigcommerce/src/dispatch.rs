//! Writes a consignment to the shop's order, then moves the order's status.
//!
//! Reads   the order with its lines; its shipments, if there can be any
//! Writes  one shipment per shipping address that has none of this consignment yet, and the new label to those that have a former
//!         one; then the status, if it is not there
//! Repeat  safe after any doubt, once the shop is not at work any more on what it was sent: what stands is known again by its id, by the
//!         mark in its comments or by its tracking number. Of the writes, only the new shipment does harm when it is done twice
//!
//! A consignment that is all of an order takes three calls if nothing is in doubt, and each call that it does without is one that could
//! tell nothing:
//!
//! - The order is always read. A person may have shipped some of it since the import, cancelled it, or refunded it: a shipment that is
//!   written blindly would be a second one with a second mail (what the shop does with more units than are open is not documented), and
//!   a status would undo what the person did. `order_address_id` and line ids come with it.
//! - Its lines come in the same call: `include=consignments.line_items` is documented to hold what `/orders/{id}/products` answers. Where
//!   a shop leaves them out (an older API, or issue 2052 of bigcommerce/dev-docs), they are read by themselves.
//! - Its shipments are not read where no unit has shipped, as each shipment holds one at least. After a doubt they are, whatever the
//!   order says of itself: a shop that broke off in the middle may have written the one and not the other.
//! - The answer to a shipment says nothing of the order's status. That is read again only where it matters what the shop may have made of
//!   it by itself ([`order_status::after_in_any_case`]): it sets 'completed' for nobody, but perhaps 'shipped' and 'partially shipped'.

use std::collections::VecDeque;

use crossdock_settings::TrackingSettings;
use crossdock_storefront::{Dispatch, Dispatched, Priority, StorefrontError};

use crate::client::Client;
use crate::label::Label;
use crate::order_status;
use crate::parcels::{Parcel, missing_parcels};
use crate::read_order::OrderPath;
use crate::shipment::NewShipment;
use crate::standing_order::StandingOrder;

/// What stands at the shop of a consignment, and what does not.
struct Standing {
    shipment_ids: Vec<u64>,
    /// Shipments with a former label.
    mislabelled: Vec<u64>,
    missing: Vec<Parcel>,
}

/// Does it.
pub(crate) async fn dispatch(
    client: &Client,
    tracking: &TrackingSettings,
    dispatch: &Dispatch,
) -> Result<Dispatched, StorefrontError> {
    let order = OrderPath::new(&dispatch.order_id, Priority::Urgent)?;
    if dispatch.status_only {
        return status_only(client, tracking, &order, dispatch).await;
    }
    let stands = client.standing_order(&order, dispatch.first_try).await?;
    let Standing { mut shipment_ids, mislabelled, missing } = standing(dispatch, &stands, tracking)?;
    relabel(client, &order, &mislabelled, dispatch, tracking).await?;
    let (mut status_id, mut wrote) = (stands.status_id, !mislabelled.is_empty());
    let (has_parcels, mut missing) = (!missing.is_empty(), VecDeque::from(missing));
    while let Some(parcel) = missing.pop_front() {
        match client.create_shipment(&order, &NewShipment::new(&dispatch.shipment, &parcel, tracking)).await {
            Ok(created) => {
                shipment_ids.push(created.id);
                wrote = true;
            }
            Err(doubtful @ (StorefrontError::Refused { .. } | StorefrontError::Malformed { .. })) => {
                let most = missing.len();
                (status_id, shipment_ids, missing) =
                    read_again(client, &order, dispatch, tracking, doubtful, most).await?;
            }
            Err(error) => return Err(error),
        }
    }
    let mut goal = order_status::after_in_any_case(status_id, dispatch, tracking);
    if goal.is_none() {
        if has_parcels {
            status_id = client.order_status(&order).await?.status_id;
        }
        goal = order_status::after(status_id, dispatch, tracking);
    }
    if let Some(goal) = goal {
        client.set_order_status(&order, goal).await?;
        status_id = goal;
        wrote = true;
    }
    Ok(Dispatched {
        shop_shipments: shipment_ids.iter().map(u64::to_string).collect(),
        order_status: order_status::name(status_id),
        wrote,
    })
}

/// What a person has made of the consignment at the shop is left alone.
async fn status_only(
    client: &Client,
    tracking: &TrackingSettings,
    order: &OrderPath,
    dispatch: &Dispatch,
) -> Result<Dispatched, StorefrontError> {
    let status_id = client.order_status(order).await?.status_id;
    let goal = order_status::after(status_id, dispatch, tracking);
    if let Some(goal) = goal {
        client.set_order_status(order, goal).await?;
    }
    Ok(Dispatched {
        shop_shipments: dispatch.shop_shipments.clone(),
        order_status: order_status::name(goal.unwrap_or(status_id)),
        wrote: goal.is_some(),
    })
}

fn standing(
    dispatch: &Dispatch,
    stands: &StandingOrder,
    tracking: &TrackingSettings,
) -> Result<Standing, StorefrontError> {
    let StandingOrder { lines, shipments, .. } = stands;
    let ours: Vec<_> = shipments.iter().filter(|one| one.is_of(dispatch, lines, tracking)).collect();
    let missing = missing_parcels(dispatch, lines, &ours)?;
    // What a person corrected at the shop stays, as long as the warehouse tells nothing else.
    let relabelled = !dispatch.former.is_empty();
    let label = Label::whole(&dispatch.shipment, tracking);
    let mislabelled = ours.iter().filter(|one| relabelled && !label.stands_on(one)).map(|one| one.id);
    Ok(Standing {
        mislabelled: mislabelled.collect(),
        shipment_ids: ours.iter().map(|one| one.id).collect(),
        missing,
    })
}

async fn relabel(
    client: &Client,
    order: &OrderPath,
    shipment_ids: &[u64],
    dispatch: &Dispatch,
    tracking: &TrackingSettings,
) -> Result<(), StorefrontError> {
    let label = Label::whole(&dispatch.shipment, tracking);
    for id in shipment_ids {
        client.relabel_shipment(order, *id, &label).await?;
    }
    Ok(())
}

/// A refusal may mean that an earlier try, still under way when we read, has written the shipment since; an answer of another
/// shape may follow a shipment that was written. What the shop has now decides: the status, our shipments, and which of them are
/// missing yet. If those are more than `most`, this one is among them, and the error stands.
async fn read_again(
    client: &Client,
    order: &OrderPath,
    dispatch: &Dispatch,
    tracking: &TrackingSettings,
    doubtful: StorefrontError,
    most: usize,
) -> Result<(i64, Vec<u64>, VecDeque<Parcel>), StorefrontError> {
    let stands = client.standing_order(order, false).await?;
    match standing(dispatch, &stands, tracking) {
        Ok(Standing { shipment_ids, missing, .. }) if missing.len() <= most && !shipment_ids.is_empty() => {
            Ok((stands.status_id, shipment_ids, missing.into()))
        }
        _ => Err(doubtful),
    }
}
