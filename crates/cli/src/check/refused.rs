//! Shops that refuse their credentials, as the running processes have found and put down.

use std::time::Duration;

use crossdock_ledger::{Ledger, LedgerError, Pause, PauseCause};
use crossdock_settings::{Settings, StoreSettings};
use crossdock_storefront::Account;
use jiff::Timestamp;

use super::Finding;

/// Longest wait for the ledger, in seconds: the configuration can be checked without it.
const LEDGER_SECS_MAX: u64 = 5;

/// One finding for each refusal. None where there is no ledger yet, or where it does not answer: that is for `--online` to tell.
pub(super) async fn refused(settings: &Settings) -> Vec<Finding> {
    let looking = async {
        let ledger = crossdock_ledger::open_existing(&settings.ledger.url).await?;
        look(settings, &*ledger).await
    };
    let found = tokio::time::timeout(Duration::from_secs(LEDGER_SECS_MAX), looking).await;
    found.ok().and_then(Result::ok).unwrap_or_default()
}

async fn look(settings: &Settings, ledger: &dyn Ledger) -> Result<Vec<Finding>, LedgerError> {
    let mut findings = Vec::new();
    for store in &settings.stores {
        let account = Account::of(store);
        let pauses = ledger.pauses(&store.id, &account.fingerprint, Timestamp::now()).await?;
        findings.extend(pauses.iter().filter_map(|pause| finding(store, pause)));
    }
    Ok(findings)
}

fn finding(store: &StoreSettings, pause: &Pause) -> Option<Finding> {
    let Pause { cause, since, answer, .. } = pause;
    let what = match cause {
        PauseCause::Throttled => return None,
        PauseCause::Credentials => "has refused our credentials".to_owned(),
        PauseCause::Scope(scope) => format!("has refused our token the scope to {scope}"),
    };
    let says = format!(
        "the shop {what} since {since:.0} ({answer}); what needs them waits. Mend them at the shop, or put new ones here and reload"
    );
    Some(Finding::of("credentials", Some(store), Err(says)))
}
