//! A sandbox shop with many orders, and a client of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossdock_bigcommerce::{Bigcommerce, http_client};
use crossdock_domain::OrderId;
use crossdock_sandbox::{BigcommerceOptions, BigcommerceShop, Draft, Item};
use crossdock_settings::BigcommerceConnection;
use crossdock_storefront::Budget;
use jiff::Timestamp;

use crate::shop::{connection, tracking};

/// A shop that sells one thing without counting it, and orders `1001` and on.
pub(crate) struct Sandbox {
    pub(crate) shop: Arc<BigcommerceShop>,
}

impl Sandbox {
    /// With so many orders.
    pub(crate) async fn with_orders(count: usize, options: BigcommerceOptions) -> Self {
        let item = Item {
            product_id: 1,
            variant_id: 1,
            sku: "TEE".to_owned(),
            name: "Tee".to_owned(),
            options: BTreeMap::new(),
            price: 10.into(),
            stock: None,
        };
        let shop =
            BigcommerceShop::start(BigcommerceOptions { catalog: vec![item], ..options }).await.unwrap();
        for _ in 0..count {
            shop.place_order(&Draft::of(&[("TEE", 1)]));
        }
        Self { shop }
    }

    /// Another process.
    pub(crate) fn client(&self) -> Bigcommerce {
        self.client_within(Arc::default())
    }

    pub(crate) fn client_within(&self, budget: Arc<Budget>) -> Bigcommerce {
        let access_token = "sandbox-access-token".to_owned().into();
        let connection = BigcommerceConnection { access_token, ..connection(self.shop.url().as_str()) };
        Bigcommerce::new(http_client().unwrap(), &connection, &tracking(), budget).unwrap()
    }

    /// Paths of all calls so far, below the API of orders: nothing for a list, `/1001` for an order.
    pub(crate) fn calls(&self) -> Vec<String> {
        let path = |request: crossdock_sandbox::Request| {
            let path = request.path_and_query.split('?').next().unwrap_or_default().to_owned();
            path.replace("/stores/abc123/v2/orders", "")
        };
        self.shop.requests().into_iter().map(path).collect()
    }

    /// How many calls were answered 429.
    pub(crate) fn throttled(&self) -> usize {
        self.shop.requests().iter().filter(|request| request.status == 429).count()
    }
}

/// `1001` is the first order of any shop.
pub(crate) fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<OrderId> {
    numbers.into_iter().map(|number| OrderId::new(number.to_string())).collect()
}

pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
