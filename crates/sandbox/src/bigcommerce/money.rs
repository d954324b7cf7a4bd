//! Amounts of money, with and without their tax.

use rust_decimal::Decimal;

/// Tax in the prices, in percent, so that amounts with and without tax differ.
const TAX_PERCENT: i64 = 10;

/// An amount without its tax, and the tax in it.
pub(super) fn split(with_tax: Decimal) -> (Decimal, Decimal) {
    let without_tax = (with_tax * Decimal::ONE_HUNDRED / Decimal::from(100 + TAX_PERCENT)).round_dp(4);
    (without_tax, with_tax - without_tax)
}

/// An amount as V2 prints it: `10.0000`.
pub(super) fn money(amount: Decimal) -> String {
    format!("{:.4}", amount.round_dp(4))
}
