//! Which dead letters are sent next.

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{DeadLetterId, LedgerError, MessageKey, ReplayKey, ToSend};

/// Most that are given out at once, besides those that come again: their bodies are in memory.
const AT_ONCE_MAX: usize = 1_000;

/// The index's condition, word for word: SQLite takes a partial index for nothing else.
const TO_SEND: &str = "state IN ('waiting', 'queued', 'sent')";

/// Of a lane, what may go now: of one subject that which failed first, unless one is under way; and of what waits, that before which
/// nothing lies any more.
const CANDIDATES: &str = "SELECT it.id, it.subject FROM dead_letters AS it
     LEFT JOIN fallen AS own ON it.state = 'waiting' AND own.role = it.role AND own.message_id = it.message_id
     WHERE it.state IN ('waiting', 'queued', 'sent') AND it.state <> 'sent' AND it.role = $1 AND it.store = $2
       AND NOT EXISTS (
           SELECT 1 FROM dead_letters AS other
           WHERE other.subject = it.subject AND other.store = it.store AND other.role = it.role
             AND other.state = 'sent')
       AND NOT EXISTS (
           SELECT 1 FROM dead_letters AS other
           WHERE other.subject = it.subject AND other.store = it.store AND other.role = it.role
             AND other.state = 'queued' AND it.state = 'queued'
             AND (other.first_failed_at, other.id) < (it.first_failed_at, it.id))
       AND NOT EXISTS (
           SELECT 1 FROM fallen AS earlier
           WHERE earlier.role = own.role AND earlier.subject = own.subject AND earlier.lies AND earlier.id < own.id)
     ORDER BY it.first_failed_at, it.id LIMIT $3";

/// A role's messages of one shop.
#[derive(sqlx::FromRow)]
struct Lane {
    role: String,
    store: String,
    under_way: i64,
}

pub(super) async fn next(
    tx: &mut Transaction,
    most: u32,
    paused: &[String],
    again: bool,
    at: Timestamp,
) -> Result<Vec<ToSend>, LedgerError> {
    let mut ids = if again { unconfirmed(tx).await? } else { Vec::new() };
    let mut chosen = Vec::new();
    for lane in lanes(tx).await? {
        let room =
            usize::try_from(i64::from(most) - lane.under_way).unwrap_or(0).min(AT_ONCE_MAX - chosen.len());
        if room > 0 && !paused.contains(&lane.store) {
            chosen.extend(candidates(tx, &lane, room).await?);
        }
    }
    for ids in chosen.chunks(STATEMENT_ROWS_MAX) {
        mark_sent(tx, ids, at).await?;
    }
    ids.append(&mut chosen);
    let mut to_send = Vec::with_capacity(ids.len());
    for ids in ids.chunks(STATEMENT_ROWS_MAX) {
        to_send.extend(contents(tx, ids).await?);
    }
    Ok(to_send)
}

/// What was given out, and of which nobody said that RabbitMQ has it.
async fn unconfirmed(tx: &mut Transaction) -> Result<Vec<i64>, LedgerError> {
    let sql = format!(
        "SELECT id FROM dead_letters WHERE {TO_SEND} AND state = 'sent' AND NOT confirmed ORDER BY first_failed_at, id"
    );
    let rows = tx.query(AssertSqlSafe(sql)).all::<(i64,)>().await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

async fn lanes(tx: &mut Transaction) -> Result<Vec<Lane>, LedgerError> {
    let sql = format!(
        "SELECT role, store, SUM(CASE WHEN state = 'sent' THEN 1 ELSE 0 END) AS under_way
         FROM dead_letters WHERE {TO_SEND} GROUP BY role, store ORDER BY role, store"
    );
    tx.query(AssertSqlSafe(sql)).all().await
}

async fn candidates(tx: &mut Transaction, lane: &Lane, room: usize) -> Result<Vec<i64>, LedgerError> {
    let rows = tx
        .query(CANDIDATES)
        .bind(lane.role.as_str())
        .bind(lane.store.as_str())
        .bind(i64::try_from(room).unwrap_or(i64::MAX))
        .all::<(i64, Option<String>)>()
        .await?;
    // One that waited and one that is part of a replay may be about the same.
    let mut subjects = HashSet::new();
    let first = |(id, subject): (i64, Option<String>)| {
        subject.is_none_or(|subject| subjects.insert(subject)).then_some(id)
    };
    Ok(rows.into_iter().filter_map(first).collect())
}

async fn mark_sent(tx: &mut Transaction, ids: &[i64], at: Timestamp) -> Result<(), LedgerError> {
    let these = value_rows(2, ids.len(), 1);
    let letters = format!(
        "UPDATE dead_letters
         SET replay = CASE state WHEN 'queued' THEN replay END, state = 'sent', changed_at = $1,
             round = round + 1, answered = FALSE, confirmed = FALSE
         WHERE id IN ({these})"
    );
    let outcomes = format!(
        "UPDATE dead_letter_act_letters SET outcome = 'sent', at = $1
         WHERE outcome = 'queued' AND letter IN ({these})"
    );
    for sql in [letters, outcomes] {
        let update = tx.query(AssertSqlSafe(sql)).bind(Moment::from(at));
        ids.iter().fold(update, |update, id| update.bind(*id)).execute().await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    round: i64,
    role: String,
    message_id: String,
    kind: String,
    content_type: String,
    body: Vec<u8>,
}

async fn contents(tx: &mut Transaction, ids: &[i64]) -> Result<Vec<ToSend>, LedgerError> {
    let sql = format!(
        "SELECT id, round, role, message_id, kind, content_type, COALESCE(edited_body, body) AS body
         FROM dead_letters JOIN dead_letter_contents ON letter = id
         WHERE id IN ({}) ORDER BY first_failed_at, id",
        value_rows(1, ids.len(), 1)
    );
    let query = ids.iter().fold(tx.query(AssertSqlSafe(sql)), |query, id| query.bind(*id));
    let to_send = |row: Row| {
        Ok(ToSend {
            replay: ReplayKey {
                id: DeadLetterId(row.id),
                round: u32::try_from(row.round).map_err(unreadable("round of a dead letter"))?,
            },
            message: MessageKey { role: row.role, message_id: row.message_id },
            kind: row.kind,
            content_type: row.content_type,
            body: row.body,
        })
    };
    query.all::<Row>().await?.into_iter().map(to_send).collect()
}

pub(super) async fn confirmed(tx: &mut Transaction, replays: &[ReplayKey]) -> Result<(), LedgerError> {
    for replays in replays.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "UPDATE dead_letters SET confirmed = TRUE WHERE (id, round) IN (VALUES {}) AND state = 'sent'",
            value_rows(1, replays.len(), 2)
        );
        let mut update = tx.query(AssertSqlSafe(sql));
        for replay in replays {
            update = update.bind(replay.id.0).bind(i64::from(replay.round));
        }
        update.execute().await?;
    }
    Ok(())
}
