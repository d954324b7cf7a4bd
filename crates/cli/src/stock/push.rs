//! `crossdock stock push`: asks for a push of a shop's stock.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use crossdock_domain::{StockPush, StoreId};
use crossdock_events::{CONTENT_TYPE, Event, EventData as _, Source, StockDue};
use crossdock_queue::{Message, Publisher};
use crossdock_settings::Settings;
use crossdock_telemetry::TraceParent;
use crossdock_telemetry::metrics::Metrics;
use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::command_line::StockPushed;
use crate::exit::Exit;
use crate::listing::{print_json, say};
use crate::{configuration, parts};

/// Who asks, in the event's source.
const SOURCE: Source = Source::Role("command-line");

/// What was asked for.
#[derive(Debug, Serialize)]
struct Asked {
    store: StoreId,
    full: bool,
    at: Timestamp,
}

/// `crossdock stock push`
pub(crate) async fn push(config: &Path, wanted: &StockPushed) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    let store = configuration::store(&settings, &wanted.store)?;
    if store.stock.push == StockPush::Off {
        bail!("{} is told nothing of stock; set push in its [store.stock]", store.id);
    }
    let asked = Asked { store: store.id.clone(), full: wanted.full, at: Timestamp::now() };
    publish(&settings, message(&asked)).await?;
    if wanted.json {
        print_json(&asked)?;
    } else {
        let what = if asked.full { "all of its stock" } else { "what has changed" };
        say(&format!(
            "asked for {} to be told {what}; a running stock-writer does it in a moment",
            asked.store
        ));
        say(&format!("`crossdock stock show --store {}` shows what the shop has taken", asked.store));
    }
    Ok(Exit::Done)
}

fn message(asked: &Asked) -> Message {
    let Asked { store, full, at } = asked;
    let id = format!("by-hand/{store}/{}", at.as_microsecond());
    let due = StockDue { store: store.clone(), full: *full, skus: None };
    let event = Event::new(&SOURCE, id, *at, due).traced(Some(TraceParent::start().to_string()));
    Message::new(StockDue::TYPE, event.id.as_str(), CONTENT_TYPE, event.to_json())
}

/// Returns once RabbitMQ has it.
async fn publish(settings: &Settings, message: Message) -> anyhow::Result<()> {
    let (broker, publishing) = (parts::broker(settings), CancellationToken::new());
    let reached = broker.probe().await.map_err(|why| anyhow!(why));
    reached.context("RabbitMQ does not answer, and the stock-writer is asked through it")?;
    let publisher = Publisher::start(broker, &Metrics::default(), publishing.clone());
    let taken = publisher.publish(message).await;
    publishing.cancel();
    publisher.ended().await;
    taken.context("RabbitMQ did not take it; nothing was asked for")
}
