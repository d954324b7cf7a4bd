//! `warehouse.order.accepted`, `warehouse.order.rejected`, `warehouse.sku.known`: what the warehouse says of orders.

use crossdock_domain::{OrderNumber, Sku};
use crossdock_ledger::OrderState;

use super::foresight::{Foresight, Halt};
use super::known::Known;

pub(super) fn accepted(known: &Known<'_>, number: &OrderNumber) -> Result<Foresight, Halt> {
    Ok(match known.released(number)?.state {
        state @ (OrderState::Accepted | OrderState::Shipped) => {
            Foresight::already_done(format!("{number} is {state}"))
        }
        OrderState::Cancelled => Foresight::cancelled_since(format!("{number} is cancelled; that stays")),
        _ => Foresight::goes_through(format!("{number} becomes accepted, unless a later answer stands")),
    })
}

pub(super) fn rejected(known: &Known<'_>, number: &OrderNumber) -> Result<Foresight, Halt> {
    Ok(match known.released(number)?.state {
        OrderState::Rejected => Foresight::already_done(format!("{number} is rejected")),
        OrderState::Cancelled => Foresight::cancelled_since(format!("{number} is cancelled; that stays")),
        OrderState::Shipped => Foresight::superseded(format!("{number} has shipped")),
        _ => Foresight::goes_through(format!("{number} becomes rejected, unless a later answer stands")),
    })
}

pub(super) fn sku_known(sku: &Sku) -> Foresight {
    Foresight::goes_through(format!(
        "orders that were refused for {sku} alone are read anew, and released again"
    ))
}
