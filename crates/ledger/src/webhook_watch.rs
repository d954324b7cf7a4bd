//! What is known of a shop's webhooks.

use jiff::Timestamp;

/// Whether a shop's webhooks can be relied on, and since when not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WebhookWatch {
    /// When they were last seen to tell of everything.
    pub alive_at: Option<Timestamp>,
    /// What changed from then on may have been told to nobody, and is still to be looked for; none if nothing is.
    pub missed_from: Option<Timestamp>,
    /// When they were mended, if they were since: what changed a little later may still be missed.
    pub mended_at: Option<Timestamp>,
    /// When a person had them removed, if that is what was done last: the shop is to be left alone for a while.
    pub removed_at: Option<Timestamp>,
}
