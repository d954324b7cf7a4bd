//! `shop.product.changed`: the product's listings are read anew.

use crossdock_domain::StockPush;
use crossdock_events::ShopProductChanged;
use crossdock_ledger::Catalogue;

use super::access::Access;
use super::foresight::{Foresight, Halt};
use super::known::Known;
use super::letter::Letter;

/// In the names of BigCommerce's webhooks that tell of a quantity alone: no listing changes with it.
const QUANTITY_ONLY: &str = "/inventory/";

pub(super) async fn foresee(
    known: &Known<'_>,
    letter: &Letter,
    data: &ShopProductChanged,
) -> Result<Foresight, Halt> {
    let shop = known.shop(&data.store)?;
    if data.cause.contains(QUANTITY_ONLY) || shop.settings.stock.push == StockPush::Off {
        return Ok(Foresight::already_done("nothing follows from it"));
    }
    let catalogue = known.ledger.catalogue(&data.store).await?;
    if catalogue == Catalogue::default() {
        return Ok(Foresight::already_done("the shop's whole catalogue is still to be read"));
    }
    if catalogue.as_of.is_some_and(|as_of| letter.entry.last_failed_at < as_of) {
        return Ok(Foresight::already_done("the shop's whole catalogue was read since"));
    }
    known.open_shop(&data.store, Access::READ_GOODS)?;
    let says = format!("product {} is read anew", data.product_id);
    Ok(letter.unless_unsure(Foresight::goes_through(says)))
}
