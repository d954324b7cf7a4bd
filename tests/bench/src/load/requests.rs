//! Whole requests, made and signed before the measurement.

use std::ops::Range;

use crossdock_events::standard_webhooks::{ID_HEADER, Key, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use crossdock_tests::world::BIGCOMMERCE_SECRET;
use jiff::Timestamp;

use super::PATH;
use crate::command_line::{LoadOptions, Webhooks};

/// More a second than one receiver answers on this machine, so that they last: it ends early, not wrongly, if they do not.
const DISTINCT_PER_SEC: u32 = 60_000;

/// How many different ones are repeated.
const REPEATED: u32 = 4_096;

/// Requests one behind another.
pub(super) struct Requests {
    bytes: Vec<u8>,
    each: Vec<Range<usize>>,
    repeat: bool,
}

impl Requests {
    /// Makes as many as the run can need.
    pub(super) fn make(options: &LoadOptions) -> Self {
        let repeat = options.webhooks != Webhooks::Distinct;
        let secs = u32::try_from(options.time.whole().as_secs()).unwrap_or(u32::MAX).saturating_add(1);
        let per_sec = options.pace.unwrap_or(DISTINCT_PER_SEC);
        let count = if repeat { REPEATED } else { per_sec.saturating_mul(secs) };
        let secret = match options.webhooks {
            Webhooks::Forged => "not the secret",
            Webhooks::Distinct | Webhooks::Repeated => BIGCOMMERCE_SECRET,
        };
        let (key, now) = (Key::from(secret.as_bytes().to_vec()), Timestamp::now().as_second());
        let mut requests = Self { bytes: Vec::new(), each: Vec::new(), repeat };
        for order in (options.first_order..).take(count as usize) {
            requests.push(&webhook(order, &key, now));
        }
        requests
    }

    /// A request by number.
    pub(super) fn get(&self, number: usize) -> &[u8] {
        &self.bytes[self.each[number % self.each.len()].clone()]
    }

    /// How many can be sent.
    pub(super) fn limit(&self) -> usize {
        if self.repeat { usize::MAX } else { self.each.len() }
    }

    fn push(&mut self, request: &str) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(request.as_bytes());
        self.each.push(start..self.bytes.len());
    }
}

/// A callback as BigCommerce documents it, about this order, with headers as its sender has them.
fn webhook(order: u64, key: &Key, now: i64) -> String {
    let body = format!(
        r#"{{"scope":"store/order/created","store_id":"1025646","data":{{"type":"order","id":{order}}},"hash":"{order:040x}","created_at":{now},"producer":"stores/journey1"}}"#
    );
    let id = format!("msg_{order:027}");
    let signature = sign(key, &id, now, body.as_bytes());
    format!(
        "POST {PATH} HTTP/1.1\r\nhost: hooks.example.com\r\nuser-agent: BigCommerce-Webhooks\r\naccept: */*\r\n\
         content-type: application/json\r\n{ID_HEADER}: {id}\r\n{TIMESTAMP_HEADER}: {now}\r\n\
         {SIGNATURE_HEADER}: {signature}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
