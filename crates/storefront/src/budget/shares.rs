//! What part of a shop's quota each priority leaves alone.

use crate::Priority;

/// Left to other apps by everybody, in percent.
const RESERVED_PERCENT: u32 = 5;

/// Left by amendments, in percent: to what is urgent, and to other apps.
const AMENDMENTS_LEAVE_PERCENT: u32 = 20;

/// Left by stock, in percent.
const STOCK_LEAVES_PERCENT: u32 = 35;

/// Left by sweeps, in percent. One list call of a sweep brings hundreds of orders: half of any quota is plenty.
const SWEEPS_LEAVE_PERCENT: u32 = 50;

/// How many requests of a quota are not for this priority. Less than the quota, so that a tiny one bars nobody for good.
pub(super) fn left_alone(priority: Priority, quota: u32) -> u32 {
    let percent = match priority {
        Priority::Urgent => RESERVED_PERCENT,
        Priority::Amendment => AMENDMENTS_LEAVE_PERCENT,
        Priority::Stock => STOCK_LEAVES_PERCENT,
        Priority::Sweep => SWEEPS_LEAVE_PERCENT,
    };
    let whole = u64::from(quota) * u64::from(percent) / 100;
    u32::try_from(whole).expect("a part of a quota is no larger than the quota")
}
