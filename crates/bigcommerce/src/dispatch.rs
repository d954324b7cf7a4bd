//! Writes a consignment to the shop's order, then moves the order's status.
//!
//! Reads   the order's status, lines and shipments
//! Writes  one shipment per shipping address that has none of this consignment yet, and the new label to those that have a former
//!         one; then the status, if it is not there
//! Repeat  safe after any doubt: what stands is known again by its id, by the mark in its comments or by its tracking number

use crossdock_settings::TrackingSettings;
use crossdock_storefront::{Dispatch, Dispatched, Priority, StorefrontError};

use crate::client::Client;
use crate::label::Label;
use crate::line_items::OrderProduct;
use crate::order_status;
use crate::parcels::{Parcel, missing_parcels};
use crate::read_order::OrderPath;
use crate::shipment::{NewShipment, ShopShipment};

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
    let (status, products, shipments) = tokio::try_join!(
        client.order_status(&order),
        client.order_products(&order),
        client.shipments(&order)
    )?;
    let standing = standing(dispatch, &products, &shipments, tracking)?;
    relabel(client, &order, &standing.mislabelled, dispatch, tracking).await?;
    let mut status_id = status.status_id;
    let mut shipment_ids = standing.shipment_ids;
    let mut wrote = !standing.mislabelled.is_empty();
    for parcel in &standing.missing {
        match client.create_shipment(&order, &NewShipment::new(&dispatch.shipment, parcel, tracking)).await {
            Ok(created) => {
                shipment_ids.push(created.id);
                wrote = true;
            }
            Err(doubtful @ (StorefrontError::Refused { .. } | StorefrontError::Malformed { .. })) => {
                shipment_ids = read_again(client, &order, dispatch, tracking, doubtful).await?;
                break;
            }
            Err(error) => return Err(error),
        }
    }
    if !standing.missing.is_empty() {
        // A shipment may have moved the status by itself.
        status_id = client.order_status(&order).await?.status_id;
    }
    if let Some(goal) = order_status::after(status_id, dispatch, tracking) {
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

fn standing(
    dispatch: &Dispatch,
    products: &[OrderProduct],
    shipments: &[ShopShipment],
    tracking: &TrackingSettings,
) -> Result<Standing, StorefrontError> {
    let ours: Vec<_> = shipments.iter().filter(|one| one.is_of(dispatch, products, tracking)).collect();
    let missing = missing_parcels(dispatch, products, &ours)?;
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
/// shape may follow a shipment that was written. What the shop has now decides; else the error stands.
async fn read_again(
    client: &Client,
    order: &OrderPath,
    dispatch: &Dispatch,
    tracking: &TrackingSettings,
    doubtful: StorefrontError,
) -> Result<Vec<u64>, StorefrontError> {
    let (products, shipments) = tokio::try_join!(client.order_products(order), client.shipments(order))?;
    match standing(dispatch, &products, &shipments, tracking) {
        Ok(Standing { shipment_ids, missing, .. }) if missing.is_empty() && !shipment_ids.is_empty() => {
            Ok(shipment_ids)
        }
        _ => Err(doubtful),
    }
}
