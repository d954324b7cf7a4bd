//! Sends what is to be replayed, one process at a time, and forgets what is long over.
//!
//! A process that is killed between RabbitMQ's confirm and the ledger's note sends the same replay once more when the next one starts,
//! under the same round: handlers are idempotent, and its outcome counts once.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::{Classify, Mend};
use crossdock_ledger::{Fallen, Ledger, MessageKey, PauseCause, ReplayKey, ToSend};
use crossdock_queue::{Failure, Message, PublishError, Publisher};
use crossdock_storefront::{Account, Shops};
use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::ROLE;
use crate::group::group;
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

/// Time between two clearings, in seconds.
const FORGET_EVERY_SECS: u64 = 60 * 60;

/// How long what was done or discarded is kept, in hours: 30 days.
const KEPT_HOURS: i64 = 30 * 24;

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
        let (mut again, mut paused, mut forgotten_at) = (true, Paused::default(), None::<Instant>);
        while !stop.is_cancelled() {
            if forgotten_at.is_none_or(|at| at.elapsed() >= Duration::from_secs(FORGET_EVERY_SECS)) {
                self.forget().await?;
                forgotten_at = Some(Instant::now());
            }
            paused.look(self).await?;
            let next =
                self.ledger.next_to_send(UNDER_WAY_MAX, &paused.stores, again, Timestamp::now()).await?;
            self.send(next).await?;
            (again, *trouble) = (false, None);
            stop.run_until_cancelled(tokio::time::sleep(Duration::from_secs(LOOK_SECS))).await;
        }
        Ok(())
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
        for result in published {
            match result {
                Ok(key) => sent.push(key),
                Err((one, PublishError::Unroutable(name))) => self.returned(one.replay, &name).await?,
                Err((_, error)) => failed = Some(error),
            }
        }
        self.ledger.sent(&sent).await?;
        let handed_over: Vec<ReplayKey> =
            sent.iter().filter(|key| of_strangers.contains(key)).copied().collect();
        if !handed_over.is_empty() {
            self.ledger.revive(&handed_over, Timestamp::now()).await?;
        }
        tracing::info!(messages = sent.len(), "sent replays");
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn publish(&self, one: ToSend) -> Result<ReplayKey, (ToSend, PublishError)> {
        let message = Message {
            routing_key: one.kind.clone(),
            id: one.message.message_id.clone(),
            content_type: one.content_type.clone().into(),
            body: one.body.clone().into(),
        };
        match self.publisher.replay(&one.message.role, &replay_text(one.replay), &message).await {
            Ok(()) => Ok(one.replay),
            Err(error) => Err((one, error)),
        }
    }

    /// No queue takes it: it is dead again, as if its role had said so.
    async fn returned(&self, replay: ReplayKey, name: &str) -> Result<(), Failure> {
        let Some(whole) = self.ledger.dead_letter(replay.id).await? else { return Ok(()) };
        let (class, now) = ("broker-unroutable".to_owned(), Timestamp::now());
        let chain = format!("no queue takes what is replayed to '{name}'; discard it");
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

    async fn forget(&self) -> Result<(), Failure> {
        let before = Timestamp::now() - SignedDuration::from_hours(KEPT_HOURS);
        loop {
            let forgotten = self.ledger.forget_dead_letters(before).await?;
            if forgotten == 0 {
                return Ok(());
            }
            tracing::info!(
                messages = forgotten,
                "forgot what was done or discarded {} days ago",
                KEPT_HOURS / 24
            );
        }
    }
}

/// The shops that are sent nothing for now.
#[derive(Default)]
struct Paused {
    stores: Vec<String>,
    looked_at: Option<Instant>,
}

impl Paused {
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
        (self.stores, self.looked_at) = (stores, Some(Instant::now()));
        Ok(())
    }
}
