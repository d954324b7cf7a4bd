//! A dead letter with its message, as programs get it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crossdock_ledger::{DeadLetter, WholeDeadLetter};
use serde::Serialize;
use serde_json::Value;

/// One of them, whole. Bodies are kept to the byte: what is no text is base64.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    #[serde(flatten)]
    pub(super) letter: DeadLetter,
    pub(super) message_id: String,
    pub(super) content_type: String,
    pub(super) properties: Value,
    #[serde(flatten)]
    body: Body,
    #[serde(flatten)]
    edited: Edited,
}

/// As it first failed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    Body(String),
    BodyBase64(String),
}

/// As it is replayed instead, if a person changed it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Edited {
    EditedBody(Option<String>),
    EditedBodyBase64(String),
}

impl From<WholeDeadLetter> for Entry {
    fn from(whole: WholeDeadLetter) -> Self {
        let WholeDeadLetter { letter, message_id, content_type, properties, body, edited_body } = whole;
        let body = String::from_utf8(body)
            .map_or_else(|it| Body::BodyBase64(BASE64_STANDARD.encode(it.as_bytes())), Body::Body);
        let edited = match edited_body.map(String::from_utf8) {
            None => Edited::EditedBody(None),
            Some(Ok(text)) => Edited::EditedBody(Some(text)),
            Some(Err(bytes)) => Edited::EditedBodyBase64(BASE64_STANDARD.encode(bytes.as_bytes())),
        };
        Self { letter, message_id, content_type, properties, body, edited }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crossdock_ledger::{DeadLetterId, DeadLetterState};
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    pub(in crate::dead_letters) fn whole(body: &[u8]) -> WholeDeadLetter {
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        WholeDeadLetter {
            letter: DeadLetter {
                id: DeadLetterId(7),
                state: DeadLetterState::Dead,
                role: "tracking-writer".into(),
                store: "acme-au".into(),
                subject: Some("BG1001".into()),
                kind: "warehouse.shipment.dispatched".into(),
                class: "order-unknown".into(),
                chain: "no released order has the number BG1001".into(),
                group: "0a1b2c3d".into(),
                attempts: 1,
                failures: 2,
                first_failed_at: at,
                last_failed_at: at,
                changed_at: at,
                edited: false,
            },
            message_id: "shipped-1".into(),
            content_type: "application/cloudevents+json".into(),
            properties: json!({ "headers": { "x-crossdock-class": "order-unknown" } }),
            body: body.to_vec(),
            edited_body: None,
        }
    }

    #[test]
    fn a_body_is_text_or_base64() {
        let text = serde_json::to_value(Entry::from(whole(b"{\"a\": 1}"))).unwrap();
        assert_eq!((&text["body"], &text["edited_body"]), (&json!("{\"a\": 1}"), &Value::Null));
        assert_eq!((&text["id"], &text["message_id"]), (&json!(7), &json!("shipped-1")));
        let edited = WholeDeadLetter { edited_body: Some(vec![0xff]), ..whole(&[0xff, 0x00]) };
        let bytes = serde_json::to_value(Entry::from(edited)).unwrap();
        assert_eq!((&bytes["body_base64"], &bytes["edited_body_base64"]), (&json!("/wA="), &json!("/w==")));
        assert!(bytes.get("body").is_none());
    }
}
