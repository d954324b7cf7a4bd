//! What a BigCommerce shop is started with.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};

use url::Url;

use super::LegacyAccount;
use crate::{Item, Quota};

/// What an API account may do. Modify includes read-only.
///
/// Source: BigCommerce's guide to API accounts (public repository bigcommerce/docs at 24f580ca, 2026-04-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BigcommerceScope {
    /// `store_v2_orders_read_only`
    OrdersReadOnly,
    /// `store_v2_orders`
    OrdersModify,
    /// `store_v2_products_read_only`
    ProductsReadOnly,
    /// `store_v2_products`
    ProductsModify,
    /// `store_v2_information_read_only`
    InformationReadOnly,
    /// `store_inventory_read_only`
    InventoryReadOnly,
    /// `store_inventory`
    InventoryModify,
}

impl BigcommerceScope {
    /// All that Crossdock wants.
    pub const ALL: [Self; 7] = [
        Self::OrdersReadOnly,
        Self::OrdersModify,
        Self::ProductsReadOnly,
        Self::ProductsModify,
        Self::InformationReadOnly,
        Self::InventoryReadOnly,
        Self::InventoryModify,
    ];
}

/// A shop to be. [`Self::default`] is an empty one on any port, with all scopes and no receiver.
#[derive(Clone)]
pub struct BigcommerceOptions {
    /// Where to listen; port 0: any.
    pub listen: SocketAddr,
    /// The store's hash, in paths and in `producer`.
    pub store_hash: String,
    /// Answers to other tokens are 401.
    pub access_token: String,
    /// Its bytes are the key of webhook signatures.
    pub client_secret: String,
    /// Name and value of a header that comes with every webhook to `receiver`: the older scheme, beside the signature.
    pub webhook_header: Option<(String, String)>,
    /// Whether a legacy account is what the shop is reached by; then it tells nobody of anything, and has no V3.
    pub legacy: Option<LegacyAccount>,
    /// What the token may do.
    pub scopes: BTreeSet<BigcommerceScope>,
    /// Id of the first order; the next ones count up. Webhooks' random ids come from it too.
    pub first_order_id: u64,
    /// What is sold.
    pub catalog: Vec<Item>,
    /// Where every webhook goes, whoever has subscribed to what; none: to those that have subscribed, until
    /// [`crate::Callbacks::set_receiver`].
    pub receiver: Option<Url>,
    /// The route of `receiver`, for example `/webhooks/bigcommerce/acme-au`.
    pub callback_path: String,
    /// Requests that are answered.
    pub quota: Quota,
    /// Most orders on a page of the list, whatever is asked for. Not documented; 250 are said to be it.
    pub orders_on_page_max: usize,
    /// Whether a shipment by itself moves its order to Partially Shipped or Shipped. Not documented; the control panel does it.
    pub shipment_moves_status: bool,
}

impl Default for BigcommerceOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            store_hash: "abc123".into(),
            access_token: "sandbox-access-token".into(),
            client_secret: "sandbox-client-secret".into(),
            webhook_header: None,
            legacy: None,
            scopes: BigcommerceScope::ALL.into(),
            first_order_id: 1001,
            catalog: Vec::new(),
            receiver: None,
            callback_path: "/webhooks/bigcommerce".into(),
            quota: Quota::BIGCOMMERCE,
            orders_on_page_max: 250,
            shipment_moves_status: false,
        }
    }
}
