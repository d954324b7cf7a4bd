//! How an order stands at the warehouse, and why nothing more can be done with it.

use crossdock_domain::{OrderNumber, Sku};

/// How an order stands at the warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderState {
    /// Taken over; some or all of it is still to be shipped. A test order stays so.
    Accepted,
    /// All of it has left.
    Shipped,
    /// Refused.
    Rejected,
    /// Not wanted any more.
    Cancelled,
}

/// Why nothing can be done with an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotOpen {
    /// It has not arrived.
    #[error("no order {0} has arrived at the warehouse")]
    Unknown(OrderNumber),
    /// It was rejected, cancelled, or has left.
    #[error("order {number} is not open: it is {state:?}")]
    Closed {
        /// Which.
        number: OrderNumber,
        /// How it stands.
        state: OrderState,
    },
    /// Test orders never leave.
    #[error("order {0} is a test order, which is never shipped")]
    Test(OrderNumber),
    /// More was to be shipped than is open.
    #[error("order {number} has no {quantity} units of {sku} open")]
    Lines {
        /// Which.
        number: OrderNumber,
        /// What was to be shipped.
        sku: Sku,
        /// How much of it.
        quantity: u32,
    },
}
