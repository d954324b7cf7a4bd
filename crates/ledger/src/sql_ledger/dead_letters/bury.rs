//! Failures that come off the dead-letter queue.

use jiff::Timestamp;

use super::super::storable::{key, storable};
use super::fallen;
use super::letters::state;
use super::outcomes::{self, Outcome};
use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{DeadLetterId, DeadLetterState, Fallen, LedgerError, MessageKey, ReplayKey};

/// How a dead letter stands that something comes in for.
pub(super) struct Standing {
    pub(super) id: DeadLetterId,
    state: DeadLetterState,
    round: i64,
    answered: bool,
    failures: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    state: String,
    round: i64,
    answered: bool,
    failures: i64,
}

impl Standing {
    fn of_row(row: Row) -> Result<Self, LedgerError> {
        let Row { id, state: name, round, answered, failures } = row;
        Ok(Self { id: DeadLetterId(id), state: state(name)?, round, answered, failures })
    }

    /// Whether this is what became of its last sending, told for the first time.
    pub(super) fn is_answered_by(&self, replay: ReplayKey) -> bool {
        replay.id == self.id && i64::from(replay.round) == self.round && !self.answered
    }

    fn is_over(&self) -> bool {
        !DeadLetterState::OPEN.contains(&self.state)
    }
}

pub(super) async fn bury(tx: &mut Transaction, fallen: &[Fallen], at: Timestamp) -> Result<(), LedgerError> {
    for fallen in fallen {
        // Where it changes nothing, it is another copy of what is answered: nobody waits for what is over.
        let is_open = match of_message(tx, &fallen.message).await? {
            None => {
                let id = insert(tx, fallen, 1, at).await?;
                note_failure(tx, id, fallen.last_failed_at).await?
            }
            Some(stands) => take(tx, &stands, fallen, at).await? || !stands.is_over(),
        };
        fallen::came(tx, &fallen.message, is_open).await?;
    }
    Ok(())
}

/// Whether it is news of a dead letter that is known.
async fn take(
    tx: &mut Transaction,
    stands: &Standing,
    fallen: &Fallen,
    at: Timestamp,
) -> Result<bool, LedgerError> {
    let is_news = match fallen.replay {
        Some(replay) if replay.id == stands.id => {
            stands.is_answered_by(replay) && {
                note_failure(tx, stands.id, fallen.last_failed_at).await?;
                true
            }
        }
        _ => note_failure(tx, stands.id, fallen.last_failed_at).await?,
    };
    if is_news {
        if stands.failures == 0 {
            fill_in(tx, stands.id, fallen).await?;
        }
        // What we send has nothing of what its sender told beside the body.
        if stands.failures == 0 || fallen.replay.is_none() {
            set_properties(tx, stands.id, fallen).await?;
        }
        fails_again(tx, stands, fallen, at).await?;
    }
    Ok(is_news)
}

/// A message that fell and did not come is a dead letter of its own, or its former one is open again. False if that is open anyway.
pub(super) async fn note_missing(
    tx: &mut Transaction,
    missing: &Fallen,
    at: Timestamp,
) -> Result<bool, LedgerError> {
    match of_message(tx, &missing.message).await? {
        None => {
            insert(tx, missing, 0, at).await?;
            Ok(true)
        }
        Some(stands) if !stands.is_over() => Ok(false),
        Some(stands) => {
            open_again(tx, stands.id, missing, at).await?;
            Ok(true)
        }
    }
}

/// How a dead letter stands; none if it is not known.
pub(super) async fn of_id(tx: &mut Transaction, id: DeadLetterId) -> Result<Option<Standing>, LedgerError> {
    let row = tx
        .query("SELECT id, state, round, answered, failures FROM dead_letters WHERE id = $1")
        .bind(id.0)
        .optional::<Row>()
        .await?;
    row.map(Standing::of_row).transpose()
}

async fn of_message(tx: &mut Transaction, message: &MessageKey) -> Result<Option<Standing>, LedgerError> {
    let row = tx
        .query("SELECT id, state, round, answered, failures FROM dead_letters WHERE role = $1 AND message_id = $2")
        .bind(key(&message.role).as_ref())
        .bind(storable(&message.message_id).as_ref())
        .optional::<Row>()
        .await?;
    row.map(Standing::of_row).transpose()
}

fn state_of(fallen: &Fallen) -> DeadLetterState {
    if fallen.waits { DeadLetterState::Waiting } else { DeadLetterState::Dead }
}

async fn insert(
    tx: &mut Transaction,
    fallen: &Fallen,
    failures: i64,
    at: Timestamp,
) -> Result<DeadLetterId, LedgerError> {
    let row = tx
        .query(
            "INSERT INTO dead_letters
                 (role, message_id, store, subject, kind, class, cause_group, attempts, failures,
                  first_failed_at, last_failed_at, state, changed_at, round, answered, confirmed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, TRUE, TRUE)
             RETURNING id",
        )
        .bind(key(&fallen.message.role).as_ref())
        .bind(storable(&fallen.message.message_id).as_ref())
        .bind(key(&fallen.store).as_ref())
        .bind(fallen.subject.as_deref().map(key).as_deref())
        .bind(storable(&fallen.kind).as_ref())
        .bind(storable(&fallen.class).as_ref())
        .bind(storable(&fallen.group).as_ref())
        .bind(i64::from(fallen.attempts))
        .bind(failures)
        .bind(Moment::from(fallen.first_failed_at))
        .bind(Moment::from(fallen.last_failed_at))
        .bind(state_of(fallen).as_str())
        .bind(Moment::from(at))
        .optional::<(i64,)>()
        .await?;
    let (id,) = row.ok_or("it has no number").map_err(unreadable("new dead letter"))?;
    tx.query(
        "INSERT INTO dead_letter_contents (letter, chain, cause, content_type, properties, body)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(storable(&fallen.chain).as_ref())
    .bind(storable(&fallen.cause).as_ref())
    .bind(storable(&fallen.content_type).as_ref())
    .bind(fallen.properties.to_string())
    .bind(fallen.body.as_slice())
    .execute()
    .await?;
    Ok(DeadLetterId(id))
}

/// What was not known of a message before it came.
async fn fill_in(tx: &mut Transaction, id: DeadLetterId, fallen: &Fallen) -> Result<(), LedgerError> {
    tx.query(
        "UPDATE dead_letters SET store = $2, subject = $3, kind = $4, first_failed_at = $5 WHERE id = $1",
    )
    .bind(id.0)
    .bind(key(&fallen.store).as_ref())
    .bind(fallen.subject.as_deref().map(key).as_deref())
    .bind(storable(&fallen.kind).as_ref())
    .bind(Moment::from(fallen.first_failed_at))
    .execute()
    .await?;
    tx.query("UPDATE dead_letter_contents SET content_type = $2, body = $3 WHERE letter = $1")
        .bind(id.0)
        .bind(storable(&fallen.content_type).as_ref())
        .bind(fallen.body.as_slice())
        .execute()
        .await?;
    Ok(())
}

async fn set_properties(tx: &mut Transaction, id: DeadLetterId, fallen: &Fallen) -> Result<(), LedgerError> {
    tx.query("UPDATE dead_letter_contents SET properties = $2 WHERE letter = $1")
        .bind(id.0)
        .bind(fallen.properties.to_string())
        .execute()
        .await?;
    Ok(())
}

/// What was kept of it stays. That it fell is no failure yet: that is still to come.
async fn open_again(
    tx: &mut Transaction,
    id: DeadLetterId,
    missing: &Fallen,
    at: Timestamp,
) -> Result<(), LedgerError> {
    tx.query(
        "UPDATE dead_letters
         SET class = $2, cause_group = $3, last_failed_at = $4, state = $5, changed_at = $6 WHERE id = $1",
    )
    .bind(id.0)
    .bind(storable(&missing.class).as_ref())
    .bind(storable(&missing.group).as_ref())
    .bind(Moment::from(missing.last_failed_at))
    .bind(state_of(missing).as_str())
    .bind(Moment::from(at))
    .execute()
    .await?;
    set_cause(tx, id, missing).await
}

async fn set_cause(tx: &mut Transaction, id: DeadLetterId, fallen: &Fallen) -> Result<(), LedgerError> {
    tx.query("UPDATE dead_letter_contents SET chain = $2, cause = $3 WHERE letter = $1")
        .bind(id.0)
        .bind(storable(&fallen.chain).as_ref())
        .bind(storable(&fallen.cause).as_ref())
        .execute()
        .await?;
    Ok(())
}

/// Whether this failure was not taken before.
async fn note_failure(tx: &mut Transaction, id: DeadLetterId, at: Timestamp) -> Result<bool, LedgerError> {
    let noted = tx
        .query("INSERT INTO dead_letter_failures (letter, failed_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(id.0)
        .bind(Moment::from(at))
        .execute()
        .await?;
    Ok(noted > 0)
}

/// One that is queued stays so: it is going to be sent anyway. One that was sent is answered by whatever failure of it comes first, also
/// by one that no replay led to: what comes after that of this sending does not hide it.
async fn fails_again(
    tx: &mut Transaction,
    stands: &Standing,
    fallen: &Fallen,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let queued = stands.state == DeadLetterState::Queued;
    let becomes = if queued { DeadLetterState::Queued } else { state_of(fallen) };
    let answered = stands.answered || !queued || fallen.replay.is_some();
    tx.query(
        "UPDATE dead_letters
         SET class = $2, cause_group = $3, attempts = $4, failures = failures + 1, last_failed_at = $5,
             answered = $6, state = $7, changed_at = CASE WHEN state = $7 THEN changed_at ELSE $8 END
         WHERE id = $1",
    )
    .bind(stands.id.0)
    .bind(storable(&fallen.class).as_ref())
    .bind(storable(&fallen.group).as_ref())
    .bind(i64::from(fallen.attempts))
    .bind(Moment::from(fallen.last_failed_at))
    .bind(answered)
    .bind(becomes.as_str())
    .bind(Moment::from(at))
    .execute()
    .await?;
    set_cause(tx, stands.id, fallen).await?;
    if !stands.answered && !queued {
        outcomes::set(tx, stands.id, Outcome::Dead, at).await?;
    }
    Ok(())
}
