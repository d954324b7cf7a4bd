//! What balancers, operators and the merely curious see.

use crossdock_events::standard_webhooks::key_from_whsec;

use super::sent::{Sent, spooling};
use super::*;

#[tokio::test]
async fn it_is_alive_but_not_ready_while_rabbitmq_is_away() {
    let rig = Rig::new();
    assert_eq!(rig.send("GET", "/livez", &[], "").await.status, 200);
    let answer = rig.send("GET", "/readyz", &[], "").await;
    let expected =
        serde_json::json!({"ready": false, "broker": "down", "reason": "RabbitMQ is not connected"});
    assert_eq!((answer.status, answer.body), (503, expected));
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let rig = Rig::new();
    for path in ["/", "/webhooks", "/webhooks/bigcommerce/a/b", "/warehouse"] {
        assert_eq!(rig.send("POST", path, &[], "").await.problem(), (404, "no-such-route"), "{path}");
    }
    let answer = rig.send("GET", "/warehouse/events", &[], "").await;
    assert_eq!(
        (answer.problem(), &answer.headers["allow"]),
        ((405, "method-not-allowed"), &"POST".parse().unwrap())
    );
    assert_eq!(rig.send("POST", "/livez", &[], "").await.problem(), (405, "method-not-allowed"));
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_route_changes_nothing() {
    let (rig, _folder) = spooling(SETTINGS);
    let requests = [
        Sent::bigcommerce("/webhooks/bigcommerce/", "250"),
        Sent::bigcommerce("/webhooks/bigcommerce/acme-au/", "250"),
        Sent::ecwid("/webhooks/ecwid/", now_secs()),
        Sent::ecwid("/webhooks/ecwid/widgets/", now_secs() - 1),
        Sent { path: "/warehouse/events/", ..Sent::warehouse(r#"{"number":"BG1001"}"#) },
    ];
    for (stored, sent) in (1..).zip(requests) {
        assert_eq!(sent.outcome(&rig).await.0, 200, "{sent:?}");
        assert_eq!(rig.stored().await, stored, "{sent:?}");
    }
    let nobody = Sent::bigcommerce("/webhooks/bigcommerce/nobody/", "250");
    assert_eq!(nobody.outcome(&rig).await, (404, "no-such-shop".to_owned()));
    assert_eq!(rig.send("GET", "/warehouse/events/", &[], "").await.problem(), (405, "method-not-allowed"));
}

#[tokio::test]
async fn what_comes_at_the_wrong_time_is_counted_apart_from_forgery() {
    let rig = Rig::new();
    let late = now_secs() - 310;
    let of = |sent: Sent, key: &Key| Sent::signed(sent.path, key, late, &sent.body);
    let warehouse = key_from_whsec("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    for stale in [
        of(Sent::bigcommerce("/webhooks/bigcommerce", "250"), &b"au-secret".to_vec().into()),
        of(Sent::warehouse(r#"{"number":"BG1001"}"#), &warehouse),
        Sent::ecwid("/webhooks/ecwid", now_secs() - 2 * 86_400),
        Sent::ecwid("/webhooks/ecwid", now_secs() + 3_600),
    ] {
        assert_eq!(stale.outcome(&rig).await, (401, "unverified".to_owned()), "{stale:?}");
    }
    let metrics = rig.metrics().await;
    for line in [
        r#"requests_total{route="bigcommerce",store="acme-au",outcome="stale"} 1"#,
        r#"requests_total{route="warehouse",store="-",outcome="stale"} 1"#,
        r#"requests_total{route="ecwid",store="widgets",outcome="stale"} 2"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    assert!(!metrics.contains(r#"outcome="unverified""#), "{metrics}");
}

#[tokio::test]
async fn the_description_is_served() {
    let answer = Rig::new().send("GET", "/openapi.json", &[], "").await;
    assert_eq!((answer.status, &answer.headers["content-type"]), (200, &"application/json".parse().unwrap()));
    for path in ["/webhooks/bigcommerce/{store}", "/webhooks/ecwid", "/warehouse/events", "/readyz"] {
        assert!(answer.body["paths"][path].is_object(), "{path}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_configured_shop_and_nothing_that_a_stranger_chose() {
    let rig = Rig::new();
    rig.send("POST", "/webhooks/bigcommerce/acme-au", &[], "{}").await;
    rig.send("POST", "/webhooks/bigcommerce/stranger", &[], "{}").await;
    rig.send("POST", "/stranger", &[], "{}").await;
    let answer = rig.send("GET", "/metrics", &[], "").await;
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = answer.body.as_str().unwrap();
    for line in [
        r#"crossdock_receiver_requests_total{route="bigcommerce",store="acme-au",outcome="unverified"} 1"#,
        r#"crossdock_receiver_requests_total{route="bigcommerce",store="-",outcome="no-such-shop"} 1"#,
        r#"crossdock_receiver_answer_seconds_count{route="bigcommerce"} 2"#,
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("stranger"));
}
