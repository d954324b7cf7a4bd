//! What every shop can do, as a trait, and the request budget of each shop.

mod budget;
mod budgets;
mod catalogue;
mod dispatch;
mod error;
mod halving;
mod list;
mod metrics;
mod priority;
mod quantity;
mod shops;
mod webhooks;

use async_trait::async_trait;
use crossdock_domain::{OrderId, ShopOrder};
use jiff::Timestamp;

pub use budget::{Account, Admitted, Budget, SharedLedger, Told};
pub use budgets::Budgets;
pub use catalogue::{CataloguePage, ProductListings};
pub use dispatch::{Dispatch, Dispatched, TakeBack, TakenBack};
pub use error::StorefrontError;
pub use halving::{Halving, READ_MAX};
pub use list::{ListedOrder, Page, Place, Window};
pub use metrics::ShopMetrics;
pub use priority::Priority;
pub use quantity::{Quantity, Taken};
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
    /// Safe to repeat after any doubt: the shop is read first, and what stands there already is not written again. A consignment that
    /// stands there with a former label is given its new one.
    async fn dispatch(&self, dispatch: &Dispatch) -> Result<Dispatched, StorefrontError>;

    /// Takes a consignment that has not left after all back from the shop's order, and the order's status with it, as far as it was
    /// ours.
    ///
    /// Safe to repeat after any doubt: the shop is read first, and what is gone there already is not looked for again.
    async fn take_back(&self, taken: &TakeBack) -> Result<TakenBack, StorefrontError>;

    /// Every listing of the shop, a page at a time, from the beginning or from where a former page ended.
    ///
    /// A product that is in the shop throughout is in one of the pages, however much others change meanwhile; some may come twice. One
    /// that is changed or made while the pages are read may be missing, or as it was.
    async fn catalogue(&self, from: Option<&Place>) -> Result<CataloguePage, StorefrontError>;

    /// What these products list now. One that cannot be read does not hide the others.
    async fn listings_of_products(&self, product_ids: &[String]) -> Result<ProductListings, StorefrontError>;

    /// Sets quantities, absolutely: one result for each, in the order given.
    ///
    /// One that the shop refuses fails alone, with the shop's own words. What befalls all of them (no answer, no credentials, no quota, a
    /// call that is refused as a whole) fails all that were not set before, and is never a refusal of theirs. What was sent without an
    /// answer may be set yet: it is [`StorefrontError::InDoubt`], and what was kept back then is not.
    async fn set_stock(&self, quantities: &[Quantity]) -> Vec<Result<Taken, StorefrontError>>;

    /// Proves that the credentials work and carry every scope that Crossdock needs, as far as that shows without a change at the
    /// shop; the answer is the shop's own name.
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
