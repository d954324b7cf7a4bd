//! What an operator is told when there is no connection, and why.

use crossdock_queue::{Broker, Link, PublishError, Publisher, Topology, WorkQueue};
use crossdock_telemetry::metrics::Metrics;
use crossdock_tests::broker::Vhost;
use crossdock_tests::eventually;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Rig, broker, message};

async fn why_down(broker: Broker, says: &str) -> (Publisher, String) {
    let publisher = Publisher::start(broker, &Metrics::default(), CancellationToken::new());
    let told = async || match publisher.link() {
        Link::Down(why) if why.contains(says) => Some(why),
        _ => None,
    };
    let why = eventually(&format!("the reason says '{says}'"), told).await;
    (publisher, why)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_says_nothing_is_down_with_a_reason() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let accepting = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            open.push(stream);
        }
    });
    let (publisher, why) =
        why_down(broker(format!("amqp://guest:secret@{address}/%2f").into()), "does not answer").await;
    assert_eq!(why, format!("{address} does not answer"));
    let refused = publisher.publish(message("a", "1")).await;
    assert!(matches!(refused, Err(PublishError::Unavailable(reason)) if reason == why));
    accepting.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_speak_amqp_is_named() {
    let web = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = web.local_addr().unwrap();
    let answering = tokio::spawn(async move {
        while let Ok((mut stream, _)) = web.accept().await {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    });
    why_down(broker(format!("amqp://guest:secret@{address}/%2f").into()), "does not speak AMQP 0-9-1").await;
    answering.abort();
    why_down(broker("amqp://guest:secret@127.0.0.1:1/%2f".into()), "127.0.0.1:1 cannot be reached").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_without_telling_it() {
    let vhost = Vhost::create().await;
    let url = vhost.address().replace("guest:guest@", "guest:wrong-secret@");
    let told = broker(url.into()).probe().await.unwrap_err();
    assert!(told.contains("ACCESS_REFUSED"), "{told}");
    assert!(!told.contains("wrong-secret"), "{told}");
    assert!(
        broker("no url".into()).probe().await.unwrap_err().starts_with("the broker's URL cannot be read")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_with_other_arguments_is_named_with_what_to_do() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    // The dead-letter queue is declared without a delivery limit; as a work queue it has one.
    let clash = WorkQueue { name: crossdock_queue::DEAD_LETTERS, role: "journey", keys: &[] };
    let other = Broker { url: vhost.url(), topology: Topology { work: vec![clash] } };
    let (_publisher, why) = why_down(other, "exists with other arguments").await;
    assert!(
        why.starts_with(
            "queue 'crossdock.dead-letters' exists with other arguments: move its messages, delete it"
        ),
        "{why}"
    );
    rig.publisher.publish(message("a", "1")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_tells_product_and_version() {
    let vhost = Vhost::create().await;
    let probe = broker(vhost.url()).probe().await.unwrap();
    assert!(probe.version.starts_with("RabbitMQ ") && probe.version.contains('.'), "{}", probe.version);
}
