//! Counters and gauges in the Prometheus text format.

use std::sync::{Arc, Mutex};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

/// Content type of the text below.
///
/// Source: OpenMetrics 1.0.0, section 'Text format'.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics of this process. Each part registers its own when it is built; `/metrics` reads them.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<Mutex<Registry>>);

impl Metrics {
    /// Adds metrics. All of Crossdock's names begin with `crossdock_`.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(self.lock().sub_registry_with_prefix("crossdock"));
    }

    /// All of them, in the text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.lock()).expect("writing to a String does not fail");
        text
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.0.lock().expect("nobody panics while registering or reading metrics")
    }
}
