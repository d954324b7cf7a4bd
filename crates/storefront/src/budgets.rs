//! The budgets of all shops of this process. They outlive a reload of the settings, unless the credentials are other ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crossdock_domain::{Platform, StoreId};
use crossdock_ledger::Ledger;
use crossdock_settings::StoreSettings;

use crate::{Account, Budget, SharedLedger, ShopMetrics};

/// Time between two looks at what other processes know of the shops, in seconds. Whoever calls a shop looks by itself; this is for
/// the metrics.
const LOOK_SECS: u64 = 5;

/// One budget for each shop and its credentials.
#[derive(Default)]
pub struct Budgets {
    ledger: SharedLedger,
    metrics: ShopMetrics,
    by_store: Mutex<HashMap<StoreId, (Account, Arc<Budget>)>>,
}

impl Budgets {
    /// None so far.
    pub fn new(metrics: ShopMetrics) -> Self {
        Self { metrics, ..Self::default() }
    }

    /// From now on they are shared, through this ledger, with other processes.
    pub fn share(&self, ledger: Arc<dyn Ledger>) {
        // It has one already, if it is told twice.
        let _ = self.ledger.set(ledger);
    }

    /// Whether they are: this process calls shops.
    pub fn are_shared(&self) -> bool {
        self.ledger.get().is_some()
    }

    /// The budget of a shop as it is configured now. Other credentials than before begin with an open one.
    pub fn of(&self, settings: &StoreSettings) -> Arc<Budget> {
        let account = Account::of(settings);
        let mut by_store = self.lock();
        if let Some((known, budget)) = by_store.get(&settings.id)
            && *known == account
        {
            return budget.clone();
        }
        let budget = match settings.platform() {
            Platform::Bigcommerce => Budget::told(),
            Platform::Ecwid => Budget::counted(account.store.clone(), self.ledger.clone()),
        };
        let budget = Arc::new(budget.shared(account.clone(), self.ledger.clone(), self.metrics.clone()));
        by_store.insert(settings.id.clone(), (account, budget.clone()));
        budget
    }

    /// Forgets the shops that are not configured any more.
    pub fn keep(&self, settings: &[Arc<StoreSettings>]) {
        self.lock().retain(|store, _| {
            let kept = settings.iter().any(|settings| settings.id == *store);
            if !kept {
                self.metrics.forget(store);
            }
            kept
        });
    }

    /// Keeps the metrics up to date for as long as it is polled, also for shops that this process does not call.
    pub async fn watch(&self) {
        loop {
            let budgets: Vec<_> = self.lock().values().map(|(_, budget)| budget.clone()).collect();
            for budget in budgets {
                budget.look().await;
            }
            tokio::time::sleep(Duration::from_secs(LOOK_SECS)).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StoreId, (Account, Arc<Budget>)>> {
        self.by_store.lock().expect("nobody panics while holding the budgets")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crossdock_settings::Settings;

    use super::*;
    use crate::{Priority, StorefrontError};

    fn settings(token: &str, name: &str) -> Vec<Arc<StoreSettings>> {
        let text = format!(
            "[[store]]\nid = \"acme-widgets\"\nname = \"{name}\"\ntime_zone = \"UTC\"\n[store.ecwid]\nstore_id = 7\n\
             client_secrets = [\"s\"]\naccess_token = \"{token}\""
        );
        Settings::parse(&text, Path::new("crossdock.toml"), &|_| None).unwrap().stores
    }

    async fn is_open(budget: &Budget) -> bool {
        budget.admit(Priority::Urgent, "read_orders").await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_outlives_a_reload_and_does_not_hold_for_other_credentials() {
        let budgets = Budgets::default();
        let budget = budgets.of(&settings("old", "Acme")[0]);
        let refused = StorefrontError::CredentialsRefused { answer: "403".to_owned() };
        let admitted = budget.admit(Priority::Urgent, "read_orders").await.unwrap();
        admitted.heard::<()>(&Err(refused)).await;
        assert!(!is_open(&budgets.of(&settings("old", "Another name")[0])).await);
        assert!(is_open(&budgets.of(&settings("new", "Acme")[0])).await);
        assert!(!is_open(&budget).await, "who still has the old ones does not knock");
        assert!(is_open(&budgets.of(&settings("old", "Acme")[0])).await, "none of these is kept for ever");
        budgets.keep(&[]);
        assert!(budgets.lock().is_empty());
    }
}
