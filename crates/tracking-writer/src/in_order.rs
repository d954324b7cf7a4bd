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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const NUMBER: &str = "BG1001";

    fn ago(minutes: i64) -> Timestamp {
        Timestamp::now() - SignedDuration::from_mins(minutes)
    }

    fn failing(mend: Mend) -> Result<(), Failure> {
        Err(Failure { class: "shop-unavailable", chain: "the shop answers nobody".to_owned(), mend })
    }

    #[tokio::test]
    async fn one_that_fell_and_is_tried_again_is_not_missing_and_one_that_is_handled_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("ledger.db").display());
        let ledger = crossdock_ledger::open(&url.into()).await.unwrap();
        let delivery = Delivery {
            routing_key: "warehouse.shipment.dispatched".to_owned(),
            id: "/warehouse#w-1".to_owned(),
            body: Vec::new().into(),
            attempt: 2,
            first_failed_at: None,
        };
        let number = OrderNumber::from(NUMBER);
        let missing = async |minutes| ledger.missing(ago(minutes)).await.unwrap().len();
        ledger.falls(&key(&delivery), NUMBER, ago(100)).await.unwrap();
        assert_eq!(missing(90).await, 1);
        in_order(&*ledger, &delivery, &number, async { failing(Mend::Wait) }).await.unwrap_err();
        assert_eq!((missing(90).await, missing(-1).await), (0, 1));
        in_order(&*ledger, &delivery, &number, async { Ok(()) }).await.unwrap();
        assert_eq!(missing(-1).await, 0);
    }
}
