//! A warehouse that takes, refuses and thinks again, tells so by status, by event or by both, and forgets no event that it was posted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crossdock_domain::ReleasedOrder;
use crossdock_events::{EventData as _, OrderAmended, OrderReleased, RawEvent};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// How far its clock is behind ours, in seconds.
const BEHIND_SECS: i64 = 3_600;

/// All clones are one.
#[derive(Clone)]
pub(super) struct Warehouse(Arc<Mutex<Book>>);

/// What an event tells.
pub(super) struct Told {
    pub(super) id: String,
    /// By the warehouse's clock.
    pub(super) at: Timestamp,
    /// Whether it takes the order, or refuses it.
    pub(super) takes: bool,
}

struct Book {
    dice: Rng,
    began_at: Timestamp,
    /// Events so far.
    told: u32,
    /// What each event that was posted is answered, however often it is posted.
    answers: HashMap<String, u16>,
    /// Units of the order that it is going to pack; none: it has refused it, or has not seen it.
    packs: Option<u32>,
    /// Units of the newest thing that it was posted.
    newest_seen: u32,
    on_their_way: Vec<Told>,
}

impl Warehouse {
    /// Answers for this server.
    pub(super) async fn behind(server: &MockServer, dice: Rng) -> Self {
        let book = Book {
            dice,
            began_at: Timestamp::now() - SignedDuration::from_secs(BEHIND_SECS),
            told: 0,
            answers: HashMap::new(),
            packs: None,
            newest_seen: 0,
            on_their_way: Vec::new(),
        };
        let warehouse = Self(Arc::new(Mutex::new(book)));
        Mock::given(any()).respond_with(warehouse.clone()).mount(server).await;
        warehouse
    }

    pub(super) fn packs(&self) -> Option<u32> {
        self.book().packs
    }

    pub(super) fn newest_seen(&self) -> u32 {
        self.book().newest_seen
    }

    /// Events that have not arrived yet.
    pub(super) fn on_their_way(&self) -> usize {
        self.book().on_their_way.len()
    }

    pub(super) fn first_refusal(&self) -> Option<usize> {
        self.book().on_their_way.iter().position(|told| !told.takes)
    }

    /// One of them arrives.
    pub(super) fn tell(&self, which: usize) -> Told {
        self.book().on_their_way.remove(which)
    }

    /// It refuses an order that it had taken.
    pub(super) fn think_again(&self) {
        let mut book = self.book();
        if book.packs.take().is_some() {
            book.put(false);
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap()
    }
}

impl Respond for Warehouse {
    /// Now and then the answer is lost on its way.
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut book = self.book();
        let event = RawEvent::parse(&request.body).unwrap();
        let status = match book.answers.get(&event.id) {
            Some(status) => *status,
            None => book.decide(event),
        };
        if book.dice.u32(..4) == 0 {
            return ResponseTemplate::new(500);
        }
        ResponseTemplate::new(status).set_body_json(json!({ "title": "by status" }))
    }
}

impl Book {
    fn decide(&mut self, event: RawEvent) -> u16 {
        let (id, is_release) = (event.id.clone(), event.kind == OrderReleased::TYPE);
        let order: ReleasedOrder = if is_release {
            event.read::<OrderReleased>().unwrap().data
        } else {
            event.read::<OrderAmended>().unwrap().data.order
        };
        self.newest_seen = order.lines[0].quantity;
        let takes = if is_release { self.dice.bool() } else { self.packs.is_some() };
        self.packs = takes.then_some(self.newest_seen);
        let by_status = !is_release || self.dice.bool();
        // What is refused by event alone is taken by status. An amendment is answered by status alone.
        if is_release && (!takes && !by_status || self.dice.bool()) {
            self.put(takes);
        }
        let status = if takes || !by_status { 202 } else { 422 };
        self.answers.insert(id, status);
        status
    }

    fn put(&mut self, takes: bool) {
        self.told += 1;
        let at = self.began_at + SignedDuration::from_secs(self.told.into());
        self.on_their_way.push(Told { id: format!("told {}", self.told), at, takes });
    }
}
