//! The catalogue's products that composites are put together from, and what was lately read of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crossdock_domain::Sku;
use crossdock_storefront::{Priority, StorefrontError};
use serde::Deserialize;
use tokio::time::Instant;

use crate::Ecwid;
use crate::client::{Call, Scope};
use crate::order::Component;
use crate::scalar::Scalar;

/// How long a product that was read is believed, in seconds. A SKU changes seldom, and a burst of orders for one composite
/// reads each of its products once.
const PRODUCT_SECS_MAX: u64 = 10 * 60;

/// Most products remembered for one shop; then all are forgotten, and read again when an order needs them.
const PRODUCTS_MAX: usize = 10_000;

/// `GET /products/{productId}`, as far as it tells what is packed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Product {
    #[serde(default)]
    sku: Scalar,
    #[serde(default)]
    name: Scalar,
    is_shipping_required: Option<bool>,
    is_gift_card: Option<bool>,
    #[serde(default)]
    combinations: Vec<Combination>,
    composite_components: Option<Vec<Component>>,
}

/// A variation. One without a SKU of its own has the product's.
#[derive(Debug, Deserialize)]
struct Combination {
    id: Scalar,
    #[serde(default)]
    sku: Scalar,
    #[serde(default)]
    options: Vec<CombinationOption>,
}

#[derive(Debug, Deserialize)]
struct CombinationOption {
    #[serde(default)]
    name: Scalar,
    #[serde(default)]
    value: Scalar,
}

/// A product or a variation as it is packed.
#[derive(Debug, Clone)]
pub(crate) struct Goods {
    /// Empty where the shop has none.
    pub(crate) sku: Sku,
    pub(crate) name: String,
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) shippable: bool,
}

/// Products that were read, with when that was.
#[derive(Debug, Default)]
pub(crate) struct Components(Mutex<HashMap<Scalar, (Instant, Arc<Product>)>>);

impl Product {
    /// What it is put together from; nothing for all but composite products.
    pub(crate) fn components(&self) -> &[Component] {
        self.composite_components.as_deref().unwrap_or_default()
    }

    /// The product itself, or the variation that the component names; none if it has no such variation.
    pub(crate) fn goods(&self, component: &Component) -> Option<Goods> {
        let of_id = |id| self.combinations.iter().find(|one| one.id.filled() == Some(id));
        let variation = match component.variation() {
            Some(id) => Some(of_id(id)?),
            None => None,
        };
        let own_sku = variation.map(|variation| &variation.sku).filter(|sku| sku.filled().is_some());
        let options = variation.iter().flat_map(|variation| &variation.options);
        let option = |one: &CombinationOption| Some((one.name.filled()?.to_owned(), one.value.0.clone()));
        Some(Goods {
            sku: Sku::new(own_sku.unwrap_or(&self.sku).0.as_str()),
            name: self.name.0.clone(),
            options: options.filter_map(option).collect(),
            shippable: self.is_gift_card != Some(true) && self.is_shipping_required != Some(false),
        })
    }

    /// Whether it says all that a part is packed by. What does not is read anew: a merchant may have mended it meanwhile.
    fn answers(&self, component: &Component) -> bool {
        self.goods(component).is_some_and(|goods| !goods.sku.as_str().trim().is_empty())
    }
}

impl Components {
    fn lately_read(&self, component: &Component) -> Option<Arc<Product>> {
        let products = self.lock();
        let (read_at, product) = products.get(&component.product_id)?;
        let fresh = read_at.elapsed() < Duration::from_secs(PRODUCT_SECS_MAX);
        (fresh && product.answers(component)).then(|| Arc::clone(product))
    }

    fn keep(&self, component: &Component, product: &Arc<Product>) {
        let mut products = self.lock();
        if products.len() >= PRODUCTS_MAX {
            products.clear();
        }
        products.insert(component.product_id.clone(), (Instant::now(), Arc::clone(product)));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Scalar, (Instant, Arc<Product>)>> {
        self.0.lock().expect("nobody panics while holding the products")
    }
}

impl Ecwid {
    /// The component's product; none if the shop has it no more.
    pub(crate) async fn product_of(
        &self,
        component: &Component,
        priority: Priority,
    ) -> Result<Option<Arc<Product>>, StorefrontError> {
        if let Some(product) = self.components.lately_read(component) {
            return Ok(Some(product));
        }
        let fields =
            "sku,name,isShippingRequired,isGiftCard,compositeComponents,combinations(id,sku,options)";
        let id = component.product_id.0.trim();
        let call = Call {
            path: &["products", id],
            query: &[("responseFields", fields)],
            scope: Scope::ReadCatalog,
            what: "product that an order's composite line names",
            priority,
        };
        match self.client.get::<Product>(call).await {
            Ok(product) => {
                let product = Arc::new(product);
                self.components.keep(component, &product);
                Ok(Some(product))
            }
            Err(StorefrontError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
