//! Keeps the messages of an order in their order when one of them becomes a dead letter: the later ones wait behind it.

use crossdock_domain::{Classify, Mend, OrderNumber};
use crossdock_ledger::{Ledger, LedgerError, MessageKey};
use crossdock_queue::{Delivery, Failure};
use jiff::Timestamp;

use crate::ROLE;

/// It goes on by itself after the other one.
#[derive(Debug, thiserror::Error)]
#[error("waits behind another message of order {number} that is a dead letter ({before})")]
struct Behind {
    number: OrderNumber,
    before: String,
}

impl Classify for Behind {
    fn mend(&self) -> Mend {
        Mend::Never
    }

    fn class(&self) -> &'static str {
        "behind-dead-letter"
    }
}

/// Does it, unless an earlier message of the order is a dead letter. If it fails for good, that is known before anybody looks at the
/// next message of the order.
///
/// # Errors
/// Those of the work; one that nothing mends while it has to wait; the ledger's if it cannot be known that this one failed.
pub(crate) async fn in_order(
    ledger: &dyn Ledger,
    delivery: &Delivery,
    number: &OrderNumber,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let message = key(delivery);
    let result = match ledger.falls_behind(&message, number.as_str()).await? {
        None => work.await,
        Some(before) => Err(Behind { number: number.clone(), before }.into()),
    };
    match &result {
        // It may have fallen before a process died that was to bury it.
        Ok(()) => ledger.rises(&message, Timestamp::now()).await?,
        Err(failure) if failure.mend == Mend::Never => falls(ledger, delivery, number).await?,
        Err(_) => ledger.is_tried_again(&message, Timestamp::now()).await?,
    }
    result
}

/// From now on the later messages of the order wait behind this one.
///
/// # Errors
/// It must not become a dead letter before this is known.
pub(crate) async fn falls(
    ledger: &dyn Ledger,
    delivery: &Delivery,
    number: &OrderNumber,
) -> Result<(), LedgerError> {
    ledger.falls(&key(delivery), number.as_str(), Timestamp::now()).await
}

fn key(delivery: &Delivery) -> MessageKey {
    MessageKey { role: ROLE.to_owned(), message_id: delivery.identity() }
}
