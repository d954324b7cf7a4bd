//! An order as it stands at the shop when a consignment is to be written to it: its status, its lines and its shipments.

use crossdock_storefront::StorefrontError;

use crate::client::Client;
use crate::line_items::OrderProduct;
use crate::order::OrderContents;
use crate::read_order::OrderPath;
use crate::shipment::ShopShipment;

/// Read by [`Client::standing_order`].
pub(crate) struct StandingOrder {
    pub(crate) status_id: i64,
    pub(crate) lines: Vec<OrderProduct>,
    pub(crate) shipments: Vec<ShopShipment>,
}

impl Client {
    /// Reads the order, and its shipments unless nobody can have tried to write one and the order says that there is none.
    pub(crate) async fn standing_order(
        &self,
        order: &OrderPath,
        first_try: bool,
    ) -> Result<StandingOrder, StorefrontError> {
        let ((contents, lines), shipments) = if first_try {
            let read = self.order_contents(order).await?;
            let shipments =
                if has_shipped(&read.0, &read.1) { self.shipments(order).await? } else { Vec::new() };
            (read, shipments)
        } else {
            tokio::try_join!(self.order_contents(order), self.shipments(order))?
        };
        Ok(StandingOrder { status_id: contents.status.status_id, lines, shipments })
    }
}

/// A shipment has at least a unit of a line.
fn has_shipped(contents: &OrderContents, lines: &[OrderProduct]) -> bool {
    contents.items_shipped > 0 || lines.iter().any(|line| line.quantity_shipped > 0)
}
