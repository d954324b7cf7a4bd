//! The hooks of one shop, of all its API accounts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::super::refusal::Refusal;
use super::request::{Wishes, unfit};
use super::scopes::covers;

/// Most hooks for one store, client and scope (webhooks overview, 2026-04-01).
const HOOKS_OF_SCOPE_MAX: usize = 10;

/// The first hook's id: of the size of the documented examples.
const FIRST_ID: u64 = 18_048_287;

/// A subscription.
#[derive(Debug)]
pub(in super::super) struct Hook {
    id: u64,
    client_id: String,
    pub(super) scope: String,
    pub(super) destination: Url,
    headers: Option<Map<String, Value>>,
    /// Cancelled once it is switched off; none while it is off.
    on: Option<CancellationToken>,
    created_at: i64,
    updated_at: i64,
}

/// Who is told of an event.
pub(in super::super) struct Listener {
    pub(in super::super) destination: Url,
    pub(in super::super) headers: Vec<(String, String)>,
    /// Cancelled once the hook is switched off or gone.
    pub(in super::super) until: CancellationToken,
}

/// All hooks, by id.
#[derive(Debug, Default)]
pub(in super::super) struct HookBook(BTreeMap<u64, Hook>);

impl HookBook {
    pub(super) fn all(&self) -> impl Iterator<Item = &Hook> {
        self.0.values()
    }

    /// What one API account may see.
    pub(super) fn of<'a>(&'a self, client_id: &'a str) -> impl Iterator<Item = &'a Hook> {
        self.all().filter(move |hook| hook.client_id == client_id)
    }

    pub(super) fn find(&mut self, client_id: &str, id: &str) -> Option<&mut Hook> {
        self.0.get_mut(&id.parse().ok()?).filter(|hook| hook.client_id == client_id)
    }

    pub(super) fn subscribe(
        &mut self,
        client_id: &str,
        scope: String,
        destination: Url,
        wishes: Wishes,
    ) -> Result<&Hook, Refusal> {
        if self.of(client_id).filter(|hook| hook.scope == scope).count() >= HOOKS_OF_SCOPE_MAX {
            let reason = json!(format!("no more than {HOOKS_OF_SCOPE_MAX} hooks may have this scope"));
            return Err(unfit(Map::from_iter([("scope".to_owned(), reason)])));
        }
        let id = self.0.last_key_value().map_or(FIRST_ID, |(last, _)| last + 1);
        let now = Timestamp::now().as_second();
        let mut hook = Hook {
            id,
            client_id: client_id.to_owned(),
            scope,
            destination,
            headers: None,
            on: Some(CancellationToken::new()),
            created_at: now,
            updated_at: now,
        };
        hook.change(Wishes { scope: None, destination: None, ..wishes });
        Ok(self.0.entry(id).or_insert(hook))
    }

    pub(super) fn remove(&mut self, client_id: &str, id: &str) -> Option<Hook> {
        let id = self.find(client_id, id)?.id;
        let mut hook = self.0.remove(&id)?;
        hook.switch(false);
        Some(hook)
    }

    pub(super) fn deactivate(&mut self, client_id: &str) {
        for hook in self.0.values_mut().filter(|hook| hook.client_id == client_id) {
            hook.change(Wishes { is_active: Some(false), ..Wishes::default() });
        }
    }

    /// Who is to be told of this scope now: one for each active hook.
    pub(in super::super) fn listeners(&self, scope: &str) -> Vec<Listener> {
        self.all().filter(|hook| covers(&hook.scope, scope)).filter_map(Hook::listener).collect()
    }
}

impl Hook {
    pub(super) fn is_active(&self) -> bool {
        self.on.is_some()
    }

    pub(super) fn change(&mut self, wishes: Wishes) {
        if let Some(scope) = wishes.scope {
            self.scope = scope;
        }
        if let Some(destination) = wishes.destination {
            self.destination = destination;
        }
        if let Some(headers) = wishes.headers {
            self.headers = Some(headers).filter(|headers| !headers.is_empty());
        }
        if let Some(active) = wishes.is_active {
            self.switch(active);
        }
        self.updated_at = Timestamp::now().as_second();
    }

    fn switch(&mut self, active: bool) {
        if active {
            self.on.get_or_insert_default();
        } else if let Some(on) = self.on.take() {
            on.cancel();
        }
    }

    fn listener(&self) -> Option<Listener> {
        let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        Some(Listener {
            destination: self.destination.clone(),
            headers: self.headers.iter().flatten().filter_map(text).collect(),
            until: self.on.clone()?,
        })
    }

    /// As the API gives it.
    pub(super) fn document(&self, store_hash: &str) -> Value {
        json!({
            "id": self.id,
            "client_id": self.client_id,
            "store_hash": store_hash,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "scope": self.scope,
            "destination": self.destination.as_str(),
            "is_active": self.is_active(),
            "headers": self.headers,
        })
    }
}
