//! Carries out what the ledger says is to be told to the warehouse: publishes it, then notes that it was told.

use crossdock_domain::{OrderId, StoreId};
use crossdock_events::{Event, EventData, OrderAmended, OrderCancelled, OrderReleased, Source};
use crossdock_ledger::{Ledger, News, Telling};
use crossdock_queue::{Failure, Message, Publisher};
use crossdock_telemetry::TraceParent;
use jiff::Timestamp;

use crate::ROLE;

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
    if let Err(error) = publisher.publish(message(store, order_id, telling, now, trace)).await {
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
