//! Bodies as large as may be, and larger ones, many at once.

use crossdock_events::{EventData as _, StockCounted};
use crossdock_receiver::{WAREHOUSE_BODY_BYTES_MAX, WEBHOOK_BODY_BYTES_MAX};
use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::shop_sender::Answer;
use crossdock_tests::webhook::{Webhook, warehouse_event};
use crossdock_tests::world::World;
use fastrand::Rng;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use reqwest::{Client, RequestBuilder};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::around::world;
use crate::buyers::Buying;
use crate::course::Course;
use crate::report::Report;

/// Bodies of each kind that is refused.
const REFUSED: usize = 50;

/// Of them, so many at once: more than there is room for.
const AT_ONCE: usize = 100;

/// The warehouse's own, which are taken.
const TAKEN: usize = 20;

/// Pieces of a body that does not say how large it is, in bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// Bodies that are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Of a shop, one byte too large.
    OfAShop,
    /// Of the warehouse, one byte too large.
    Announced,
    /// The same, but nobody knows until it is there.
    Unannounced,
    /// Of a forger, as large as the warehouse's may be.
    Forged,
}

impl Kind {
    const ALL: [Self; 4] = [Self::OfAShop, Self::Announced, Self::Unannounced, Self::Forged];

    async fn send(self, world: &World) -> Answer {
        let bytes = match self {
            Self::OfAShop => WEBHOOK_BODY_BYTES_MAX + 1,
            Self::Announced | Self::Unannounced => WAREHOUSE_BODY_BYTES_MAX + 1,
            Self::Forged => WAREHOUSE_BODY_BYTES_MAX,
        };
        let webhook = if self == Self::OfAShop {
            world.shop().webhook(1)
        } else {
            warehouse_event("msg_large", "{}".to_owned(), Timestamp::now())
        };
        if self == Self::Unannounced {
            return send_unannounced(world, &webhook, bytes).await.unwrap_or(Answer::Cut);
        }
        answer(request(&http(), world, &webhook).body(vec![b' '; bytes])).await
    }

    fn status(self) -> u16 {
        if self == Self::Forged { 401 } else { 413 }
    }
}

pub(crate) async fn large_bodies(attack: (String, u64), mut dice: Rng) -> Report {
    let engine = if dice.bool() { Engine::Sqlite } else { Engine::Postgres };
    let world = world(engine, Vhost::create().await).await;
    let mut course = Course::begin(attack, world, Buying::USUAL, dice).await;
    let tap = course.world.vhost.tap(StockCounted::TYPE).await;
    course.pause().await;
    let (http, world) = (http(), &course.world);
    let refused = stream::iter(Kind::ALL.repeat(REFUSED))
        .map(|kind| async move { (kind, kind.send(world).await) })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>();
    let taken = async {
        for number in 0..TAKEN {
            take(&http, world, number).await;
        }
    };
    let (heard, ()) = tokio::join!(refused, taken);
    judge(&heard);
    for kind in Kind::ALL {
        eventually("one alone is told what is wrong with it", || async {
            (kind.send(world).await == Answer::Status(kind.status())).then_some(())
        })
        .await;
    }
    let told = world.vhost.take(&tap).await;
    let there =
        |number: &usize| told.iter().any(|copy| copy.id == format!("/warehouse#{}", count_id(*number)));
    assert!((0..TAKEN).all(|number| there(&number)), "a count that was answered 200 is lost");
    world.vhost.unbind(&tap, StockCounted::TYPE).await;
    // Others may have come until then.
    world.vhost.take(&tap).await;
    course.strikes.insert("large bodies refused", heard.len());
    course.strikes.insert("large bodies taken", TAKEN);
    course.end().await
}

/// Who has too much to say is told so, or that there is no room now, or that it takes too long; who goes on talking is cut.
fn judge(heard: &[(Kind, Answer)]) {
    for (kind, answer) in heard {
        let wanted = Answer::Status(kind.status());
        let fits = *answer == wanted || matches!(answer, Answer::Status(408 | 503) | Answer::Cut);
        assert!(fits, "{kind:?}: {answer:?}");
    }
}

/// Tells a count so long ago that it changes nothing, as often as it takes.
async fn take(http: &Client, world: &World, number: usize) {
    let data =
        json!({"counted_at": Timestamp::UNIX_EPOCH, "levels": [{"sku": "MUG", "on_hand": 1}], "note": ""});
    let event = json!({"specversion": "1.0", "id": count_id(number), "source": "/warehouse",
        "type": StockCounted::TYPE, "time": Timestamp::UNIX_EPOCH, "data": data});
    let event = event.to_string();
    let (before, after) = event.split_once("\"note\":\"").expect("it has a note");
    let note = " ".repeat(WAREHOUSE_BODY_BYTES_MAX - event.len());
    let body = format!("{before}\"note\":\"{note}{after}");
    eventually("the largest body is taken", || async {
        let webhook = warehouse_event(&count_id(number), body.clone(), Timestamp::now());
        let request = request(http, world, &webhook).body(webhook.body.clone());
        (answer(request).await == Answer::OK).then_some(())
    })
    .await;
}

fn count_id(number: usize) -> String {
    format!("large-count-{number}")
}

fn request(http: &Client, world: &World, webhook: &Webhook) -> RequestBuilder {
    let url = world.receiver.join(webhook.path).expect("a route fits behind the address");
    webhook.headers.iter().fold(http.post(url), |request, (name, value)| request.header(*name, value))
}

/// Sends a body in pieces that do not tell how many come.
async fn send_unannounced(world: &World, webhook: &Webhook, bytes: usize) -> std::io::Result<Answer> {
    let (path, host) = (webhook.path, world.receiver.authority());
    let address = world.receiver.socket_addrs(|| None)?[0];
    let (reading, mut writing) = TcpStream::connect(address).await?.into_split();
    let line = |head: String, (name, value): &(&str, String)| format!("{head}{name}: {value}\r\n");
    let head = format!("POST /{path} HTTP/1.1\r\nhost: {host}\r\ntransfer-encoding: chunked\r\n");
    let head = webhook.headers.iter().fold(head, line);
    let sending = async {
        writing.write_all(format!("{head}\r\n").as_bytes()).await?;
        for piece in vec![b' '; bytes].chunks(PIECE_BYTES) {
            writing.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
            writing.write_all(piece).await?;
            writing.write_all(b"\r\n").await?;
        }
        writing.write_all(b"0\r\n\r\n").await
    };
    let mut first = String::new();
    let mut reading = BufReader::new(reading);
    // Who is refused may be answered before all is sent, and cannot send the rest.
    let (_sent, answered) = tokio::join!(sending, reading.read_line(&mut first));
    answered?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok(status.map_or(Answer::Cut, Answer::Status))
}

async fn answer(request: RequestBuilder) -> Answer {
    match request.send().await {
        Ok(answer) => Answer::Status(answer.status().as_u16()),
        Err(error) if error.is_connect() => Answer::Unreachable,
        Err(_) => Answer::Cut,
    }
}
