//! Which dead letters are sent next.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::under_way;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{DeadLetterId, LedgerError, MessageKey, Paused, ReplayKey, ToSend};

/// Most that are given out at once.
const AT_ONCE_MAX: usize = 1_000;

/// Most bytes of bodies that are given out at once, but for one that is larger alone: they are in memory.
const AT_ONCE_BYTES_MAX: i64 = 32 * 1024 * 1024;

/// The index's condition, word for word: SQLite takes a partial index for nothing else.
const TO_SEND: &str = "state IN ('waiting', 'queued', 'sent')";

/// Of a lane, what may go now: of one subject that which fell first or, where that is not kept, failed first, unless one is under way;
/// and of what waits, that before which nothing lies any more. One that did not fall though others about the subject did waits for these.
const CANDIDATES: &str = "SELECT it.id, it.subject FROM dead_letters AS it
     LEFT JOIN fallen AS own ON own.role = it.role AND own.message_id = it.message_id
     WHERE it.state IN ('waiting', 'queued', 'sent') AND it.state <> 'sent' AND it.role = $1 AND it.store = $2
       AND NOT EXISTS (
           SELECT 1 FROM dead_letters AS other
           WHERE other.subject = it.subject AND other.store = it.store AND other.role = it.role
             AND other.state = 'sent')
       AND NOT EXISTS (
           SELECT 1 FROM dead_letters AS other
           LEFT JOIN fallen AS theirs ON theirs.role = other.role AND theirs.message_id = other.message_id
           WHERE other.subject = it.subject AND other.store = it.store AND other.role = it.role
             AND other.state = 'queued' AND it.state = 'queued'
             AND (COALESCE(theirs.id, 9223372036854775807), other.first_failed_at, other.id)
               < (COALESCE(own.id, 9223372036854775807), it.first_failed_at, it.id))
       AND NOT EXISTS (
           SELECT 1 FROM fallen AS earlier
           WHERE it.state = 'waiting' AND earlier.role = own.role AND earlier.subject = own.subject AND earlier.lies
             AND earlier.id < own.id)";

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
    paused: &Paused,
    at: Timestamp,
) -> Result<Vec<ToSend>, LedgerError> {
    let mut chosen = Vec::new();
    for lane in lanes(tx, at).await? {
        let room =
            usize::try_from(i64::from(most) - lane.under_way).unwrap_or(0).min(AT_ONCE_MAX - chosen.len());
        if room > 0 {
            chosen.extend(candidates(tx, &lane, room, paused).await?);
        }
    }
    let chosen = that_fit(tx, chosen).await?;
    for ids in chosen.chunks(STATEMENT_ROWS_MAX) {
        mark_sent(tx, ids, at).await?;
    }
    whole(tx, &chosen).await
}

/// What was given out, and of which nobody said that RabbitMQ has it.
pub(super) async fn unconfirmed(tx: &mut Transaction) -> Result<Vec<ToSend>, LedgerError> {
    let sql = format!(
        "SELECT id FROM dead_letters WHERE {TO_SEND} AND state = 'sent' AND NOT confirmed
         ORDER BY first_failed_at, id LIMIT {AT_ONCE_MAX}"
    );
    let rows = tx.query(AssertSqlSafe(sql)).all::<(i64,)>().await?;
    let ids = that_fit(tx, rows.into_iter().map(|(id,)| id).collect()).await?;
    whole(tx, &ids).await
}

/// The lanes in which something is to be sent or was.
async fn lanes(tx: &mut Transaction, at: Timestamp) -> Result<Vec<Lane>, LedgerError> {
    let sql = format!(
        "SELECT role, store, SUM(CASE WHEN state = 'sent' THEN 1 ELSE 0 END) AS under_way
         FROM dead_letters WHERE {TO_SEND} GROUP BY role, store ORDER BY role, store"
    );
    let mut lanes: Vec<Lane> = tx.query(AssertSqlSafe(sql)).all().await?;
    // Apart, as the index has all for the one, and knows no time.
    let sql = format!(
        "SELECT role, store, COUNT(*) AS under_way
         FROM dead_letters WHERE {TO_SEND} AND state = 'sent' AND changed_at < $1 GROUP BY role, store"
    );
    let overdue: Vec<Lane> = tx.query(AssertSqlSafe(sql)).bind(under_way::since(at)).all().await?;
    for lane in &mut lanes {
        let of_it = overdue.iter().find(|it| (&it.role, &it.store) == (&lane.role, &lane.store));
        lane.under_way -= of_it.map_or(0, |it| it.under_way);
    }
    Ok(lanes)
}

async fn candidates(
    tx: &mut Transaction,
    lane: &Lane,
    room: usize,
    paused: &Paused,
) -> Result<Vec<i64>, LedgerError> {
    let (kinds, only) = match (paused.stores.contains(&lane.store), paused.except) {
        (false, _) => (&[][..], String::new()),
        (true, []) => return Ok(Vec::new()),
        (true, kinds) => (kinds, format!(" AND it.kind IN ({})", value_rows(4, kinds.len(), 1))),
    };
    let query = tx
        .query(AssertSqlSafe(format!("{CANDIDATES}{only} ORDER BY it.first_failed_at, it.id LIMIT $3")))
        .bind(lane.role.as_str())
        .bind(lane.store.as_str())
        .bind(i64::try_from(room).unwrap_or(i64::MAX));
    let query = kinds.iter().fold(query, |query, kind| query.bind(*kind));
    let rows = query.all::<(i64, Option<String>)>().await?;
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

/// The first of these whose bodies may be in memory together.
async fn that_fit(tx: &mut Transaction, ids: Vec<i64>) -> Result<Vec<i64>, LedgerError> {
    let mut sizes = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "SELECT letter, CAST(LENGTH(COALESCE(edited_body, body)) AS BIGINT)
             FROM dead_letter_contents WHERE letter IN ({})",
            value_rows(1, ids.len(), 1)
        );
        let query = ids.iter().fold(tx.query(AssertSqlSafe(sql)), |query, id| query.bind(*id));
        sizes.extend(query.all::<(i64, i64)>().await?);
    }
    let mut bytes = 0;
    let fits = |(place, id): &(usize, i64)| {
        bytes += sizes.get(id).copied().unwrap_or(0);
        *place == 0 || bytes <= AT_ONCE_BYTES_MAX
    };
    Ok(ids.into_iter().enumerate().take_while(fits).map(|(_, id)| id).collect())
}

async fn whole(tx: &mut Transaction, ids: &[i64]) -> Result<Vec<ToSend>, LedgerError> {
    let mut to_send = Vec::with_capacity(ids.len());
    for ids in ids.chunks(STATEMENT_ROWS_MAX) {
        to_send.extend(contents(tx, ids).await?);
    }
    Ok(to_send)
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
