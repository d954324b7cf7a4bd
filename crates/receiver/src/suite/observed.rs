//! What balancers, operators and the merely curious see.

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
