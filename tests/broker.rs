//! A virtual host of its own for each test, on the RabbitMQ node that `make test` starts.

use std::collections::HashSet;
use std::sync::LazyLock;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crossdock_queue::EVENTS_EXCHANGE;
use lapin::options::{BasicGetOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Connection, ConnectionProperties};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::{eventually, http};

/// How long a virtual host outlives its test.
///
/// A queue that dead-letters at least once, and is gone before RabbitMQ has set up the process that does it, ends the supervisor of all
/// such processes: no queue of that kind finds a leader any more until RabbitMQ is started anew (seen on 3.10.8 on 2026-11-23; two
/// failures within 5 s are enough before 3.10.20 and 3.11.12, see rabbitmq-server's commit 76db0b5). What a test has killed may be
/// declaring queues.
const KEPT: Duration = Duration::from_secs(10);

/// Longest time for removing one.
const REMOVAL_MAX: Duration = Duration::from_secs(30);

/// A fresh virtual host; removed some time after it is dropped.
pub struct Vhost {
    name: String,
    amqp: Url,
    api: Url,
}

/// A message taken out of a queue.
#[derive(Debug, Clone)]
pub struct Taken {
    /// With which it came to this queue.
    pub routing_key: String,
    /// As published.
    pub id: String,
    /// Headers that are texts or whole numbers, as text.
    pub headers: std::collections::BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Taken {
    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

impl Vhost {
    /// Makes one on the node of the environment, as it is after a first start: nobody waits for new queues to be old enough.
    ///
    /// # Panics
    /// If the node's address is not in the environment, or it does not answer.
    pub async fn create() -> Self {
        let at = |name: &str| -> Url {
            std::env::var(name)
                .unwrap_or_else(|_| {
                    panic!("{name} is not set: run `make test`, or source target/local/test.env")
                })
                .parse()
                .expect("an address in the environment is a URL")
        };
        let vhost = Self::create_at(&at("CROSSDOCK_TEST_AMQP_URL"), &at("CROSSDOCK_TEST_RABBITMQ_API")).await;
        let exchange = json!({ "type": "topic", "durable": true });
        vhost.call(Method::PUT, &format!("exchanges/{}/{EVENTS_EXCHANGE}", vhost.name), Some(exchange)).await;
        vhost
    }

    /// Makes an empty one on the node at these addresses.
    ///
    /// # Panics
    /// If the node does not answer.
    pub async fn create_at(amqp: &Url, api: &Url) -> Self {
        let name = format!("test-{}", Uuid::new_v4().simple());
        let vhost = Self { amqp: amqp.clone(), api: api.clone(), name };
        vhost.call(Method::PUT, &format!("vhosts/{}", vhost.name), None).await;
        let all = json!({"configure": ".*", "write": ".*", "read": ".*"});
        vhost.call(Method::PUT, &format!("permissions/{}/guest", vhost.name), Some(all)).await;
        vhost
    }

    /// What goes into `broker.url`.
    pub fn url(&self) -> SecretString {
        self.address().into()
    }

    /// The same, to be written into a configuration.
    pub fn address(&self) -> String {
        let mut url = self.amqp.clone();
        url.set_path(&self.name);
        url.into()
    }

    /// Messages that are ready in a queue: those in a consumer's hands are not counted.
    ///
    /// # Panics
    /// If there is no such queue.
    pub async fn depth(&self, queue: &str) -> u32 {
        self.depths(&[queue]).await
    }

    /// Messages that are ready in all these queues.
    ///
    /// # Panics
    /// If one of them is not there.
    pub async fn depths(&self, queues: &[&str]) -> u32 {
        let connection = self.connect().await;
        let channel = connection.create_channel().await.expect("a new connection opens a channel");
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let mut messages = 0;
        for &queue in queues {
            let declared = channel.queue_declare(queue.into(), passive, FieldTable::default()).await;
            messages += declared.unwrap_or_else(|error| panic!("queue {queue}: {error}")).message_count();
        }
        messages
    }

    /// How many consume a queue, or still hold some of its messages. While it is nobody, all that it holds is ready.
    ///
    /// # Panics
    /// If there is no such queue.
    pub async fn consumers(&self, queue: &str) -> u32 {
        let connection = self.connect().await;
        let channel = connection.create_channel().await.expect("a new connection opens a channel");
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let declared = channel.queue_declare(queue.into(), passive, FieldTable::default()).await;
        declared.unwrap_or_else(|error| panic!("queue {queue}: {error}")).consumer_count()
    }

    /// The names of all queues that there are.
    pub async fn queues(&self) -> Vec<String> {
        let all = self.call(Method::GET, &format!("queues/{}?columns=name", self.name), None).await;
        let names = all.as_array().into_iter().flatten().filter_map(|queue| queue["name"].as_str());
        names.map(str::to_owned).collect()
    }

    /// Takes all that is ready out of a queue, for good.
    ///
    /// # Panics
    /// If there is no such queue.
    pub async fn take(&self, queue: &str) -> Vec<Taken> {
        let connection = self.connect().await;
        let channel = connection.create_channel().await.expect("a new connection opens a channel");
        let mut all = Vec::new();
        loop {
            let next = channel.basic_get(ShortString::from(queue), BasicGetOptions { no_ack: true }).await;
            let Some(message) = next.unwrap_or_else(|error| panic!("queue {queue}: {error}")) else {
                return all;
            };
            let headers = message.properties.headers().clone().unwrap_or_default();
            all.push(Taken {
                routing_key: message.routing_key.to_string(),
                id: message.properties.message_id().as_ref().map(ToString::to_string).unwrap_or_default(),
                headers: headers
                    .inner()
                    .iter()
                    .filter_map(|(name, value)| Some((name.to_string(), text(value)?)))
                    .collect(),
                body: message.data.clone(),
            });
        }
    }

    /// A queue that gets a copy of every event of this type from now on, once Crossdock has declared its exchange.
    ///
    /// # Panics
    /// If it does not.
    pub async fn tap(&self, kind: &str) -> String {
        eventually("Crossdock has declared its exchange", || self.has_exchange(EVENTS_EXCHANGE)).await;
        let connection = self.connect().await;
        let channel = connection.create_channel().await.expect("a new connection opens a channel");
        let name = format!("tap.{kind}");
        let (queue, exchange) = (ShortString::from(name.as_str()), ShortString::from(EVENTS_EXCHANGE));
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let declared = channel.queue_declare(queue.clone(), durable, FieldTable::default()).await;
        declared.expect("the test's user may declare queues");
        let options = QueueBindOptions { nowait: false };
        let bound =
            channel.queue_bind(queue, exchange, ShortString::from(kind), options, FieldTable::default());
        bound.await.expect("the exchange for events is there");
        name
    }

    async fn has_exchange(&self, name: &str) -> Option<()> {
        let url = self.api.join(&format!("api/exchanges/{}/{name}", self.name)).expect("the API's paths fit");
        http().get(url).send().await.ok()?.status().is_success().then_some(())
    }

    /// From now on no event of this type reaches this queue.
    ///
    /// # Panics
    /// If there is no such queue.
    pub async fn unbind(&self, queue: &str, kind: &str) {
        let connection = self.connect().await;
        let channel = connection.create_channel().await.expect("a new connection opens a channel");
        let [queue, exchange, kind] = [queue, EVENTS_EXCHANGE, kind].map(ShortString::from);
        let unbound = channel.queue_unbind(queue, exchange, kind, FieldTable::default());
        unbound.await.expect("the queue is there");
    }

    /// Closes all connections to this virtual host that the management API knows of, as an operator would, and returns the names that
    /// their owners gave them. It learns of a new one with a delay of some seconds.
    pub async fn close_connections(&self) -> HashSet<String> {
        let all = self.call(Method::GET, &format!("vhosts/{}/connections", self.name), None).await;
        let mut closed = HashSet::new();
        for connection in all.as_array().into_iter().flatten() {
            let name = connection["name"].as_str().unwrap_or_default();
            let mut url = self.api.join("api/connections/").expect("the API's paths fit");
            url.path_segments_mut().expect("http URLs have paths").pop_if_empty().push(name);
            // One that is gone already answers 404.
            let is_closed = http().delete(url).send().await.is_ok_and(|answer| answer.status().is_success());
            closed.extend(connection["user_provided_name"].as_str().filter(|_| is_closed).map(str::to_owned));
        }
        closed
    }

    /// Removes an exchange.
    pub async fn delete_exchange(&self, exchange: &str) {
        self.call(Method::DELETE, &format!("exchanges/{}/{exchange}", self.name), None).await;
    }

    /// Removes a queue, and what is in it.
    pub async fn delete_queue(&self, queue: &str) {
        self.call(Method::DELETE, &format!("queues/{}/{queue}", self.name), None).await;
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection::connect(&self.address(), ConnectionProperties::default())
            .await
            .expect("the test's node answers")
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = self.api.join(&format!("api/{path}")).expect("the API's paths fit");
        let mut request = http().request(method, url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("the management API answers");
        assert!(answer.status().is_success(), "management API, {path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    }
}

impl Drop for Vhost {
    fn drop(&mut self) {
        let url = self.api.join(&format!("api/vhosts/{}", self.name)).expect("the API's paths fit");
        if LEFT.send((Instant::now(), url)).is_err() {
            eprintln!("virtual host {} was left behind", self.name);
        }
    }
}

/// Virtual hosts that no test uses any more, and since when. The last ones go with their node.
static LEFT: LazyLock<Sender<(Instant, Url)>> = LazyLock::new(|| {
    let (left, received) = mpsc::channel();
    thread::spawn(move || remove_in_time(received));
    left
});

fn remove_in_time(left: Receiver<(Instant, Url)>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a thread may wait");
    for (since, url) in left {
        thread::sleep(KEPT.saturating_sub(since.elapsed()));
        let removed = runtime.block_on(async { http().delete(url).timeout(REMOVAL_MAX).send().await });
        // A node of a test's own may be gone by now.
        if let Err(error) = removed.and_then(reqwest::Response::error_for_status)
            && !error.is_connect()
        {
            eprintln!("a virtual host was left behind: {error}");
        }
    }
}

fn text(value: &lapin::types::AMQPValue) -> Option<String> {
    use lapin::types::AMQPValue as Value;
    match value {
        Value::LongString(text) => Some(text.to_string()),
        Value::ShortString(text) => Some(text.to_string()),
        Value::ShortShortInt(number) => Some(number.to_string()),
        Value::ShortInt(number) => Some(number.to_string()),
        Value::ShortUInt(number) => Some(number.to_string()),
        Value::LongInt(number) => Some(number.to_string()),
        Value::LongUInt(number) => Some(number.to_string()),
        Value::LongLongInt(number) => Some(number.to_string()),
        _ => None,
    }
}
