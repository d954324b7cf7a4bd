//! `crossdock dead-letters show`: all that is known of one.

use crossdock_ledger::{
    Act, DeadLetter, DeadLetterId, DeadLetterState, DeadLettersWanted, MessageKey, WholeDeadLetter,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::difference::{self, Change, difference};
use super::entry::Entry;
use super::jobs;
use super::meant::unanswered_since;
use super::plain::{cut, lines};
use super::selected::unknown_id;
use super::{Desk, list};
use crate::exit::Exit;
use crate::listing::{moment, print, print_json, say};

/// Most dead letters of one order that are looked through for the one that it waits behind.
const LOOKED_THROUGH_MAX: u32 = 200;

/// A dead letter and what was done with it.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    entry: Entry,
    /// What a person changed in the body.
    changes: Vec<Change>,
    /// What has to be done or discarded before it.
    behind: Option<Behind>,
    /// What is on its way, and goes before it.
    after: Option<After>,
    acts: Vec<Act>,
}

#[derive(Debug, Serialize)]
struct Behind {
    message_id: String,
    /// None: it is on its way to the desk.
    id: Option<DeadLetterId>,
}

/// One about the same order or SKU, of the same role and shop, that was sent: one of them goes at a time.
#[derive(Debug, Serialize)]
struct After {
    id: DeadLetterId,
    sent_at: Timestamp,
    /// Nothing came back of it for so long that it may be sent once more.
    unanswered: bool,
}

pub(super) async fn show(desk: &Desk, id: i64, json: bool) -> anyhow::Result<Exit> {
    let id = DeadLetterId(id);
    let whole = desk.ledger.dead_letter(id).await?.ok_or_else(|| unknown_id(id))?;
    let (behind, after) = (behind(desk, &whole).await?, after(desk, &whole.letter).await?);
    let acts = desk.ledger.acts_on(id).await?;
    let changes = whole.edited_body.as_ref().map(|edited| difference(&whole.body, edited));
    let changes = changes.unwrap_or_default();
    if json {
        print_json(&Shown { entry: whole.into(), changes, behind, after, acts })?;
    } else {
        tell(&whole);
        let waits = [behind.as_ref().map(waits_behind), after.as_ref().map(goes_after)];
        waits.iter().flatten().for_each(|line| say(line));
        tell_message(&whole, &changes);
        if !acts.is_empty() {
            say("\ndone with it");
            print(&jobs::rows(&acts));
        }
    }
    Ok(Exit::Done)
}

/// What it waits behind, if it does.
async fn behind(desk: &Desk, whole: &WholeDeadLetter) -> anyhow::Result<Option<Behind>> {
    let WholeDeadLetter { letter, message_id, .. } = whole;
    let Some(subject) = letter.subject.as_ref().filter(|_| DeadLetterState::OPEN.contains(&letter.state))
    else {
        return Ok(None);
    };
    let message = MessageKey { role: letter.role.clone(), message_id: message_id.clone() };
    let Some(first) = desk.ledger.falls_behind(&message, subject).await? else { return Ok(None) };
    let beside = DeadLettersWanted {
        role: Some(letter.role.clone()),
        subject: Some(subject.clone()),
        states: DeadLetterState::OPEN.to_vec(),
        limit: Some(LOOKED_THROUGH_MAX),
        ..DeadLettersWanted::default()
    };
    for other in desk.ledger.dead_letters(&beside).await? {
        let other = desk.ledger.dead_letter(other.id).await?;
        if let Some(other) = other.filter(|other| other.message_id == first) {
            return Ok(Some(Behind { message_id: first, id: Some(other.letter.id) }));
        }
    }
    Ok(Some(Behind { message_id: first, id: None }))
}

/// What was sent before it and has not come back, if it is to be sent.
async fn after(desk: &Desk, letter: &DeadLetter) -> anyhow::Result<Option<After>> {
    if !matches!(letter.state, DeadLetterState::Queued | DeadLetterState::Waiting) || letter.subject.is_none()
    {
        return Ok(None);
    }
    let sent_beside = DeadLettersWanted {
        role: Some(letter.role.clone()),
        store: Some(letter.store.clone()),
        subject: letter.subject.clone(),
        states: vec![DeadLetterState::Sent],
        limit: Some(LOOKED_THROUGH_MAX),
        ..DeadLettersWanted::default()
    };
    let sent = desk.ledger.dead_letters(&sent_beside).await?;
    // An order is also found by its other name, which is another subject here.
    Ok(sent.into_iter().find(|other| other.subject == letter.subject).map(|other| After {
        id: other.id,
        sent_at: other.changed_at,
        unanswered: other.changed_at < unanswered_since(),
    }))
}

fn tell(whole: &WholeDeadLetter) {
    let DeadLetter { id, state, role, kind, class, chain, group, changed_at, .. } = &whole.letter;
    let letter = &whole.letter;
    say(&format!("Dead letter {id} is {state}, since {}", moment(*changed_at)));
    let about = list::subject(letter.subject.as_deref());
    say(&format!("  about    {about} of {}", list::store(&letter.store)));
    say(&format!("  message  {kind}, {}", lines(&whole.message_id)));
    say(&format!("  role     {role}"));
    say(&format!("  why      {class}: {}", cut(chain, usize::MAX)));
    let (first, last) = (moment(letter.first_failed_at), moment(letter.last_failed_at));
    say(&format!(
        "  failed   {}, after {}; first {first}, last {last}",
        times(letter.failures, "time"),
        times(letter.attempts, "attempt")
    ));
    say(&format!("  group    {group}"));
}

fn waits_behind(behind: &Behind) -> String {
    match behind {
        Behind { id: Some(other), .. } => {
            format!("  waits    behind dead letter {other}, until that is done or discarded")
        }
        Behind { message_id, id: None } => {
            format!("  waits    behind message {}, which is on its way to the desk", lines(message_id))
        }
    }
}

fn goes_after(After { id, sent_at, unanswered }: &After) -> String {
    let sent = format!("  goes     after dead letter {id}, which was sent at {}", moment(*sent_at));
    if *unanswered {
        format!(
            "{sent} and has not come back: its role may try it again for hours, or its queue was emptied; \
             `crossdock dead-letters replay --unanswered {id}` sends it once more"
        )
    } else {
        format!("{sent}, once that has come back")
    }
}

fn tell_message(whole: &WholeDeadLetter, changes: &[Change]) {
    say("\nheaders");
    for line in pretty(&whole.properties).lines() {
        say(&format!("  {line}"));
    }
    say(&format!("\nbody ({})", cut(&whole.content_type, 100)));
    for line in readable(&whole.body).lines() {
        say(&format!("  {line}"));
    }
    if whole.edited_body.is_some() {
        say("\nreplayed instead with");
        for line in difference::lines(changes) {
            say(&format!("  {line}"));
        }
    }
}

fn readable(body: &[u8]) -> String {
    match (serde_json::from_slice::<Value>(body), std::str::from_utf8(body)) {
        (Ok(json), _) => pretty(&json),
        (Err(_), Ok(text)) => lines(text),
        (Err(_), Err(_)) => format!("{} bytes that are no text: --json shows them as base64", body.len()),
    }
}

fn pretty(json: &Value) -> String {
    lines(&serde_json::to_string_pretty(json).expect("a value is always JSON"))
}

fn times(count: u32, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_goes_after_is_named_and_what_to_do_once_that_takes_too_long() {
        let after = |unanswered| After { id: DeadLetterId(7), sent_at: Timestamp::UNIX_EPOCH, unanswered };
        let line =
            "  goes     after dead letter 7, which was sent at 1970-01-01 00:00:00Z, once that has come back";
        assert_eq!(goes_after(&after(false)), line);
        assert!(goes_after(&after(true)).contains("`crossdock dead-letters replay --unanswered 7`"));
    }

    #[test]
    fn a_body_is_shown_as_far_as_it_can_be_read() {
        assert_eq!(readable(br#"{"a":1}"#), "{\n  \"a\": 1\n}");
        assert_eq!(readable(b"{broken\x1b"), "{broken\u{fffd}");
        assert!(readable(&[0xff, 0xfe]).starts_with("2 bytes that are no text"));
    }
}
