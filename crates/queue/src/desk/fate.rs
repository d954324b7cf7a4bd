//! Reads what became of a message from what came off the dead letters' queue.

use bytes::Bytes;
use jiff::Timestamp;
use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable};

use super::properties::properties;
use super::{DeadLetter, Fate};
use crate::message::identity;
use crate::topology::DELIVERY_LIMIT;
use crate::trail::{Trail, text_of};
use crate::{Topology, headers};

/// Role of a message that nobody has claimed.
const UNKNOWN: &str = "unknown";

/// Class of what a consumer that is none of ours did not want.
const REJECTED_CLASS: &str = "rejected";

/// What is known of it.
const REJECTED: &str = "whoever takes this queue rejected it; why, only they can tell";

/// Class of what killed its consumer again and again.
pub(crate) const DELIVERY_LIMIT_CLASS: &str = "delivery-limit";

impl Fate {
    /// Reads a delivery. Whatever came, it is some fate: nothing may stay on the queue for ever.
    pub(super) fn read(delivery: &Delivery, topology: &Topology) -> Self {
        let table = delivery.properties.headers().clone().unwrap_or_default();
        match (text(&table, headers::OUTCOME).as_deref(), text(&table, headers::REPLAY)) {
            (Some(headers::DONE), Some(replay)) => Self::Done { replay },
            _ => Self::Dead(DeadLetter::read(delivery, &table, topology)),
        }
    }
}

impl DeadLetter {
    fn read(delivery: &Delivery, table: &FieldTable, topology: &Topology) -> Self {
        let death = Death::read(table, topology);
        let said = |name| text(table, name);
        let delivered_with = death.routing_key.unwrap_or_else(|| delivery.routing_key.to_string());
        let trail = Trail::read(table, &delivered_with);
        let moment = |name| said(name).and_then(|text| text.parse::<Timestamp>().ok());
        let last_failed_at = moment(headers::LAST_FAILURE).or(death.at).unwrap_or_else(Timestamp::now);
        let property = |text: &Option<lapin::types::ShortString>| {
            text.as_ref().map(ToString::to_string).unwrap_or_default()
        };
        Self {
            role: said(headers::ROLE).or(death.role).unwrap_or_else(|| UNKNOWN.to_owned()),
            store: said(headers::STORE).unwrap_or_default(),
            subject: said(headers::SUBJECT),
            class: said(headers::CLASS).unwrap_or_else(|| death.class.to_owned()),
            chain: said(headers::CHAIN).unwrap_or(death.chain),
            attempts: trail.attempts,
            first_failed_at: trail.first_failed_at.unwrap_or(last_failed_at),
            last_failed_at,
            id: identity(&property(delivery.properties.message_id()), &delivery.data),
            routing_key: trail.routing_key,
            content_type: property(delivery.properties.content_type()),
            properties: properties(&delivery.properties),
            body: Bytes::copy_from_slice(&delivery.data),
            // A consumer that is not ours says nothing of replays: it rejects what it was handed.
            replay: trail.replay.filter(|_| said(headers::CLASS).is_some() || death.class != REJECTED_CLASS),
        }
    }
}

/// What `RabbitMQ` says of a message that it has made a dead letter itself.
struct Death {
    class: &'static str,
    chain: String,
    role: Option<String>,
    routing_key: Option<String>,
    at: Option<Timestamp>,
}

impl Death {
    /// `x-death` names each queue that the message died in, the latest first; waiting out a retry is such a death too. A warehouse that
    /// takes its own queue may reject a message; our consumers never do.
    /// Source: rabbitmq.com, Dead Letter Exchanges, 'Effects of dead lettering on messages'.
    fn read(table: &FieldTable, topology: &Topology) -> Self {
        let deaths = match table.inner().get("x-death") {
            Some(AMQPValue::FieldArray(deaths)) => deaths.as_slice(),
            _ => &[],
        };
        let given_up = deaths.iter().find_map(|death| {
            let AMQPValue::FieldTable(death) = death else { return None };
            match text(death, "reason")?.as_str() {
                "delivery_limit" => Some((death, DELIVERY_LIMIT_CLASS, given_up(DELIVERY_LIMIT))),
                "rejected" => Some((death, REJECTED_CLASS, REJECTED.to_owned())),
                _ => None,
            }
        });
        let Some((death, class, chain)) = given_up else {
            let chain = "it came to the dead letters without a word about why".to_owned();
            return Self { class: UNKNOWN, chain, role: None, routing_key: None, at: None };
        };
        Self {
            class,
            chain,
            role: text(death, "queue").map(|queue| role_of(&queue, topology)),
            routing_key: match death.inner().get("routing-keys") {
                Some(AMQPValue::FieldArray(keys)) => keys.as_slice().first().and_then(text_of),
                _ => None,
            },
            at: match death.inner().get("time") {
                Some(AMQPValue::Timestamp(secs)) => {
                    i64::try_from(*secs).ok().and_then(|secs| Timestamp::from_second(secs).ok())
                }
                _ => None,
            },
        }
    }
}

/// Why a message is not handed to its consumer any more.
pub(crate) fn given_up(returns: u32) -> String {
    format!("it was put back, or its consumer lost, more than {returns} times")
}

/// Whose work queue it is.
fn role_of(queue: &str, topology: &Topology) -> String {
    let known = topology.work.iter().find(|work| work.name == queue).map(|work| work.role);
    known.unwrap_or_else(|| queue.trim_start_matches("crossdock.")).to_owned()
}

fn text(table: &FieldTable, name: &str) -> Option<String> {
    table.inner().get(name).and_then(text_of)
}

#[cfg(test)]
mod tests {
    use lapin::BasicProperties;

    use super::*;
    use crate::trail::{long, short};
    use crate::{Failure, Route, WorkQueue};

    const WAREHOUSE: WorkQueue =
        WorkQueue { name: "crossdock.warehouse.orders", role: "warehouse", keys: &[] };

    fn topology() -> Topology {
        Topology { work: vec![WAREHOUSE] }
    }

    fn delivery(table: FieldTable, body: &str) -> Delivery {
        let mut delivery =
            Delivery::mock(1, "".into(), "crossdock.dead-letters".into(), false, body.as_bytes().to_vec());
        delivery.properties = BasicProperties::default().with_message_id(short("m1")).with_headers(table);
        delivery
    }

    fn read(table: FieldTable) -> DeadLetter {
        let Fate::Dead(dead) = Fate::read(&delivery(table, "body"), &topology()) else {
            panic!("it is a dead letter");
        };
        dead
    }

    fn died(queue: &str, reason: &str, key: &str, at: u64) -> AMQPValue {
        let mut death = FieldTable::default();
        death.insert("queue".into(), long(queue));
        death.insert("reason".into(), long(reason));
        death.insert("time".into(), AMQPValue::Timestamp(at));
        death.insert("routing-keys".into(), AMQPValue::FieldArray(vec![long(key)].into()));
        AMQPValue::FieldTable(death)
    }

    #[test]
    fn what_a_role_gave_up_is_read_as_it_was_written() {
        let first: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let last: Timestamp = "2026-11-21T17:00:00Z".parse().unwrap();
        let trail = Trail {
            attempts: 12,
            first_failed_at: Some(first),
            routing_key: "order.released".to_owned(),
            replay: Some("7/2".to_owned()),
        };
        let failure = Failure {
            class: "warehouse-refused",
            chain: "the warehouse said no".to_owned(),
            mend: crossdock_domain::Mend::Never,
        };
        let route = Route { lane: "acme-au".to_owned(), subject: Some("BG1001".to_owned()) };
        let dead = read(trail.dead(&failure, &WAREHOUSE, &route, last));
        let expected = DeadLetter {
            role: "warehouse".to_owned(),
            store: "acme-au".to_owned(),
            subject: Some("BG1001".to_owned()),
            class: "warehouse-refused".to_owned(),
            chain: "the warehouse said no".to_owned(),
            attempts: 12,
            first_failed_at: first,
            last_failed_at: last,
            id: "m1".to_owned(),
            routing_key: "order.released".to_owned(),
            content_type: String::new(),
            properties: dead.properties.clone(),
            body: Bytes::from_static(b"body"),
            replay: Some("7/2".to_owned()),
        };
        assert_eq!(dead, expected);
        assert_eq!(dead.properties["headers"]["x-crossdock-class"], "warehouse-refused");
    }

    #[test]
    fn what_killed_its_consumer_too_often_names_whose_it_was() {
        let mut table = FieldTable::default();
        let deaths = vec![
            died("crossdock.warehouse.orders", "delivery_limit", "crossdock.warehouse.orders", 1_760_000_000),
            died("crossdock.retry.5s", "expired", "crossdock.warehouse.orders", 1_750_000_000),
        ];
        table.insert("x-death".into(), AMQPValue::FieldArray(deaths.into()));
        table.insert("x-first-death-queue".into(), long("crossdock.retry.5s"));
        table.insert(headers::ROUTING_KEY.into(), long("order.released"));
        let dead = read(table);
        assert_eq!((dead.role.as_str(), dead.class.as_str()), ("warehouse", "delivery-limit"));
        assert_eq!(dead.routing_key, "order.released");
        assert_eq!(dead.last_failed_at.as_second(), 1_760_000_000);
        assert_eq!(dead.chain, "it was put back, or its consumer lost, more than 20 times");
    }

    #[test]
    fn a_first_delivery_that_killed_its_consumer_is_known_by_the_key_it_came_with() {
        let mut table = FieldTable::default();
        let deaths = vec![died("crossdock.stock-writer", "delivery_limit", "stock.due", 1)];
        table.insert("x-death".into(), AMQPValue::FieldArray(deaths.into()));
        let dead = read(table);
        assert_eq!((dead.role.as_str(), dead.routing_key.as_str()), ("stock-writer", "stock.due"));
    }

    #[test]
    fn what_a_stranger_rejected_names_whose_it_was() {
        let mut table = FieldTable::default();
        let deaths = vec![
            died("crossdock.retry.5s", "expired", "crossdock.warehouse.orders", 1_760_000_001),
            died("crossdock.warehouse.orders", "rejected", "order.released", 1_760_000_000),
        ];
        table.insert("x-death".into(), AMQPValue::FieldArray(deaths.into()));
        table.insert(headers::REPLAY.into(), AMQPValue::LongString("7/1".into()));
        let dead = read(table);
        assert_eq!((dead.role.as_str(), dead.class.as_str()), ("warehouse", "rejected"));
        assert_eq!(dead.replay, None, "it is no answer to a replay");
        assert_eq!(
            (dead.routing_key.as_str(), dead.last_failed_at.as_second()),
            ("order.released", 1_760_000_000)
        );
    }

    #[test]
    fn what_says_nothing_is_a_dead_letter_all_the_same() {
        let dead = read(FieldTable::default());
        assert_eq!((dead.role.as_str(), dead.class.as_str(), dead.attempts), ("unknown", "unknown", 0));
    }

    #[test]
    fn an_outcome_is_no_dead_letter() {
        let outcome = crate::publisher::Letter::done("7/2");
        let read = Fate::read(&delivery(outcome.headers.clone(), ""), &topology());
        assert_eq!(read, Fate::Done { replay: "7/2".to_owned() });
    }
}
