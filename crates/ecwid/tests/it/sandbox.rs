//! A sandbox shop with many orders, and clients of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::OrderId;
use crossdock_ecwid::{Ecwid, http_client};
use crossdock_sandbox::{Draft, EcwidOptions, EcwidShop, Item, Request};
use crossdock_settings::{EcwidConnection, TrackingSettings};
use crossdock_storefront::Budget;

use crate::shop::connection;

/// A shop that sells one thing without counting it.
pub(crate) struct Sandbox {
    pub(crate) shop: Arc<EcwidShop>,
    /// The ids of its orders, the earliest placed first.
    pub(crate) ids: Vec<OrderId>,
}

impl Sandbox {
    /// With so many orders.
    pub(crate) async fn with_orders(count: usize) -> Self {
        Self::lagging(count, Duration::ZERO).await
    }

    /// With so many orders, and a search that lags behind.
    pub(crate) async fn lagging(count: usize, search_lag: Duration) -> Self {
        let item = Item {
            product_id: 1,
            variant_id: 1,
            sku: "TEE".to_owned(),
            name: "Tee".to_owned(),
            options: BTreeMap::new(),
            price: 10.into(),
            stock: None,
        };
        let options = EcwidOptions { catalog: vec![item], search_lag, ..EcwidOptions::default() };
        let shop = EcwidShop::start(options).await.unwrap();
        let place = |_| OrderId::new(shop.place_order(&Draft::of(&[("TEE", 1)])));
        let ids = (0..count).map(place).collect();
        Self { shop, ids }
    }

    /// A process that has seen no other.
    pub(crate) fn client(&self) -> Ecwid {
        self.client_within(Budget::told())
    }

    pub(crate) fn client_within(&self, budget: Budget) -> Ecwid {
        let connection =
            EcwidConnection { api_url: self.shop.url(), ..connection("http://ignored", "secret_sandbox") };
        let tracking = TrackingSettings::default();
        Ecwid::new(http_client().unwrap(), &connection, &tracking, Arc::new(budget)).unwrap()
    }

    /// Calls about orders so far: nothing for a search, `/K8XTQ` for an order.
    pub(crate) fn calls(&self) -> Vec<String> {
        let path = |request: Request| {
            let path = request.path_and_query.split('?').next().unwrap_or_default().to_owned();
            path.strip_prefix("/api/v3/1003/orders").map(str::to_owned)
        };
        self.shop.requests().into_iter().filter_map(path).collect()
    }
}
