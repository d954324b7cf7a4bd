//! Lists orders that were deleted.

use crossdock_domain::OrderId;
use crossdock_storefront::{Priority, StorefrontError};
use jiff::Timestamp;
use serde::Deserialize;

use crate::Ecwid;
use crate::client::{Call, Scope};
use crate::offsets;
use crate::scalar::Scalar;
use crate::shape::ShapeError;

/// Orders asked for in a page, and the most that Ecwid gives.
const PAGE_ROWS: usize = 100;

/// Most pages read of one list: 20,000 deleted orders are a fault.
const PAGES_MAX: usize = 200;

/// `GET /orders/deleted`.
///
/// Source: docs.ecwid.com, "Get deleted items history" (2026-01-14); the official Java client's `DeletedOrder` (2026-07-14).
#[derive(Deserialize)]
struct Deleted {
    /// The documentation shows none; other lists have it.
    total: Option<usize>,
    items: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    /// What the buyer and the merchant saw.
    #[serde(default)]
    order_id: Scalar,
    /// The internal id; all that there was in 2019.
    #[serde(default)]
    id: Scalar,
}

impl Ecwid {
    /// All of them, by the id that they had.
    pub(crate) async fn deleted_orders(&self, since: Timestamp) -> Result<Vec<OrderId>, StorefrontError> {
        let from = (since.as_second() - 1).to_string();
        let until = (Timestamp::now().as_second() + 1).to_string();
        let (mut orders, mut offset, mut total): (_, _, Option<usize>) = (Vec::new(), 0, None);
        for _ in 0..PAGES_MAX {
            let page = self.deleted_page(&from, &until, offset).await?;
            let end = offset + page.items.len();
            let all = page.total.unwrap_or(end + usize::from(page.items.len() >= PAGE_ROWS));
            let before = total.filter(|_| page.total.is_some());
            let next = offsets::next(offset, page.items.len(), before, all);
            total = page.total;
            orders.extend(page.items.iter().filter_map(Row::order_id));
            match next {
                Some(next) => offset = next,
                None => return Ok(orders),
            }
        }
        let fault = ShapeError::new("total", "expected a list that ends");
        Err(StorefrontError::Malformed { cause: Box::new(fault) })
    }

    async fn deleted_page(&self, from: &str, until: &str, offset: usize) -> Result<Deleted, StorefrontError> {
        let (limit, offset) = (PAGE_ROWS.to_string(), offset.to_string());
        let query = &[("from_date", from), ("to_date", until), ("limit", &limit), ("offset", &offset)];
        let what = "list of deleted orders";
        let path = &["orders", "deleted"];
        let call = Call { path, query, scope: Scope::ReadOrders, what, priority: Priority::Sweep };
        self.client.get(call).await
    }
}

impl Row {
    fn order_id(&self) -> Option<OrderId> {
        self.order_id.filled().or(self.id.filled()).map(OrderId::new)
    }
}
