//! Takes a shop's subscriptions to the receiver away, before the shop leaves the settings: BigCommerce would go on calling a route
//! that is gone, and block the whole domain for it.
//!
//! Effects  since when the shop is to be left alone, in the ledger; then no subscription leads to the receiver
//! Replay   safe: what is gone already is no failure

use crossdock_ledger::{Ledger, WebhookWatch};
use crossdock_queue::Failure;
use crossdock_storefront::{Shop, StorefrontError, Webhook, Webhooks};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Inspection, lease};
use crate::alone::alone;
use crate::patience::patiently;

/// Removes every subscription of a shop that leads to the receiver, and returns them; none where its platform has no API for them. For
/// [`LEFT_ALONE_SECS`](super::LEFT_ALONE_SECS), no process makes them anew by itself.
///
/// # Errors
/// The shop's and the ledger's: call again. One that says so if another process is at it.
pub async fn remove_webhooks(
    ledger: &dyn Ledger,
    shop: &Shop,
    stop: &CancellationToken,
) -> Option<Result<Vec<Webhook>, Failure>> {
    let webhooks = shop.storefront.webhooks()?;
    Some(alone(ledger, &lease(&shop.settings.id), stop, remove(ledger, shop, webhooks)).await)
}

async fn remove(ledger: &dyn Ledger, shop: &Shop, webhooks: &dyn Webhooks) -> Result<Vec<Webhook>, Failure> {
    let inspection = Inspection::read(shop, webhooks).await?;
    let removed = WebhookWatch { removed_at: Some(Timestamp::now()), ..WebhookWatch::default() };
    ledger.keep_webhook_watch(&shop.settings.id, &removed).await?;
    let ours: Vec<Webhook> = inspection.ours().cloned().collect();
    for webhook in &ours {
        match patiently(|| webhooks.remove(webhook)).await {
            Ok(()) | Err(StorefrontError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(ours)
}
