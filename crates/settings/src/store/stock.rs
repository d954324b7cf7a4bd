//! `[store.stock]`: what the shop is told of stock, and when.

use crossdock_domain::StockPush;
use jiff::civil::Time;

use crate::section::Section;

const PUSHES: [(&str, StockPush); 3] =
    [("off", StockPush::Off), ("on_hand", StockPush::OnHand), ("available", StockPush::Available)];

/// What the shop is told of stock, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockSettings {
    /// Which number.
    pub push: StockPush,
    /// When everything is pushed, every day, in the shop's time zone; none: never.
    pub daily_at: Option<Time>,
    /// Whether to push soon after a change.
    pub on_change: bool,
    /// Units kept back per SKU.
    pub buffer: i64,
}

impl StockSettings {
    /// Whether the shop is told of stock soon after it changed.
    pub fn follows_changes(&self) -> bool {
        self.push != StockPush::Off && self.on_change
    }

    pub(super) fn read(mut section: Section<'_>) -> Self {
        let push = section.take("push").and_then(|item| item.one_of(&PUSHES)).unwrap_or(StockPush::Off);
        let daily_at = section.take("daily_at");
        let on_change = section.take("on_change").and_then(|item| {
            let on_change = item.flag()?;
            // A shop that is told of stock must be told at some time.
            if !on_change && push != StockPush::Off && daily_at.is_none() {
                item.refuse("false needs daily_at; add it, remove this, or set push = \"off\"");
            }
            Some(on_change)
        });
        let buffer = section.take("buffer").and_then(|item| item.integer_from(0));
        section.finish();
        Self {
            push,
            daily_at: daily_at.and_then(|item| item.parsed(parse_time)),
            on_change: on_change.unwrap_or(true),
            buffer: buffer.unwrap_or(0),
        }
    }
}

/// Hours and minutes of a day.
fn parse_time(text: &str) -> Result<Time, String> {
    let read = Time::strptime("%H:%M", text).ok().filter(|_| text.len() == "18:00".len());
    read.ok_or_else(|| format!("'{text}' is no time of day; write it like \"18:00\""))
}
