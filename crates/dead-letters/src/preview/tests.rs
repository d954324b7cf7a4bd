//! Previews over a real ledger, of shops that answer as they are told.

mod bench;
mod orders;
mod shipments;
mod shop;
mod shops;
mod stock;

use crossdock_events::ShopOrderChanged;
use crossdock_ledger::DeadLettersWanted;

fn changed(store: &str, order_id: &str, cause: &str) -> ShopOrderChanged {
    ShopOrderChanged { store: store.parse().unwrap(), order_id: order_id.into(), cause: cause.into() }
}

fn all() -> DeadLettersWanted {
    DeadLettersWanted::default()
}
