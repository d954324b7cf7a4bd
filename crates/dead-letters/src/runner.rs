//! Sends what is to be replayed, one process at a time, and keeps house.
//!
//! A process that is killed between RabbitMQ's confirm and the ledger's note sends the same replay once more when the next one starts,
//! under the same round: handlers are idempotent, and its outcome counts once.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::{Classify, Mend};
use crossdock_events::{
    EventData as _, OrderAmended, OrderCancelled, OrderPromised, OrderReleased, StockCounted,
    WarehouseOrderAccepted, WarehouseOrderRejected, WarehouseSkuKnown,
};
use crossdock_ledger::{Fallen, Ledger, MessageKey, PauseCause, Paused, ReplayKey, ToSend};
use crossdock_queue::{Failure, Message, PublishError, Publisher};
use crossdock_storefront::{Account, Shops};
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::ROLE;
use crate::group::group;
use crate::housekeeping::{Rota, keep_house};
use crate::intake::replay_text;

/// Most replays of one role and shop that are under way. The next one is sent when one came back: so a shop's replays are handled
/// as fast as its request budget allows, beside what is told now.
const UNDER_WAY_MAX: u32 = 250;

/// Most messages that wait for RabbitMQ's confirm at once.
const PUBLISHING_MAX: usize = 64;

/// Time between two looks for what is to be sent, in seconds.
const LOOK_SECS: u64 = 1;

/// How long it is taken for granted which shops refuse our credentials, in seconds.
const PAUSES_SECS: u64 = 5;

/// Time until work that was broken off, by an error or by another process, is taken up again, in seconds.
const AGAIN_SECS: u64 = 5;

/// Types of messages that need nothing of a shop, whatever shop they are about: they go also while it refuses our credentials.
const NEED_NO_SHOP: [&str; 8] = [
    OrderReleased::TYPE,
    OrderAmended::TYPE,
    OrderCancelled::TYPE,
    OrderPromised::TYPE,
    WarehouseOrderAccepted::TYPE,
    WarehouseOrderRejected::TYPE,
    WarehouseSkuKnown::TYPE,
    StockCounted::TYPE,
];

/// Work that was broken off. What it has sent stands.
#[derive(Debug, thiserror::Error)]
#[error("another process has taken the replays over")]
struct TakenOver;

impl Classify for TakenOver {
    fn mend(&self) -> Mend {
        Mend::WaitFor(Duration::from_secs(AGAIN_SECS))
    }

    fn class(&self) -> &'static str {
        "taken-over"
    }
}

pub(crate) struct Runner {
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) publisher: Publisher,
    /// Roles that tell nothing of what becomes of a replay.
    pub(crate) strangers: &'static [&'static str],
}

impl Runner {
    /// Works until told to stop, as long as no other process is at it.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut trouble = None;
        while !stop.is_cancelled() {
            let work = self.send_all(&stop, &mut trouble);
            let ended = crossdock_ledger::alone(&*self.ledger, ROLE, TakenOver.into(), work).await;
            if let Err(failure) = ended
                && !matches!(failure.mend, Mend::WaitFor(_))
                && trouble.replace(failure.class) != Some(failure.class)
            {
                tracing::warn!(error = failure.chain, "replays are not sent now; they are tried again");
            }
            stop.run_until_cancelled(tokio::time::sleep(Duration::from_secs(AGAIN_SECS))).await;
        }
    }

    /// Until told to stop. What a former process was given and did not confirm comes first. Once that works, there is no trouble any more.
    async fn send_all(
        &self,
        stop: &CancellationToken,
        trouble: &mut Option<&'static str>,
    ) -> Result<(), Failure> {
        self.send_again().await?;
        let (mut pauses, mut rota) = (Pauses::default(), Rota::begin());
        while !stop.is_cancelled() {
            if rota.is_due(self.publisher.desk_caught_up())
                && let Err(error) = keep_house(&*self.ledger, Timestamp::now()).await
            {
                let error = Failure::from(error);
                tracing::warn!(
                    error = error.chain,
                    "dead letters could not be looked through; replays go on"
                );
            }
            pauses.look(self).await?;
            let next = self.ledger.next_to_send(UNDER_WAY_MAX, &pauses.paused, Timestamp::now()).await?;
            self.send(next).await?;
            *trouble = None;
            stop.run_until_cancelled(tokio::time::sleep(Duration::from_secs(LOOK_SECS))).await;
        }
        Ok(())
    }

    /// What is confirmed, or returned, does not come another time, so that this ends.
    async fn send_again(&self) -> Result<(), Failure> {
        loop {
            let given = self.ledger.unconfirmed().await?;
            if given.is_empty() {
                return Ok(());
            }
            self.send(given).await?;
        }
    }

    /// Publishes these, and notes the confirms. The first that RabbitMQ does not take ends it: all that are open come again.
    async fn send(&self, next: Vec<ToSend>) -> Result<(), Failure> {
        if next.is_empty() {
            return Ok(());
        }
        let count = next.len();
        let of_strangers: HashSet<ReplayKey> = next
            .iter()
            .filter(|one| self.strangers.contains(&one.message.role.as_str()))
            .map(|one| one.replay)
            .collect();
        let publishing: Vec<_> = next.into_iter().map(|one| self.publish(one)).collect();
        let published: Vec<_> = stream::iter(publishing).buffered(PUBLISHING_MAX).collect().await;
        let (mut sent, mut failed) = (Vec::with_capacity(count), None);
        for (replay, result) in published {
            match result {
                Ok(()) => sent.push(replay),
                Err(error @ PublishError::NoSuchRole(_)) => self.given_back(replay, &error).await?,
                Err(error) => failed = Some(error),
            }
        }
        let handed_over: Vec<ReplayKey> =
            sent.iter().filter(|key| of_strangers.contains(key)).copied().collect();
        if !handed_over.is_empty() {
            // First: what was confirmed is not looked at again after a crash.
            self.ledger.revive(&handed_over, Timestamp::now()).await?;
        }
        self.ledger.sent(&sent).await?;
        tracing::info!(messages = sent.len(), "sent replays");
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn publish(&self, one: ToSend) -> (ReplayKey, Result<(), PublishError>) {
        let ToSend { replay, message: MessageKey { role, message_id }, kind, content_type, body } = one;
        let message = Message {
            routing_key: kind,
            id: message_id,
            content_type: content_type.into(),
            body: body.into(),
        };
        let published = if self.strangers.contains(&role.as_str()) {
            self.publisher.hand_over(&role, &message).await
        } else {
            self.publisher.replay(&role, &replay_text(replay), &message).await
        };
        (replay, published)
    }

    /// There is nobody to replay it to: it is dead again, as if its role had said so.
    async fn given_back(&self, replay: ReplayKey, error: &PublishError) -> Result<(), Failure> {
        let Some(whole) = self.ledger.dead_letter(replay.id).await? else { return Ok(()) };
        let (class, now) = (error.class().to_owned(), Timestamp::now());
        let chain = format!("{error}; discard it");
        let fallen = Fallen {
            group: group(&whole.letter.role, &whole.letter.store, &class, &chain),
            message: MessageKey { role: whole.letter.role, message_id: whole.message_id },
            store: whole.letter.store,
            subject: whole.letter.subject,
            kind: whole.letter.kind,
            content_type: whole.content_type,
            properties: whole.properties,
            body: whole.body,
            class,
            cause: chain.clone(),
            chain,
            attempts: 0,
            first_failed_at: whole.letter.first_failed_at,
            last_failed_at: now,
            waits: false,
            replay: Some(replay),
        };
        Ok(self.ledger.bury(&[fallen], now).await?)
    }
}

/// The shops that are sent nothing that needs them for now.
#[derive(Default)]
struct Pauses {
    paused: Paused,
    looked_at: Option<Instant>,
}

impl Pauses {
    /// Looks which shops refuse our credentials, if that was not done a moment ago.
    async fn look(&mut self, runner: &Runner) -> Result<(), Failure> {
        if self.looked_at.is_some_and(|at| at.elapsed() < Duration::from_secs(PAUSES_SECS)) {
            return Ok(());
        }
        let mut stores = Vec::new();
        for shop in runner.shops.all() {
            let account = Account::of(&shop.settings);
            let pauses = runner.ledger.pauses(&account.store, &account.fingerprint, Timestamp::now()).await?;
            if pauses.iter().any(|pause| pause.cause == PauseCause::Credentials) {
                stores.push(account.store.to_string());
            }
        }
        self.paused = Paused { stores, except: &NEED_NO_SHOP };
        self.looked_at = Some(Instant::now());
        Ok(())
    }
}
