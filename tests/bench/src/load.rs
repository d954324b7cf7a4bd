//! The load generator: webhooks made and signed beforehand, sent over keep-alive connections, one at a time on each.
//!
//! One thread and no HTTP library, so that it takes little of the processors that it shares with what it measures.

mod connection;
mod requests;

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use futures_util::future::try_join_all;

use crate::command_line::{LoadOptions, Webhooks};
use crate::figures::{CONFIRMED, Figures, Own, Tally};
use crate::pace::Pace;
use connection::{Answer, Connection};
use requests::Requests;

/// Where the webhooks go.
pub(crate) const PATH: &str = "/webhooks/bigcommerce/acme-au";

/// Sends, and prints the figures.
pub(crate) fn run(options: &LoadOptions) -> anyhow::Result<()> {
    let requests = Requests::make(options);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(send(options, &requests))?.print()
}

async fn send(options: &LoadOptions, requests: &Requests) -> anyhow::Result<Figures> {
    let opening = (0..options.connections).map(|_| Connection::open(options.from, options.to));
    let connections = try_join_all(opening).await.context("a connection could not be opened")?;
    let (own, start) = (Own::begin()?, Instant::now());
    let pace = Pace::start(options.pace, options.time, requests.limit(), start);
    let sending = connections.into_iter().map(|connection| {
        let sender = Sender { options, requests, pace: Arc::clone(&pace), connection };
        sender.run(Tally::new(start, options.time))
    });
    let tallies = try_join_all(sending).await?;
    anyhow::ensure!(!pace.ran_out(), "there were too few requests for the time");
    own.end(Tally::sum(tallies))
}

/// Who uses one connection.
struct Sender<'a> {
    options: &'a LoadOptions,
    requests: &'a Requests,
    pace: Arc<Pace>,
    connection: Connection,
}

impl Sender<'_> {
    async fn run(mut self, mut tally: Tally) -> anyhow::Result<Tally> {
        while let Some((number, began)) = self.pace.next().await {
            match self.connection.exchange(self.requests.get(number)).await? {
                Answer::Status { status, last } => {
                    self.expected(status)?;
                    tally.answer(status, began);
                    if last {
                        self.reopen().await?;
                    }
                }
                Answer::Cut => {
                    anyhow::ensure!(self.options.webhooks == Webhooks::Forged, "a connection was cut");
                    tally.cut();
                    self.reopen().await?;
                }
            }
        }
        Ok(tally)
    }

    fn expected(&self, status: u16) -> anyhow::Result<()> {
        let forged = self.options.webhooks == Webhooks::Forged;
        anyhow::ensure!(
            forged != (status == CONFIRMED),
            "{} webhooks were answered {status}",
            self.options.webhooks.name()
        );
        Ok(())
    }

    async fn reopen(&mut self) -> anyhow::Result<()> {
        self.connection = Connection::open(self.options.from, self.options.to).await?;
        Ok(())
    }
}
