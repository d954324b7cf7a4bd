//! The configuration file of a test's installation, and its changes.

use std::net::SocketAddr;

use url::Url;

use crate::database::Engine;
use crate::node::Node;
use crate::world::{BIGCOMMERCE_SECRET, ECWID_SECRET, WAREHOUSE_SECRET, World};

/// Room in a spool for whatever a journey sends, in bytes.
pub const ROOMY: u64 = 64 * 1024 * 1024;

impl World {
    /// Everything but Crossdock itself, over a RabbitMQ node that the journey may stop; the receiver has a spool of this size.
    pub async fn spooling(node: &Node, bytes_max: u64) -> Self {
        let world = Self::over(Engine::Sqlite, node.vhost().await).await;
        world.turn_spool_on(bytes_max);
        world
    }

    /// Gives the receiver a spool of this size, which it has from its next start on.
    ///
    /// # Panics
    /// If the configuration cannot be written.
    pub fn turn_spool_on(&self, bytes_max: u64) {
        let dir = self.folder().join("spool");
        let on = format!("spool_dir = {:?}\nspool_bytes_max = {bytes_max}", dir.display().to_string());
        self.change_config(|text| text.replace("spool_dir = \"\"", &on));
    }

    /// Writes the configuration anew, at one stroke: a process that has just begun may be reading it.
    ///
    /// # Panics
    /// If it stays the same.
    pub fn change_config(&self, change: impl FnOnce(&str) -> String) {
        let before = std::fs::read_to_string(&self.config).expect("the configuration was written");
        let after = change(&before);
        assert_ne!(before, after, "the configuration is changed");
        let whole = self.config.with_extension("next");
        std::fs::write(&whole, after).expect("the temporary folder takes files");
        std::fs::rename(&whole, &self.config).expect("a file can take another's place");
    }
}

/// Two shops and a warehouse, without a spool.
pub(crate) fn configuration(
    amqp: &str,
    ledger: &str,
    listen: &SocketAddr,
    bigcommerce: &Url,
    ecwid: &Url,
) -> String {
    format!(
        r#"
[broker]
url = "{amqp}"

[ledger]
url = "{ledger}"

[receiver]
listen = "{listen}"
spool_dir = ""

[warehouse]
signing_secrets = ["{WAREHOUSE_SECRET}"]

[[store]]
id = "acme-au"
name = "Acme Australia"
time_zone = "Australia/Melbourne"

[store.bigcommerce]
store_hash = "journey1"
client_id = "journey"
client_secrets = ["{BIGCOMMERCE_SECRET}"]
access_token = "journey-bigcommerce-token"
api_url = "{bigcommerce}"

[store.orders]
prefix = "BG"
bundle_prefix = "KIT-"
countries = ["AU", "NZ"]
test_skus = ["Test001"]

[store.stock]
push = "available"
buffer = 1

[[store]]
id = "acme-widgets"
time_zone = "UTC"

[store.ecwid]
store_id = 12239080
client_secrets = ["{ECWID_SECRET}"]
access_token = "journey-ecwid-token"
api_url = "{ecwid}"

[store.orders]
prefix = "W-"

[store.stock]
push = "on_hand"
"#
    )
}
