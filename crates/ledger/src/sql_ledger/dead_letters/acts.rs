//! The trail of what was done at the desk, and how replays go.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::outcomes::Outcome;
use crate::database::{Query, STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{Act, ActId, ActKind, Acting, DeadLetterId, LedgerError, Progress};

pub(super) async fn insert(
    tx: &mut Transaction,
    kind: ActKind,
    act: &Acting,
    of: Option<ActId>,
) -> Result<ActId, LedgerError> {
    let row = tx
        .query(
            "INSERT INTO dead_letter_acts (kind, who, at, note, letters, act_of, cancelled)
             VALUES ($1, $2, $3, $4, 0, $5, FALSE) RETURNING id",
        )
        .bind(kind.as_str())
        .bind(act.who.as_str())
        .bind(Moment::from(act.at))
        .bind(act.note.as_str())
        .bind(of.map(|of| of.0))
        .optional::<(i64,)>()
        .await?;
    row.map(|(id,)| ActId(id)).ok_or("it has no number").map_err(unreadable("new act"))
}

/// To how many dead letters it was done.
pub(super) async fn count(tx: &mut Transaction, act: ActId, letters: u64) -> Result<(), LedgerError> {
    tx.query("UPDATE dead_letter_acts SET letters = $2 WHERE id = $1")
        .bind(act.0)
        .bind(i64::try_from(letters).unwrap_or(i64::MAX))
        .execute()
        .await?;
    Ok(())
}

pub(super) async fn set_cancelled(
    tx: &mut Transaction,
    replay: ActId,
    cancelled: bool,
) -> Result<(), LedgerError> {
    tx.query("UPDATE dead_letter_acts SET cancelled = $2 WHERE id = $1")
        .bind(replay.0)
        .bind(cancelled)
        .execute()
        .await?;
    Ok(())
}

/// Dead letters of an act that one statement changes: so that none takes longer than the server works on one.
const PART_LETTERS_MAX: i64 = 5_000;

/// Runs a change over all dead letters of an act, a part at a time, and returns how many rows it changed. `{these}` in it are those of a part,
/// `$1` is the act, and `$4` and on what is bound.
pub(super) async fn in_parts(
    tx: &mut Transaction,
    act: ActId,
    change: &str,
    bind: impl Fn(Query<'_>) -> Query<'_>,
) -> Result<u64, LedgerError> {
    let these = "SELECT letter FROM dead_letter_act_letters WHERE act = $1 AND letter > $2 AND letter <= $3";
    let change = change.replace("{these}", these);
    let (mut after, mut changed) = (0, 0);
    while let Some(last) = end_of_part(tx, act, after).await? {
        let query = tx.query(AssertSqlSafe(change.clone())).bind(act.0).bind(after).bind(last);
        changed += bind(query).execute().await?;
        after = last;
    }
    Ok(changed)
}

async fn end_of_part(tx: &mut Transaction, act: ActId, after: i64) -> Result<Option<i64>, LedgerError> {
    let row = tx
        .query(
            "SELECT MAX(letter) FROM (
                 SELECT letter FROM dead_letter_act_letters WHERE act = $1 AND letter > $2 ORDER BY letter LIMIT $3
             ) AS part",
        )
        .bind(act.0)
        .bind(after)
        .bind(PART_LETTERS_MAX)
        .optional::<(Option<i64>,)>()
        .await?;
    Ok(row.and_then(|(last,)| last))
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    kind: String,
    who: String,
    at: Moment,
    note: String,
    letters: i64,
    act_of: Option<i64>,
    cancelled: bool,
}

const SELECT: &str = "SELECT id, kind, who, at, note, letters, act_of, cancelled FROM dead_letter_acts";

pub(super) async fn latest(tx: &mut Transaction, limit: u32) -> Result<Vec<Act>, LedgerError> {
    let sql = format!("{SELECT} ORDER BY id DESC LIMIT $1");
    let rows = tx.query(AssertSqlSafe(sql)).bind(i64::from(limit)).all::<Row>().await?;
    with_progress(tx, rows).await
}

pub(super) async fn one(tx: &mut Transaction, id: ActId) -> Result<Option<Act>, LedgerError> {
    let rows = tx.query(AssertSqlSafe(format!("{SELECT} WHERE id = $1"))).bind(id.0).all::<Row>().await?;
    Ok(with_progress(tx, rows).await?.pop())
}

pub(super) async fn on(tx: &mut Transaction, id: DeadLetterId) -> Result<Vec<Act>, LedgerError> {
    let sql = format!(
        "{SELECT} WHERE id IN (SELECT act FROM dead_letter_act_letters WHERE letter = $1) ORDER BY id"
    );
    let rows = tx.query(AssertSqlSafe(sql)).bind(id.0).all::<Row>().await?;
    with_progress(tx, rows).await
}

async fn with_progress(tx: &mut Transaction, rows: Vec<Row>) -> Result<Vec<Act>, LedgerError> {
    let replays: Vec<i64> =
        rows.iter().filter(|row| row.kind == ActKind::Replay.as_str()).map(|row| row.id).collect();
    let mut progress = HashMap::new();
    for replays in replays.chunks(STATEMENT_ROWS_MAX) {
        for tally in tallies(tx, replays).await? {
            progress.entry(tally.act).or_insert_with(Vec::new).push(tally);
        }
    }
    let act = |row: Row| {
        let kind = ActKind::named(&row.kind).ok_or(row.kind).map_err(unreadable("kind of an act"))?;
        let tallies = progress.remove(&row.id).unwrap_or_default();
        let progress = match kind {
            ActKind::Replay => Some(summed(&tallies, row.cancelled)?),
            _ => None,
        };
        Ok(Act {
            id: ActId(row.id),
            kind,
            who: row.who,
            at: row.at.try_into()?,
            note: row.note,
            count: u64::try_from(row.letters).map_err(unreadable("count of an act"))?,
            of: row.act_of.map(ActId),
            progress,
        })
    };
    rows.into_iter().map(act).collect()
}

/// How many of a replay's dead letters have come so far, and when the first and the last one did.
#[derive(sqlx::FromRow)]
struct Tally {
    act: i64,
    outcome: String,
    letters: i64,
    since: Moment,
    at: Moment,
}

async fn tallies(tx: &mut Transaction, replays: &[i64]) -> Result<Vec<Tally>, LedgerError> {
    let of_these = format!("act IN ({})", value_rows(1, replays.len(), 1));
    let sql = format!(
        "SELECT act, outcome, COUNT(*) AS letters, MIN(at) AS since, MAX(at) AS at FROM dead_letter_act_letters
         WHERE {of_these} AND outcome IS NOT NULL GROUP BY act, outcome
         UNION ALL
         SELECT act, outcome, letters, at, at FROM dead_letter_forgotten WHERE {of_these}"
    );
    replays.iter().fold(tx.query(AssertSqlSafe(sql)), |query, id| query.bind(*id)).all().await
}

fn summed(tallies: &[Tally], cancelled: bool) -> Result<Progress, LedgerError> {
    let of = |outcome: Outcome| {
        let letters =
            tallies.iter().filter(|tally| tally.outcome == outcome.as_str()).map(|tally| tally.letters);
        u64::try_from(letters.sum::<i64>()).map_err(unreadable("progress of a replay"))
    };
    let mut progress = Progress {
        queued: of(Outcome::Queued)?,
        sent: of(Outcome::Sent)?,
        sent_since: None,
        done: of(Outcome::Done)?,
        dead: of(Outcome::Dead)?,
        left: of(Outcome::Left)?,
        cancelled,
        ended_at: None,
    };
    for tally in tallies.iter().filter(|tally| tally.outcome == Outcome::Sent.as_str()) {
        progress.sent_since = Some(tally.since.try_into()?);
    }
    if progress.queued + progress.sent == 0 {
        let mut last = None;
        for tally in tallies {
            last = last.max(Some(Timestamp::try_from(tally.at)?));
        }
        progress.ended_at = last;
    }
    Ok(progress)
}
