//! Parts a batch by what must keep its order.

use std::collections::HashMap;

use crossdock_queue::Delivery;

use crate::told::order_of;

/// A message and its place in the batch.
pub(crate) type Placed<'b> = (usize, &'b Delivery);

/// The messages of each order, in the order in which they came; the order of the first message first. Those that name none are together.
pub(crate) fn by_order(batch: &[Delivery]) -> Vec<Vec<Placed<'_>>> {
    let mut known = HashMap::new();
    let mut orders: Vec<Vec<Placed<'_>>> = Vec::new();
    for placed in batch.iter().enumerate() {
        let at = *known.entry(order_of(placed.1).ok()).or_insert(orders.len());
        match orders.get_mut(at) {
            Some(messages) => messages.push(placed),
            None => orders.push(vec![placed]),
        }
    }
    orders
}
