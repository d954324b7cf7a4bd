//! `/v3/hooks`: what the shop's API accounts are told of, and where.
//!
//! Source: the OpenAPI file of Webhooks V3 and the webhooks overview (bigcommerce/docs at 24f580ca, 2026-04-01).

mod book;
mod request;
mod scopes;

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shop};
use serde_json::{Map, Value, json};

use super::BigcommerceShop;
use super::catalog::bad_param;
use super::params::Params;
use super::refusal::Refusal;
use super::state::State;
use request::Wishes;

pub(super) use book::HookBook;

/// Most hooks on a page. Not documented; the catalogue's limit.
const LIMIT_MAX: usize = 250;

/// The API account that the shop's access token belongs to.
const OWN_CLIENT: &str = "sandbox-client";

pub(super) async fn list(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let page = params.page(LIMIT_MAX).map_err(bad_param)?;
    let active = params.parse::<bool>("is_active").map_err(bad_param)?;
    let (scope, destination) = (params.get("scope"), params.get("destination"));
    let hooks = shop.hooks();
    let found = hooks.of(OWN_CLIENT).filter(|hook| {
        active.is_none_or(|active| active == hook.is_active())
            && scope.is_none_or(|scope| scope == hook.scope)
            && destination.is_none_or(|destination| destination == hook.destination.as_str())
    });
    Ok(Json(page.v3(found.map(|hook| hook.document(&shop.store_hash)).collect())))
}

pub(super) async fn create(Shop(shop): Shop<Arc<State>>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let wishes = Wishes::read(&body, &shop)?;
    let (Some(scope), Some(destination)) = (wishes.scope.clone(), wishes.destination.clone()) else {
        let missing = [("scope", wishes.scope.is_none()), ("destination", wishes.destination.is_none())];
        let missing = missing.into_iter().filter(|(_, missing)| *missing);
        let errors = missing.map(|(name, _)| (name.to_owned(), json!("error.path.missing.")));
        return Err(request::unfit(errors.collect()));
    };
    let hook = shop.hooks().subscribe(OWN_CLIENT, scope, destination, wishes)?.document(&shop.store_hash);
    Ok(answer(&hook))
}

pub(super) async fn one(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let mut hooks = shop.hooks();
    let hook = hooks.find(OWN_CLIENT, &id).ok_or_else(|| not_found(&id))?;
    Ok(answer(&hook.document(&shop.store_hash)))
}

pub(super) async fn update(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let wishes = Wishes::read(&body, &shop)?;
    if wishes.is_empty() {
        return Err(Refusal::unprocessable("At least one field is required.", Map::new()));
    }
    let mut hooks = shop.hooks();
    let hook = hooks.find(OWN_CLIENT, &id).ok_or_else(|| not_found(&id))?;
    hook.change(wishes);
    Ok(answer(&hook.document(&shop.store_hash)))
}

/// The hook that is gone comes back in the answer.
pub(super) async fn delete(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let hook = shop.hooks().remove(OWN_CLIENT, &id).ok_or_else(|| not_found(&id))?;
    Ok(answer(&hook.document(&shop.store_hash)))
}

fn answer(hook: &Value) -> Json<Value> {
    Json(json!({ "data": hook, "meta": {} }))
}

fn not_found(id: &str) -> Refusal {
    Refusal::V3 { status: 404, title: format!("Webhook with id [{id}] not found"), errors: Map::new() }
}

/// Behind the counter.
impl BigcommerceShop {
    /// Another tool subscribes with an API account of this `client_id`; `sandbox-client` is the one that the shop's token belongs to.
    ///
    /// # Panics
    /// If the shop would refuse it.
    pub fn subscribe(&self, client_id: &str, scope: &str, destination: &str) {
        let destination = destination.parse().expect("a destination is a URL");
        let subscribed = self
            .state
            .hooks()
            .subscribe(client_id, scope.to_owned(), destination, Wishes::default())
            .map(drop);
        subscribed.expect("the scope has room");
    }

    /// Every hook of every account, as the API gives it, by id.
    pub fn hooks(&self) -> Vec<Value> {
        self.state.hooks().all().map(|hook| hook.document(&self.state.store_hash)).collect()
    }

    /// Switches off every hook of the shop's own account, as BigCommerce does after two days of failures: what happens from now on is
    /// told to nobody, and tries still to come are given up.
    pub fn deactivate_hooks(&self) {
        self.state.hooks().deactivate(OWN_CLIENT);
    }
}
