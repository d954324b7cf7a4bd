//! Reading an order.

mod dates;
mod lines;
mod mapping;
mod parts;
mod person;
mod wire;

use crossdock_domain::{OrderId, ShopOrder};
use crossdock_storefront::{Priority, StorefrontError};

use crate::Ecwid;
use crate::client::{Call, Scope};
pub(crate) use dates::first_of;
pub(crate) use wire::{Component, FetchedOrder};

impl Ecwid {
    /// One order as the shop has it now. Not by search: that lags behind by seconds.
    pub(crate) async fn order(&self, id: &OrderId, priority: Priority) -> Result<ShopOrder, StorefrontError> {
        let what = format!("order {id}");
        let path = ["orders", id.as_str()];
        let call = Call { path: &path, query: &[], scope: Scope::ReadOrders, what: &what, priority };
        let order: FetchedOrder = self.client.get(call).await?;
        // The id may come from a callback, whose body is not signed: words such as `last` name other resources.
        if !order.is_called(id.as_str()) {
            return Err(StorefrontError::NotFound { what });
        }
        self.shop_order(order, priority).await
    }

    /// An order in our words, with what it does not tell itself: its currency, and the parts of its composite lines.
    pub(crate) async fn shop_order(
        &self,
        mut order: FetchedOrder,
        priority: Priority,
    ) -> Result<ShopOrder, StorefrontError> {
        // A profile that is not found says nothing of the order, which was.
        let currency = self.currency().await.map_err(StorefrontError::of_whole_call)?;
        let mut lines = Vec::new();
        for item in std::mem::take(&mut order.items) {
            let parts = self.parts(&item, priority).await?;
            lines.extend(lines::lines(item, parts));
        }
        mapping::shop_order(order, currency, lines)
            .map_err(|fault| StorefrontError::Malformed { cause: Box::new(fault) })
    }
}
