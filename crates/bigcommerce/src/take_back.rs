//! Takes a consignment that has not left after all back from the shop's order, then moves the order's status back.
//!
//! Reads   the order's status and shipments
//! Writes  deletes the consignment's shipments; then the status, as far back as what still stands there says
//! Repeat  safe after any doubt: what is deleted already does not stand there

use crossdock_settings::TrackingSettings;
use crossdock_storefront::{Priority, StorefrontError, TakeBack, TakenBack};

use crate::client::Client;
use crate::order_status;
use crate::read_order::OrderPath;
use crate::shipment::ShopShipment;

/// Does it.
pub(crate) async fn take_back(
    client: &Client,
    tracking: &TrackingSettings,
    taken: &TakeBack,
) -> Result<TakenBack, StorefrontError> {
    let order = OrderPath::new(&taken.order_id, Priority::Urgent)?;
    let (status, shipments) = tokio::try_join!(client.order_status(&order), client.shipments(&order))?;
    let (ours, others): (Vec<&ShopShipment>, Vec<_>) =
        shipments.iter().partition(|one| one.is_voided_by(taken));
    for shipment in &ours {
        match client.delete_shipment(&order, shipment.id).await {
            // Somebody else deleted it after we read.
            Ok(()) | Err(StorefrontError::NotFound { .. }) => {}
            Err(error) => {
                let step = || format!("delete shipment {} of order {}", shipment.id, taken.order_id);
                return Err(error.of_step(step));
            }
        }
    }
    let mut status_id = status.status_id;
    let goal = order_status::after_take_back(status_id, taken, !others.is_empty(), tracking);
    if let Some(goal) = goal {
        let step = || format!("set the status of order {} to '{}'", taken.order_id, order_status::name(goal));
        client.set_order_status(&order, goal).await.map_err(|error| error.of_step(step))?;
        status_id = goal;
    }
    let wrote = !ours.is_empty() || goal.is_some();
    Ok(TakenBack { order_status: order_status::name(status_id), wrote })
}
