//! Stock by the old catalogue (V2), for accounts that do not reach another.
//!
//! Source: BigCommerce's archived references of Products V2 and Product SKUs V2 (docs.bigcommerce.com,
//! archive/store-operations/v2-catalog-products, read 2026-11-21). Not tried against a live store. Of `/products/skus`, the SKUs of all
//! products, the reference names only the count; public clients list it, with the filters documented for one product's SKUs. So
//! answers are held against what was asked for, and one of another shape is an error.

mod catalogue;
mod listings;
mod product;
mod stock;

use crossdock_storefront::Priority;

use crate::client::About;

pub(crate) use catalogue::page;
pub(crate) use listings::of_products;
pub(crate) use stock::set_stock;

/// Of what is read.
const ABOUT: About<'static> =
    About { subject: "catalogue", scope: "read products", priority: Priority::Stock };
