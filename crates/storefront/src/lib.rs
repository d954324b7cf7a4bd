//! What every shop can do, as a trait, and the request budget of each shop.

mod budget;
mod dispatch;
mod error;
mod quantity;
mod shops;

use async_trait::async_trait;
use crossdock_domain::{Listing, OrderId, ShopOrder, Sku};

pub use budget::Budget;
pub use dispatch::{Dispatch, Dispatched};
pub use error::StorefrontError;
pub use quantity::Quantity;
pub use shops::{Shop, Shops, UnknownStore};

/// One shop's API, in the words of `domain`. Implementations keep the vendor's shapes to themselves.
#[async_trait]
pub trait Storefront: Send + Sync {
    /// Reads orders as the shop has them now: one result for each id, in the order asked for.
    ///
    /// One order that cannot be read does not fail the others.
    async fn orders(&self, ids: &[OrderId]) -> Vec<Result<ShopOrder, StorefrontError>>;

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
}
