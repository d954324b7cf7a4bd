//! What comes off the dead-letter queue: failures, and replays that were handled for good.

use jiff::Timestamp;

use super::letters::state;
use super::outcomes::{self, Outcome};
use super::storable::storable;
use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{DeadLetterId, DeadLetterState, Fallen, LedgerError, MessageKey, ReplayKey};

/// How a dead letter stands that something comes in for.
struct Standing {
    id: DeadLetterId,
    state: DeadLetterState,
    round: i64,
    answered: bool,
}

impl Standing {
    fn of_row((id, name, round, answered): (i64, String, i64, bool)) -> Result<Self, LedgerError> {
        Ok(Self { id: DeadLetterId(id), state: state(name)?, round, answered })
    }

    /// Whether this is what became of its last sending, told for the first time.
    fn is_answered_by(&self, replay: ReplayKey) -> bool {
        replay.id == self.id && i64::from(replay.round) == self.round && !self.answered
    }
}

pub(super) async fn bury(tx: &mut Transaction, fallen: &[Fallen], at: Timestamp) -> Result<(), LedgerError> {
    for fallen in fallen {
        let stands = of_message(tx, &fallen.message).await?;
        match (stands, fallen.replay) {
            (None, _) => {
                let id = insert(tx, fallen, at).await?;
                note_failure(tx, id, fallen.last_failed_at).await?;
            }
            (Some(stands), Some(replay)) if replay.id == stands.id => {
                if stands.is_answered_by(replay) {
                    note_failure(tx, stands.id, fallen.last_failed_at).await?;
                    fails_again(tx, &stands, fallen, at).await?;
                } else if stands.state == DeadLetterState::Done {
                    // Another copy of a sending that was answered: nobody waits for what is done.
                    super::fallen::rises(tx, &fallen.message).await?;
                }
            }
            (Some(stands), _) => {
                if note_failure(tx, stands.id, fallen.last_failed_at).await? {
                    fails_again(tx, &stands, fallen, at).await?;
                }
            }
        }
    }
    Ok(())
}

async fn of_message(tx: &mut Transaction, message: &MessageKey) -> Result<Option<Standing>, LedgerError> {
    let row = tx
        .query("SELECT id, state, round, answered FROM dead_letters WHERE role = $1 AND message_id = $2")
        .bind(storable(&message.role).as_ref())
        .bind(storable(&message.message_id).as_ref())
        .optional::<(i64, String, i64, bool)>()
        .await?;
    row.map(Standing::of_row).transpose()
}

fn state_of(fallen: &Fallen) -> DeadLetterState {
    if fallen.waits { DeadLetterState::Waiting } else { DeadLetterState::Dead }
}

async fn insert(tx: &mut Transaction, fallen: &Fallen, at: Timestamp) -> Result<DeadLetterId, LedgerError> {
    let row = tx
        .query(
            "INSERT INTO dead_letters
                 (role, message_id, store, subject, kind, class, cause_group, attempts, failures,
                  first_failed_at, last_failed_at, state, changed_at, round, answered, confirmed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $11, $12, 0, TRUE, TRUE)
             RETURNING id",
        )
        .bind(storable(&fallen.message.role).as_ref())
        .bind(storable(&fallen.message.message_id).as_ref())
        .bind(storable(&fallen.store).as_ref())
        .bind(fallen.subject.as_deref().map(storable).as_deref())
        .bind(storable(&fallen.kind).as_ref())
        .bind(storable(&fallen.class).as_ref())
        .bind(storable(&fallen.group).as_ref())
        .bind(i64::from(fallen.attempts))
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
    tx.query("UPDATE dead_letter_contents SET chain = $2, cause = $3, properties = $4 WHERE letter = $1")
        .bind(stands.id.0)
        .bind(storable(&fallen.chain).as_ref())
        .bind(storable(&fallen.cause).as_ref())
        .bind(fallen.properties.to_string())
        .execute()
        .await?;
    if !stands.answered && !queued {
        outcomes::set(tx, stands.id, Outcome::Dead, at).await?;
    }
    Ok(())
}

pub(super) async fn revive(
    tx: &mut Transaction,
    replays: &[ReplayKey],
    at: Timestamp,
) -> Result<(), LedgerError> {
    for replay in replays {
        let row = tx
            .query("SELECT id, state, round, answered FROM dead_letters WHERE id = $1")
            .bind(replay.id.0)
            .optional::<(i64, String, i64, bool)>()
            .await?;
        let Some(stands) = row.map(Standing::of_row).transpose()? else { continue };
        if stands.is_answered_by(*replay) {
            done(tx, stands.id, at).await?;
        }
    }
    Ok(())
}

async fn done(tx: &mut Transaction, id: DeadLetterId, at: Timestamp) -> Result<(), LedgerError> {
    tx.query("UPDATE dead_letters SET state = 'done', answered = TRUE, changed_at = $2 WHERE id = $1")
        .bind(id.0)
        .bind(Moment::from(at))
        .execute()
        .await?;
    outcomes::set(tx, id, Outcome::Done, at).await?;
    tx.query(
        "DELETE FROM fallen
         WHERE (role, message_id) IN (SELECT role, message_id FROM dead_letters WHERE id = $1)",
    )
    .bind(id.0)
    .execute()
    .await?;
    Ok(())
}
