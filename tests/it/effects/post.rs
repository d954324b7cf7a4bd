//! How the warehouse tells what it does: over both ways, twice, late and in any order.

use std::collections::BTreeMap;

use crossdock_events::{Event, EventData, Source};
use crossdock_queue::{Message, Publisher};
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::webhook::warehouse_event;
use crossdock_tests::world::World;
use fastrand::Rng;
use jiff::Timestamp;
use url::Url;

/// An event that is told.
#[derive(Debug, Clone)]
struct Letter {
    id: String,
    kind: &'static str,
    body: Vec<u8>,
}

/// The warehouse's voice.
pub(super) struct Post {
    publisher: Publisher,
    http: reqwest::Client,
    url: Url,
    told: Vec<Letter>,
    /// What will be told at some other time.
    kept_back: Vec<Letter>,
    ids: BTreeMap<&'static str, u32>,
}

impl Post {
    pub(super) async fn open(world: &World) -> Self {
        Self {
            publisher: world.publisher().await,
            http: http(),
            url: world.at("warehouse/events"),
            told: Vec::new(),
            kept_back: Vec::new(),
            ids: BTreeMap::new(),
        }
    }

    /// An id that was not there before, for example `S-7`.
    pub(super) fn id(&mut self, of: &'static str) -> String {
        let next = self.ids.entry(of).or_default();
        *next += 1;
        format!("{of}-{next}")
    }

    /// Tells what happened at this moment: mostly now, sometimes twice, sometimes later.
    pub(super) async fn tell<T: EventData>(&mut self, dice: &mut Rng, time: Timestamp, data: T) {
        let id = self.id("E");
        let letter = Letter {
            body: Event::new(&Source::Warehouse, id.as_str(), time, data).to_json(),
            kind: T::TYPE,
            id,
        };
        match dice.u32(0..10) {
            0..=2 => return self.kept_back.push(letter),
            3 => self.send(dice, &letter).await,
            _ => {}
        }
        self.send(dice, &letter).await;
        self.told.push(letter);
    }

    /// Tells one thing that was kept back.
    pub(super) async fn tell_late(&mut self, dice: &mut Rng) {
        if !self.kept_back.is_empty() {
            let letter = self.kept_back.swap_remove(dice.usize(..self.kept_back.len()));
            self.send(dice, &letter).await;
            self.told.push(letter);
        }
    }

    /// Tells all that was kept back, in any order.
    pub(super) async fn tell_all(&mut self, dice: &mut Rng) {
        while !self.kept_back.is_empty() {
            self.tell_late(dice).await;
        }
    }

    /// Tells something once more.
    pub(super) async fn repeat(&self, dice: &mut Rng) {
        if let Some(letter) = dice.choice(&self.told) {
            self.send(dice, letter).await;
        }
    }

    /// Straight to the exchange.
    pub(super) async fn publish<T: EventData>(&self, event: &Event<T>) {
        self.publish_letter(&Letter { id: event.id.clone(), kind: T::TYPE, body: event.to_json() }).await;
    }

    async fn send(&self, dice: &mut Rng, letter: &Letter) {
        if dice.bool() {
            return self.publish_letter(letter).await;
        }
        let body = String::from_utf8(letter.body.clone()).expect("JSON is text");
        let signed = warehouse_event(&letter.id, body, Timestamp::now());
        let mut request = self.http.post(self.url.clone()).body(signed.body);
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.expect("the receiver answers");
        assert_eq!(answer.status(), 200, "{letter:?}");
    }

    /// RabbitMQ may be slow to say that it has it.
    async fn publish_letter(&self, letter: &Letter) {
        let message = Message {
            routing_key: letter.kind.to_owned(),
            id: letter.id.clone(),
            content_type: crossdock_events::CONTENT_TYPE.into(),
            body: letter.body.clone().into(),
        };
        eventually("RabbitMQ takes an event", || async { self.publisher.publish(&message).await.ok() }).await;
    }
}
