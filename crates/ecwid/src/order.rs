//! Reading an order.

mod dates;
mod mapping;
mod person;
mod wire;

use crossdock_domain::{OrderId, ShopOrder};
use crossdock_storefront::StorefrontError;

use crate::Ecwid;
use crate::client::{Call, Scope};
use wire::FetchedOrder;

impl Ecwid {
    /// One order as the shop has it now. Not by search: that lags behind by seconds.
    pub(crate) async fn order(&self, id: &OrderId) -> Result<ShopOrder, StorefrontError> {
        let what = format!("order {id}");
        let path = ["orders", id.as_str()];
        let call = Call { path: &path, query: &[], scope: Scope::ReadOrders, what: &what };
        let order: FetchedOrder = self.client.get(call).await?;
        // The id may come from a callback, whose body is not signed: words such as `last` name other resources.
        if !order.is_called(id.as_str()) {
            return Err(StorefrontError::NotFound { what });
        }
        let currency = self.currency().await?;
        mapping::shop_order(order, currency)
            .map_err(|fault| StorefrontError::Malformed { cause: Box::new(fault) })
    }
}
