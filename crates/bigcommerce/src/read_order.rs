//! Reads an order and its lines.

use crossdock_domain::{OrderId, ShopOrder};
use crossdock_storefront::{Priority, StorefrontError};
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::client::{About, Client};
use crate::line_items::OrderProduct;
use crate::map_order::{Placed, map_order, placed_by_address, placed_by_consignment};
use crate::order::{Order, OrderContents, OrderStatus, ShippingConsignment};
use crate::pages;

/// Asks for addresses, lines and shipping methods in the same call.
pub(crate) const WITH_CONSIGNMENTS: [(&str, &str); 2] =
    [("include", "consignments,consignments.line_items"), ("consignment_structure", "object")];

/// An order's address in the API.
#[derive(Debug, Clone)]
pub(crate) struct OrderPath {
    path: String,
    subject: String,
    priority: Priority,
}

impl OrderPath {
    /// Takes BigCommerce's order numbers only: anything else in a path would be another resource.
    pub(crate) fn new(id: &OrderId, priority: Priority) -> Result<Self, StorefrontError> {
        let subject = format!("order {id}");
        let number: u64 =
            id.as_str().parse().map_err(|_| StorefrontError::NotFound { what: subject.clone() })?;
        Ok(Self { path: format!("/v2/orders/{number}"), subject, priority })
    }

    pub(crate) fn sub(&self, resource: &str) -> String {
        format!("{}/{resource}", self.path)
    }

    pub(crate) fn about(&self, scope: &'static str) -> About<'_> {
        About { subject: &self.subject, scope, priority: self.priority }
    }

    pub(crate) fn not_found(&self) -> StorefrontError {
        StorefrontError::NotFound { what: self.subject.clone() }
    }
}

impl Client {
    /// The order as the shop has it now.
    pub(crate) async fn shop_order(
        &self,
        id: &OrderId,
        priority: Priority,
    ) -> Result<ShopOrder, StorefrontError> {
        let path = OrderPath::new(id, priority)?;
        let mut order: Order = self.read_order(&path, &WITH_CONSIGNMENTS).await?;
        if order.status.is_deleted {
            return Err(path.not_found());
        }
        if let Some(order) = whole_order(&order) {
            return Ok(order);
        }
        let (products, addresses) = tokio::try_join!(
            self.order_products(&path),
            self.addresses_unless(&path, order.consignments.shipping.take())
        )?;
        order.consignments.shipping = Some(addresses);
        Ok(map_order(&order, &placed_by_address(&order.consignments, &products)))
    }

    /// Where the order goes; read by itself if the shop did not include it, as shops do of whose API this is older.
    async fn addresses_unless(
        &self,
        order: &OrderPath,
        included: Option<Vec<ShippingConsignment>>,
    ) -> Result<Vec<ShippingConsignment>, StorefrontError> {
        match included {
            Some(addresses) => Ok(addresses),
            None => pages::v2_rows(self, &order.sub("shipping_addresses"), order.about("read orders")).await,
        }
    }

    /// The order's lines.
    pub(crate) async fn order_products(
        &self,
        order: &OrderPath,
    ) -> Result<Vec<OrderProduct>, StorefrontError> {
        pages::v2_rows(self, &order.sub("products"), order.about("read orders")).await
    }

    /// The order's status.
    pub(crate) async fn order_status(&self, order: &OrderPath) -> Result<OrderStatus, StorefrontError> {
        let status: OrderStatus = self.read_order(order, &[]).await?;
        if status.is_deleted { Err(order.not_found()) } else { Ok(status) }
    }

    /// What the order's shipments depend on, and its lines: in one call, if the shop includes them.
    pub(crate) async fn order_contents(
        &self,
        order: &OrderPath,
    ) -> Result<(OrderContents, Vec<OrderProduct>), StorefrontError> {
        let contents: OrderContents = self.read_order(order, &WITH_CONSIGNMENTS).await?;
        if contents.status.is_deleted {
            return Err(order.not_found());
        }
        let included = placed_by_consignment(&contents.consignments)
            .filter(|lines| are_complete(lines, contents.items_total))
            .map(|lines| lines.iter().map(Placed::addressed).collect());
        let lines = if let Some(lines) = included {
            lines
        } else {
            let products = self.order_products(order).await?;
            let placed = placed_by_address(&contents.consignments, &products);
            placed.iter().map(Placed::addressed).collect()
        };
        Ok((contents, lines))
    }

    /// As much of the order as `T` holds; an archived one too.
    async fn read_order<T: DeserializeOwned>(
        &self,
        order: &OrderPath,
        query: &[(&str, &str)],
    ) -> Result<T, StorefrontError> {
        let answer = self.get(&order.path, query, order.about("read orders")).await?;
        if answer.is_empty() { Err(order.not_found()) } else { answer.read() }
    }

    /// Sets the order's status and nothing else: fees sent along would replace all fees, products would lose discounts.
    pub(crate) async fn set_order_status(
        &self,
        order: &OrderPath,
        status_id: i64,
    ) -> Result<(), StorefrontError> {
        let body = json!({ "status_id": status_id });
        let written = self.write(Method::PUT, &order.path, &body, order.about("modify orders")).await;
        written.map(drop).map_err(StorefrontError::of_a_write)
    }
}

/// The order, if its consignments hold all its lines.
pub(crate) fn whole_order(order: &Order) -> Option<ShopOrder> {
    let lines = placed_by_consignment(&order.consignments)?;
    are_complete(&lines, order.items_total).then(|| map_order(order, &lines))
}

/// Whether the consignments hold all lines. For some orders they come without (bigcommerce/dev-docs issue 2052, 2023-08-21),
/// and then the lines are read by themselves.
fn are_complete(lines: &[Placed<'_>], items_total: u32) -> bool {
    let units: u64 = lines.iter().map(|line| u64::from(line.product.quantity)).sum();
    !lines.is_empty() && units == u64::from(items_total)
}
