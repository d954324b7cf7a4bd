//! `[store.stock]`: what the shop is told of stock.

use crossdock_domain::StockPush;

use crate::item::Item;
use crate::section::Section;

const PUSHES: [(&str, StockPush); 3] =
    [("off", StockPush::Off), ("on_hand", StockPush::OnHand), ("available", StockPush::Available)];

/// What the shop is told of stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockSettings {
    /// Which number.
    pub push: StockPush,
    /// Whether to push soon after a change.
    pub on_change: bool,
    /// Units kept back per SKU.
    pub buffer: i64,
}

impl StockSettings {
    /// A shop that is told of stock must be told at some time.
    fn read_on_change(item: &Item<'_>, push: StockPush) -> Option<bool> {
        let on_change = item.flag()?;
        if !on_change && push != StockPush::Off {
            item.refuse("false needs daily_at, which is not supported yet; remove it, or set push = \"off\"");
        }
        Some(on_change)
    }

    pub(super) fn read(mut section: Section<'_>) -> Self {
        let push = section.take("push").and_then(|item| item.one_of(&PUSHES)).unwrap_or(StockPush::Off);
        let on_change = section.take("on_change").and_then(|item| Self::read_on_change(&item, push));
        let buffer = section.take("buffer").and_then(|item| item.integer_from(0));
        section.take_unbuilt("daily_at");
        section.finish();
        Self { push, on_change: on_change.unwrap_or(true), buffer: buffer.unwrap_or(0) }
    }
}
