//! With RabbitMQ away and a spool on: 200 as long as it takes events.

use std::time::Instant;

use serde_json::json;

use super::*;
use crate::limits::REFUSAL_LINES;

const ROOMY: u64 = 64 * 1024 * 1024;

impl Rig {
    async fn order_created(&self, number: usize) -> Answer {
        let body = format!(
            r#"{{"scope":"store/order/created","store_id":"1","data":{{"type":"order","id":{number}}},"hash":"h{number}","created_at":1561479335,"producer":"stores/abc123"}}"#
        );
        let headers = signed(&b"au-secret".to_vec().into(), now_secs(), body.as_bytes());
        self.send("POST", "/webhooks/bigcommerce", &borrowed(&headers), body).await
    }
}

#[tokio::test]
async fn genuine_events_are_taken_at_once_while_rabbitmq_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::with_spool(folder.path(), ROOMY);
    let began = Instant::now();
    for number in 1..=20 {
        let answer = rig.order_created(number).await;
        assert_eq!((answer.status, &answer.body), (200, &json!({"published": 1})));
    }
    assert!(began.elapsed() < Limits::default().patience * 10, "nobody waits for a broker known to be away");
    let ready = rig.send("GET", "/readyz", &[], "").await;
    assert_eq!(ready.status, 200);
    assert_eq!((&ready.body["broker"], &ready.body["spool"]["events"]), (&json!("down"), &json!(20)));
    assert!(ready.body["spool"]["bytes"].as_u64().unwrap() > 20 * 512);
    let metrics = rig.metrics().await;
    for line in [
        "crossdock_receiver_spool_events 20",
        "crossdock_receiver_spool_oldest_age_seconds ",
        "crossdock_receiver_spooled_total 20",
        "crossdock_receiver_drained_total 0",
        r#"crossdock_receiver_requests_total{route="bigcommerce",store="acme-au",outcome="spooled"} 20"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    assert!(!metrics.contains(r#"events_total{route="bigcommerce"} 20"#), "{metrics}");
}

#[tokio::test]
async fn every_event_of_a_batch_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::with_spool(folder.path(), ROOMY);
    for (count, all) in [(3, 3), (1, 4), (2, 6), (100, 106)] {
        let batch: Vec<_> =
            (0..count).map(|n| warehouse::accepted_number(&format!("w-{n}"), &format!("BG{n}"))).collect();
        let answer = rig.warehouse(warehouse::BATCH, json!(batch).to_string().as_bytes()).await;
        assert_eq!((answer.status, &answer.body), (200, &json!({"published": count})));
        let ready = rig.send("GET", "/readyz", &[], "").await;
        assert_eq!(ready.body["spool"]["events"], json!(all));
    }
}

#[tokio::test]
async fn a_full_spool_is_a_503_and_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::with_spool(folder.path(), 8 * 1024);
    let mut taken = 0;
    let refused = loop {
        match rig.order_created(taken + 1).await {
            answer if answer.status == 200 => taken += 1,
            answer => break answer,
        }
    };
    assert_eq!(refused.problem(), (503, "unspooled"));
    assert_eq!(refused.headers["retry-after"].to_str().unwrap(), "10");
    let ready = rig.send("GET", "/readyz", &[], "").await;
    assert_eq!((ready.status, &ready.body["spool"]["state"]), (503, &json!("full")));
    assert_eq!((&ready.body["spool"]["events"], taken > 0), (&json!(taken), true));
}

#[tokio::test]
async fn a_full_spool_does_not_fill_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::with_spool(folder.path(), 8 * 1024);
    while rig.order_created(1_000).await.status == 200 {}
    let in_an_hour = tokio::time::Instant::now() + Duration::from_hours(1);
    let line = |at| rig.receiver.app.refusal_lines.lock().unwrap().next(at);
    while line(in_an_hour).is_some() {}
    for number in 1_001..=1_050 {
        assert_eq!(rig.order_created(number).await.problem(), (503, "unspooled"));
    }
    assert_eq!(line(in_an_hour + REFUSAL_LINES.each), Some(51), "none of them has been told");
}

#[tokio::test]
async fn a_stop_closes_the_spool_and_the_next_receiver_finds_its_events() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::with_spool(folder.path(), ROOMY);
    assert_eq!(rig.order_created(1).await.status, 200);
    let (listener, stop) =
        (tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(), CancellationToken::new());
    stop.cancel();
    rig.receiver.serve(listener, stop).await.unwrap();
    let next = Rig::with_spool(folder.path(), ROOMY);
    let ready = next.send("GET", "/readyz", &[], "").await;
    assert_eq!((ready.status, &ready.body["spool"]["events"]), (200, &json!(1)));
    assert_eq!(rig.order_created(2).await.status, 503, "a closed spool takes nothing");
}
