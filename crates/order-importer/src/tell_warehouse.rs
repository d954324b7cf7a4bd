//! Carries out what the ledger says is to be told to the warehouse: publishes it, then notes that it was told.

use crossdock_domain::{OrderId, StoreId};
use crossdock_events::{Event, EventData, OrderAmended, OrderCancelled, OrderReleased, OrderWanted, Source};
use crossdock_ledger::{Ledger, News, Telling};
use crossdock_queue::{Failure, Message, PublishError, Publisher};
use crossdock_telemetry::TraceParent;
use jiff::Timestamp;

use crate::ROLE;

/// The field of an amended order that changes what is wanted.
const LINES: &str = "lines";

/// Publishes, and notes the broker's confirm. A crash in between publishes the same event again, under the same id.
pub(crate) async fn tell_warehouse(
    ledger: &dyn Ledger,
    publisher: &Publisher,
    store: &StoreId,
    order_id: &OrderId,
    telling: &Telling,
    trace: TraceParent,
) -> Result<(), Failure> {
    let now = Timestamp::now();
    if let Err(error) = publish(publisher, store, order_id, telling, now, trace).await {
        // If that cannot be noted either, the next try waits until our time is over.
        let _ = ledger.not_told(store, order_id, telling.round).await;
        return Err(error.into());
    }
    ledger.told(store, order_id, telling.round, now).await?;
    let what = match &telling.news {
        News::Released(_) => "released to the warehouse",
        News::Amended { .. } => "told the warehouse what changed",
        News::Cancelled { .. } => "told the warehouse that it is cancelled",
    };
    tracing::info!(store.id = %store, order.id = %order_id, order.number = %telling.number, "{what}");
    Ok(())
}

/// Whoever writes to the shop hears of other lines first: where the warehouse's queue is not there, both are told again. An event of its
/// own, as an amendment that more than the warehouse's queue takes would not come back then.
async fn publish(
    publisher: &Publisher,
    store: &StoreId,
    order_id: &OrderId,
    telling: &Telling,
    now: Timestamp,
    trace: TraceParent,
) -> Result<(), PublishError> {
    // A later release may want other lines, too.
    if changes_lines(&telling.news) || matches!(telling.news, News::Released(_)) && telling.round > 1 {
        let (number, store, order_id) = (telling.number.clone(), store.clone(), order_id.clone());
        let wanted = OrderWanted { number, store, order_id };
        publisher.publish(wrapped(format!("{}/wanted", telling.event_id()), now, trace, wanted)).await?;
    }
    publisher.publish(message(store, order_id, telling, now, trace)).await
}

/// Whether it is an amendment by which other lines are wanted than before.
pub(crate) fn changes_lines(news: &News) -> bool {
    matches!(news, News::Amended { changed, .. } if changed.iter().any(|field| field == LINES))
}

/// What is told, as a message.
pub(crate) fn message(
    store: &StoreId,
    order_id: &OrderId,
    telling: &Telling,
    now: Timestamp,
    trace: TraceParent,
) -> Message {
    let id = telling.event_id();
    match &telling.news {
        News::Released(order) => wrapped::<OrderReleased>(id, now, trace, (**order).clone()),
        News::Amended { order, changed } => {
            let data = OrderAmended { order: (**order).clone(), changed: changed.clone() };
            wrapped(id, now, trace, data)
        }
        News::Cancelled { reason } => {
            let data = OrderCancelled {
                number: telling.number.clone(),
                store: store.clone(),
                order_id: order_id.clone(),
                reason: reason.clone(),
            };
            wrapped(id, now, trace, data)
        }
    }
}

/// An event of this role, as a message.
pub(crate) fn wrapped<T: EventData>(id: String, now: Timestamp, trace: TraceParent, data: T) -> Message {
    let event = Event::new(&Source::Role(ROLE), id, now, data).traced(Some(trace.to_string()));
    Message::new(T::TYPE, event.id.as_str(), crossdock_events::CONTENT_TYPE, event.to_json())
}
