//! `crossdock dead-letters jobs`: what was done, by whom, and how replays go.

use anyhow::bail;
use comfy_table::Table;
use crossdock_ledger::{Act, ActId, ActKind, Progress};
use jiff::{SignedDuration, Timestamp};

use super::Desk;
use super::plain::cut;
use super::who::acting;
use crate::command_line::DeadLettersJobs;
use crate::exit::Exit;
use crate::listing::{moment, print, print_json, say, table};

/// How long a replay may be on its way before that is worth a word.
const OVERDUE: SignedDuration = SignedDuration::from_hours(1);

/// Longest reason or filter in a list, in characters: about three lines of the last column.
const NOTE_CHARS_MAX: usize = 120;

pub(super) async fn jobs(desk: &Desk, wanted: &DeadLettersJobs) -> anyhow::Result<Exit> {
    let acts = if let Some(id) = wanted.cancel {
        vec![cancel(desk, ActId(id)).await?]
    } else if let Some(id) = wanted.resume {
        vec![resume(desk, ActId(id)).await?]
    } else if let Some(id) = wanted.act {
        vec![desk.act(ActId(id)).await?]
    } else {
        desk.ledger.acts(wanted.limit).await?
    };
    if wanted.json {
        print_json(&acts)?;
    } else if acts.is_empty() {
        say("nothing was done so far");
    } else {
        print(&rows(&acts));
    }
    Ok(Exit::Done)
}

/// A table of what was done.
pub(super) fn rows(acts: &[Act]) -> Table {
    let mut rows = table(&["ID", "WHEN", "WHO", "WHAT", "HOW MANY", "HOW IT GOES, WHY"]);
    for act in acts {
        rows.add_row([
            act.id.to_string(),
            moment(act.at),
            cut(&act.who, 24),
            what(act),
            act.count.to_string(),
            how(act),
        ]);
    }
    rows
}

/// How a replay goes, in a line.
pub(super) fn goes(progress: &Progress) -> String {
    let Progress { queued, sent, sent_since, done, dead, left, cancelled, ended_at } = *progress;
    let overdue = sent_since.is_some_and(|since| Timestamp::now().duration_since(since) > OVERDUE);
    let on_their_way = if overdue {
        "on their way, some for more than an hour (`replay --unanswered` sends such ones once more)"
    } else {
        "on their way"
    };
    let parts = [
        (done, "done"),
        (dead, "failed again"),
        (sent, on_their_way),
        (queued, "still to be sent"),
        (left, "left out"),
    ];
    let told: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let told = told.join(", ");
    match (cancelled, ended_at) {
        (true, _) => format!("cancelled; {told}"),
        (false, Some(at)) => format!("ended {}; {told}", moment(at)),
        (false, None) => format!("runs; {told}"),
    }
}

async fn cancel(desk: &Desk, id: ActId) -> anyhow::Result<Act> {
    let act = replay(desk, id).await?;
    if !desk.ledger.cancel_replay(id, &acting("")).await? {
        bail!("replay {id} has ended already: {}", how_far(&act));
    }
    desk.act(id).await
}

async fn resume(desk: &Desk, id: ActId) -> anyhow::Result<Act> {
    let act = replay(desk, id).await?;
    if !desk.ledger.resume_replay(id, &acting("")).await? {
        bail!("replay {id} was not cancelled: {}", how_far(&act));
    }
    desk.act(id).await
}

async fn replay(desk: &Desk, id: ActId) -> anyhow::Result<Act> {
    let act = desk.act(id).await?;
    if act.kind != ActKind::Replay {
        bail!("{id} is {}; only a replay can be cancelled or resumed", named(act.kind));
    }
    Ok(act)
}

/// What was done, and on which earlier act.
fn what(act: &Act) -> String {
    let kind = match act.kind {
        ActKind::Replay => "replay",
        ActKind::Cancel => "cancel",
        ActKind::Resume => "resume",
        ActKind::Edit => "edit",
        ActKind::Discard => "discard",
        ActKind::Undo => "undo",
        ActKind::Export => "export",
    };
    act.of.map_or_else(|| kind.to_owned(), |of| format!("{kind} {of}"))
}

/// For example `a replay`.
pub(super) fn named(kind: ActKind) -> &'static str {
    match kind {
        ActKind::Replay => "a replay",
        ActKind::Cancel => "the cancelling of a replay",
        ActKind::Resume => "the resuming of a replay",
        ActKind::Edit => "an edit",
        ActKind::Discard => "a discarding",
        ActKind::Undo => "the taking back of a discarding",
        ActKind::Export => "an export",
    }
}

fn how(act: &Act) -> String {
    let note = if act.note.is_empty() { String::new() } else { cut(&act.note, NOTE_CHARS_MAX) };
    let parts = [how_far(act), note];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn how_far(act: &Act) -> String {
    act.progress.as_ref().map(goes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_says_how_it_goes() {
        let none = Progress {
            queued: 0,
            sent: 0,
            sent_since: None,
            done: 0,
            dead: 0,
            left: 0,
            cancelled: false,
            ended_at: None,
        };
        let running = Progress { queued: 500, sent: 250, done: 249, dead: 1, ..none };
        assert_eq!(goes(&running), "runs; 249 done, 1 failed again, 250 on their way, 500 still to be sent");
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        let lately = Progress { sent_since: Some(Timestamp::now()), ..running };
        assert_eq!(goes(&lately), goes(&running));
        let lost = Progress { sent_since: Some(Timestamp::now() - SignedDuration::from_mins(61)), ..running };
        assert!(goes(&lost).contains("250 on their way, some for more than an hour (`replay --unanswered`"));
        let ended = Progress { done: 1_000, ended_at: Some(at), ..none };
        assert_eq!(goes(&ended), format!("ended {}; 1000 done", moment(at)));
        assert_eq!(goes(&Progress { left: 3, cancelled: true, ..ended }), "cancelled; 1000 done, 3 left out");
    }
}
