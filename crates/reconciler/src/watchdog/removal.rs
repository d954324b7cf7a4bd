//! Takes a shop's subscriptions to the receiver away, before the shop leaves the settings: BigCommerce would go on calling a route
//! that is gone, and block the whole domain for it.
//!
//! Effects  since when the shop is to be left alone, in the ledger; then no subscription leads to the receiver
//! Replay   safe: what is gone already is no failure

use crossdock_domain::{Classify, Mend};
use crossdock_ledger::{Ledger, WebhookWatch};
use crossdock_queue::Failure;
use crossdock_storefront::{Shop, StorefrontError, Webhook, Webhooks};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Inspection, lease};
use crate::alone::alone;
use crate::patience::patiently;

/// Why nothing is removed: the route alone may be another installation's.
#[derive(Debug, thiserror::Error)]
#[error("receiver.public_url is not set, so it is not known which webhooks are this installation's; set it")]
struct NoAddress;

impl Classify for NoAddress {
    fn mend(&self) -> Mend {
        Mend::Never
    }

    fn class(&self) -> &'static str {
        "webhooks-without-address"
    }
}

/// What [`remove_webhooks`] would remove. Changes nothing.
///
/// # Errors
/// The shop's: call again. One that says so if it is not known where the receiver is: set its address.
pub async fn removable_webhooks(shop: &Shop) -> Option<Result<Vec<Webhook>, Failure>> {
    Some(removable(shop, shop.storefront.webhooks()?).await)
}

async fn removable(shop: &Shop, webhooks: &dyn Webhooks) -> Result<Vec<Webhook>, Failure> {
    if shop.settings.webhook_url.is_none() {
        return Err(NoAddress.into());
    }
    Ok(Inspection::read(shop, webhooks).await?.ours().cloned().collect())
}

/// Removes every subscription of a shop that leads to the receiver, and returns them; none where its platform has no API for them. For
/// [`LEFT_ALONE_SECS`](super::LEFT_ALONE_SECS), no process makes them anew by itself.
///
/// # Errors
/// The shop's and the ledger's: call again. One that says so if another process is at it, and one if it is not known where the
/// receiver is: set its address.
pub async fn remove_webhooks(
    ledger: &dyn Ledger,
    shop: &Shop,
    stop: &CancellationToken,
) -> Option<Result<Vec<Webhook>, Failure>> {
    let webhooks = shop.storefront.webhooks()?;
    Some(alone(ledger, &lease(&shop.settings.id), stop, remove(ledger, shop, webhooks)).await)
}

async fn remove(ledger: &dyn Ledger, shop: &Shop, webhooks: &dyn Webhooks) -> Result<Vec<Webhook>, Failure> {
    let ours = removable(shop, webhooks).await?;
    let removed = WebhookWatch { removed_at: Some(Timestamp::now()), ..WebhookWatch::default() };
    ledger.keep_webhook_watch(&shop.settings.id, &removed).await?;
    for webhook in &ours {
        match patiently(|| webhooks.remove(webhook)).await {
            Ok(()) | Err(StorefrontError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(ours)
}
