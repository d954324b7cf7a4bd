//! What becomes of dead letters in the replay that they are part of.

use std::fmt;

use jiff::Timestamp;

use crate::database::Transaction;
use crate::moment::Moment;
use crate::{DeadLetterId, LedgerError};

/// How far a replay has come with one dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Queued,
    Sent,
    Done,
    Dead,
    Left,
}

impl Outcome {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Left => "left",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// It is known what became of a sending, in the replay that the dead letter is part of. One that is not part of any was sent by itself.
pub(super) async fn set(
    tx: &mut Transaction,
    id: DeadLetterId,
    outcome: Outcome,
    at: Timestamp,
) -> Result<(), LedgerError> {
    tx.query(
        "UPDATE dead_letter_act_letters SET outcome = $2, at = $3
         WHERE letter = $1 AND act = (SELECT replay FROM dead_letters WHERE id = $1)
           AND outcome IN ('queued', 'sent', 'left')",
    )
    .bind(id.0)
    .bind(outcome.as_str())
    .bind(Moment::from(at))
    .execute()
    .await?;
    Ok(())
}
