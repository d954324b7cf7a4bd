//! `crossdock orders list`

use std::path::Path;

use crossdock_ledger::{OrderRecord, OrdersWanted};

use crate::command_line::OrdersList;
use crate::exit::Exit;
use crate::listing::{moment, print, print_json, say, table};
use crate::{configuration, parts};

/// `crossdock orders list`
pub(crate) async fn list(config: &Path, asked: &OrdersList) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    let ledger = parts::open_existing_ledger(&settings).await?;
    let wanted = OrdersWanted { store: asked.store.clone(), state: asked.state, limit: asked.limit };
    let orders = ledger.orders(&wanted).await?;
    if let Some(store) = asked.store.as_ref().filter(|_| orders.is_empty()) {
        configuration::store(&settings, store)?;
    }
    if asked.json {
        print_json(&orders)?;
    } else {
        tell(&orders);
        say(&rest(orders.len(), ledger.count_orders(&wanted).await?));
    }
    Ok(Exit::Done)
}

fn tell(orders: &[OrderRecord]) {
    let mut rows = table(&["NUMBER", "STORE", "ORDER", "STATE", "AT THE SHOP", "PLACED", "WHY"]);
    for order in orders {
        rows.add_row([
            order.number.to_string(),
            order.store.to_string(),
            order.order_id.to_string(),
            order.state.to_string(),
            order.shop_status.clone(),
            moment(order.placed_at),
            order.reason.clone(),
        ]);
    }
    if !orders.is_empty() {
        print(&rows);
        say("");
    }
}

fn rest(shown: usize, all: u64) -> String {
    match (shown as u64, all) {
        (_, 0) => "no orders".to_owned(),
        (shown, all) if shown < all => format!("{shown} of {all} orders; --limit shows more"),
        (_, 1) => "1 order".to_owned(),
        (_, all) => format!("{all} orders"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shown_is_counted() {
        assert_eq!(rest(0, 0), "no orders");
        assert_eq!(rest(1, 1), "1 order");
        assert_eq!(rest(60, 60), "60 orders");
        assert_eq!(rest(50, 60), "50 of 60 orders; --limit shows more");
    }
}
