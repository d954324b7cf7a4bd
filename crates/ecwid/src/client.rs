//! The one way to Ecwid: every call passes here, within the shop's budget, under its token.

mod answer;
mod scope;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossdock_settings::EcwidConnection;
use crossdock_storefront::{Admitted, Budget, Priority, StorefrontError};
use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::shape;
use answer::Refused;
pub(crate) use scope::Scope;

/// Longest wait for a connection, in seconds.
const CONNECT_SECS_MAX: u64 = 10;

/// Longest wait for a whole answer, in seconds. Ecwid's own client waits 60; a slow answer is better asked for again later.
const ANSWER_SECS_MAX: u64 = 30;

/// How the API calls a product's variations in its paths.
pub(crate) const COMBINATIONS: &str = "combinations";

/// Connections to shops, shared by all of them.
pub use reqwest::Client as HttpClient;

/// The HTTP client that [`crate::Ecwid::new`] expects: with deadlines, and following no redirects, so that a token goes
/// nowhere but to the configured host.
///
/// # Errors
/// The TLS provider or the certificates of the machine cannot be loaded: report it at the start.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("crossdock/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(CONNECT_SECS_MAX))
        .timeout(Duration::from_secs(ANSWER_SECS_MAX))
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// The access token cannot stand in a header: put it into the settings as Ecwid showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the access token holds a character that no HTTP header can carry; copy it again")]
pub struct InvalidAccessToken;

/// One shop's REST API.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    token: SecretString,
    authorization: HeaderValue,
    budget: Arc<Budget>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    /// Behind `/api/v3/{storeId}/`, segment by segment.
    pub(crate) path: &'a [&'a str],
    /// Query parameters.
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// What the token must be allowed to.
    pub(crate) scope: Scope,
    /// What is missing if the shop answers 404, for example `order K8XTQ`.
    pub(crate) what: &'a str,
    /// What it is for.
    pub(crate) priority: Priority,
}

impl Call<'_> {
    /// Whether it is about one variation of a product.
    fn is_of_variation(&self) -> bool {
        self.path.contains(&COMBINATIONS)
    }
}

impl Client {
    pub(crate) fn new(
        http: reqwest::Client,
        connection: &EcwidConnection,
        budget: Arc<Budget>,
    ) -> Result<Self, InvalidAccessToken> {
        let mut base = connection.api_url.clone();
        if let Ok(mut path) = base.path_segments_mut() {
            path.pop_if_empty().extend(["api", "v3", &connection.store_id.to_string()]);
        }
        let token = connection.access_token.clone();
        let bearer = format!("Bearer {}", token.expose_secret());
        let mut authorization = HeaderValue::try_from(bearer).map_err(|_| InvalidAccessToken)?;
        authorization.set_sensitive(true);
        Ok(Self { http, base, token, authorization, budget })
    }

    /// Reads.
    pub(crate) async fn get<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, StorefrontError> {
        let request = self.request(Method::GET, call)?;
        self.answer(request, call).await
    }

    /// Writes the fields that `body` has; Ecwid leaves the others alone.
    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        call: Call<'_>,
        body: &(impl Serialize + Sync),
    ) -> Result<T, StorefrontError> {
        let request = self.request(Method::PUT, call)?.json(body);
        self.answer(request, call).await
    }

    /// The same by a request that was counted in.
    pub(crate) async fn put_counted<T: DeserializeOwned>(
        &self,
        counted: Admitted<'_>,
        call: Call<'_>,
        body: &(impl Serialize + Sync),
    ) -> Result<T, StorefrontError> {
        let request = self.request(Method::PUT, call)?.json(body);
        self.answer_counted(counted, request, call).await
    }

    /// Hands something over.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        call: Call<'_>,
        body: &(impl Serialize + Sync),
    ) -> Result<T, StorefrontError> {
        let request = self.request(Method::POST, call)?.json(body);
        self.answer(request, call).await
    }

    /// Takes something back.
    pub(crate) async fn delete<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, StorefrontError> {
        let request = self.request(Method::DELETE, call)?;
        self.answer(request, call).await
    }

    /// Counts in requests that will be sent inside another one: as many of them as the budget takes now, and what keeps it from the rest.
    pub(crate) async fn count_in(
        &self,
        requests: usize,
        call: Call<'_>,
    ) -> (Vec<Admitted<'_>>, Result<(), StorefrontError>) {
        let mut counted = Vec::with_capacity(requests);
        while counted.len() < requests {
            match self.budget.admit(call.priority, call.scope.as_str()).await {
                Ok(mut admitted) => {
                    admitted.told(None);
                    counted.push(admitted);
                }
                Err(error) => return (counted, Err(error)),
            }
        }
        (counted, Ok(()))
    }

    /// What an answer that came inside another one means; it is not a success.
    pub(crate) fn refused_inside(&self, status: StatusCode, body: &str, call: Call<'_>) -> StorefrontError {
        Refused::of(status, None, body.as_bytes(), &self.token).into_error(call)
    }

    fn request(&self, method: Method, call: Call<'_>) -> Result<RequestBuilder, StorefrontError> {
        // A URL drops these instead of carrying them, and another resource would be asked for.
        if call.path.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            return Err(StorefrontError::NotFound { what: call.what.to_owned() });
        }
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(call.path);
        }
        Ok(self.http.request(method, url).query(call.query).header(AUTHORIZATION, self.authorization.clone()))
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        call: Call<'_>,
    ) -> Result<T, StorefrontError> {
        let admitted = self.budget.admit(call.priority, call.scope.as_str()).await?;
        self.answer_counted(admitted, request, call).await
    }

    async fn answer_counted<T: DeserializeOwned>(
        &self,
        mut counted: Admitted<'_>,
        request: RequestBuilder,
        call: Call<'_>,
    ) -> Result<T, StorefrontError> {
        let answer = self.send(request, call, &mut counted).await;
        counted.heard(&answer).await;
        answer
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        call: Call<'_>,
        admitted: &mut Admitted<'_>,
    ) -> Result<T, StorefrontError> {
        let started = Instant::now();
        let response = request.send().await.map_err(answer::unsent)?;
        admitted.told(None);
        let status = response.status();
        tracing::debug!(
            http.path = %call.path.join("/"),
            http.status = status.as_u16(),
            took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "ecwid answered"
        );
        if status.is_success() {
            let body = answer::body(response).await?;
            return shape::read(&body).map_err(answer::misshapen);
        }
        Err(Refused::read(response, &self.token).await.into_error(call))
    }
}
