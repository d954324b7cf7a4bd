//! Messages of somebody else's whose properties no client for Rust can read.

use std::net::Ipv4Addr;
use std::sync::Arc;

use crossdock_domain::Mend;
use crossdock_queue::{DEAD_LETTERS, EVENTS_EXCHANGE, Outcome};
use crossdock_tests::broker::Vhost;
use crossdock_tests::eventually;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::desk::{Desktop, open};
use super::{Rig, Script, failed};

/// What is made of what lapin sends, as it sends nothing of the kind by itself: a text in Latin-1, and bytes that are called a list.
const GARBLED: [(&[u8], &[u8]); 2] = [(b"\x7f\x7f\x7f\x7f", b"gr\xfc\xdf"), (b"\x04deepx", b"\x04deepA")];

/// What [`GARBLED`] makes a text in Latin-1, and how it is read.
const LATIN1: (&str, &str) = ("\x7f\x7f\x7f\x7f", "gr|_");

/// Lists within each other: as many as fit into one frame, about.
const DEPTH: usize = 20_000;

/// A client whose messages come garbled.
async fn garbling_client(vhost: &Vhost) -> (Connection, Channel) {
    let mut url = Url::parse(&vhost.address()).expect("it is a URL");
    let node = url.socket_addrs(|| None).expect("the node's URL is an address")[0];
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
    url.set_port(listener.local_addr().ok().map(|address| address.port()))
        .expect("AMQP's URLs may have a port");
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.expect("the client connects");
        let node = TcpStream::connect(node).await.expect("the node answers");
        let ((mut from_client, mut to_client), (mut from_node, mut to_node)) =
            (client.into_split(), node.into_split());
        tokio::spawn(async move { tokio::io::copy(&mut from_node, &mut to_client).await });
        // As long as the client sends one message at a time, none is torn for long.
        let (mut sent, mut buffer) = (Vec::new(), vec![0; 256 * 1024]);
        while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
            sent.extend_from_slice(&buffer[..count]);
            for (from, to) in GARBLED {
                while let Some(at) = sent.windows(from.len()).position(|bytes| bytes == from) {
                    sent[at..at + from.len()].copy_from_slice(to);
                }
            }
            if to_node.write_all(&std::mem::take(&mut sent)).await.is_err() {
                return;
            }
        }
    });
    let connection = Connection::connect(url.as_str(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions { nowait: false }).await.unwrap();
    (connection, channel)
}

async fn publish(channel: &Channel, properties: BasicProperties, body: &str) {
    let (exchange, key) = (EVENTS_EXCHANGE.into(), "journey.begun".into());
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let confirm = channel.basic_publish(exchange, key, options, body.as_bytes(), properties).await.unwrap();
    assert!(confirm.await.unwrap().is_ack(), "{body}");
}

fn illegible() -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert(LATIN1.0.into(), AMQPValue::LongString(LATIN1.0.into()));
    BasicProperties::default()
        .with_message_id(LATIN1.0.into())
        .with_type(LATIN1.0.into())
        .with_headers(headers)
}

fn deep() -> BasicProperties {
    let nested = (0..DEPTH).fold(Vec::new(), |inner, _| {
        let size = u32::try_from(inner.len()).expect("it fits into a frame").to_be_bytes();
        [b"A", size.as_slice(), &inner].concat()
    });
    let mut headers = FieldTable::default();
    headers.insert("deep".into(), AMQPValue::ByteArray(nested.into()));
    BasicProperties::default().with_message_id("deep".into()).with_headers(headers)
}

#[tokio::test(flavor = "multi_thread")]
async fn are_handled_as_any_other_and_stand_in_nobodys_way() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler =
        Script::new(
            |delivery| if delivery.body.ends_with(b"bad") { failed(Mend::Never) } else { Outcome::Done },
        );
    rig.consume(&handler);
    let desk = Arc::new(Desktop::default());
    open(&rig, &desk);
    let (_connection, channel) = garbling_client(&vhost).await;
    for (properties, name) in [(illegible(), "latin-1"), (deep(), "deep")] {
        for fate in ["good", "bad"] {
            publish(&channel, properties.clone(), &format!("{name}/{fate}")).await;
        }
    }
    rig.publisher.publish(super::message("last", "good")).await.unwrap();
    handler.handled("last", 1).await;
    desk.has(2).await;
    let letter = |id: &str| desk.letters().into_iter().find(|letter| letter.id == id);
    let latin1 = letter(LATIN1.1).expect("it is known by what can be read of its id");
    assert_eq!(
        (latin1.body.as_ref(), latin1.subject.as_deref()),
        (&b"latin-1/bad"[..], Some("subject of bad"))
    );
    assert_eq!(latin1.properties["type"], LATIN1.1);
    assert_eq!(
        latin1.properties["headers"][LATIN1.1],
        json!("gr\u{fffd}\u{fffd}"),
        "only names need to be UTF-8"
    );
    assert!(letter("deep").is_some_and(|letter| letter.body == "deep/bad"));
    for (lane, count) in [("latin-1", 2), ("deep", 2), ("last", 1)] {
        assert_eq!(handler.deliveries(lane).len(), count, "{lane}: a connection was lost");
    }
    eventually("the desk's queue is empty", async || (vhost.depth(DEAD_LETTERS).await == 0).then_some(()))
        .await;
}
