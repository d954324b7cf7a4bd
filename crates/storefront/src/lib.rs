//! What every shop can do, as a trait, and the request budget of each shop.

mod budget;
mod dispatch;
mod error;
mod list;
mod priority;
mod quantity;
mod shops;
mod webhooks;

use async_trait::async_trait;
use crossdock_domain::{Listing, OrderId, ShopOrder, Sku};
use jiff::Timestamp;

pub use budget::{Admitted, Budget, SharedLedger, Told};
pub use dispatch::{Dispatch, Dispatched};
pub use error::StorefrontError;
pub use list::{ListedOrder, Page, Place, Window};
pub use priority::Priority;
pub use quantity::Quantity;
pub use shops::{Shop, Shops, UnknownStore};
pub use webhooks::{Webhook, Webhooks};

/// One shop's API, in the words of `domain`. Implementations keep the vendor's shapes to themselves.
#[async_trait]
pub trait Storefront: Send + Sync {
    /// Reads orders as the shop has them now: one result for each id, in the order asked for.
    ///
    /// One order that cannot be read does not fail the others.
    async fn orders(&self, ids: &[OrderId], priority: Priority) -> Vec<Result<ShopOrder, StorefrontError>>;

    /// Lists orders, a page at a time, from the beginning or from where a former page ended.
    ///
    /// An order that is in the window throughout is in one of the pages, however much others move meanwhile; some may come twice. One
    /// that is changed or placed while the pages are read may be missing: it is in a window that begins where this reading began.
    async fn list(&self, window: &Window, from: Option<&Place>) -> Result<Page, StorefrontError>;

    /// Orders that the shop deleted or archived at this moment or later, as far as the platform lists them.
    async fn deleted(&self, since: Timestamp) -> Result<Vec<OrderId>, StorefrontError>;

    /// Writes a consignment to the shop's order, then moves the order's status.
    ///
    /// Safe to repeat after any doubt: the shop is read first, and what stands there already is not written again.
    async fn dispatch(&self, dispatch: &Dispatch) -> Result<Dispatched, StorefrontError>;

    /// Where the shop lists these SKUs. A SKU that it does not list has no entry; one that it lists several times has several.
    async fn listings(&self, skus: &[Sku]) -> Result<Vec<Listing>, StorefrontError>;

    /// Sets quantities, absolutely: one result for each, in the order given.
    async fn set_stock(&self, quantities: &[Quantity]) -> Vec<Result<(), StorefrontError>>;

    /// Proves that the credentials work and carry every scope that Crossdock needs; the answer is the shop's own name.
    async fn check(&self) -> Result<String, StorefrontError>;

    /// What a person who writes the shop's settings should know of it, in sentences: such as what its statuses are called.
    async fn remarks(&self) -> Result<Vec<String>, StorefrontError> {
        Ok(Vec::new())
    }

    /// The shop's webhook subscriptions; none where the platform has no API for them.
    fn webhooks(&self) -> Option<&dyn Webhooks> {
        None
    }
}
