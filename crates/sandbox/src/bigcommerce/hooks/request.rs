//! What a request wants of a hook.

use http::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use url::{Host, Url};

use super::super::gate::may;
use super::super::refusal::Refusal;
use super::super::state::State;
use super::scopes::{is_known, read_scope};

/// Most bytes of custom headers ("up to 8 KB").
const HEADERS_BYTES_MAX: usize = 8 * 1024;

/// The fields given, all as documented.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub(super) scope: Option<String>,
    pub(super) destination: Option<Url>,
    pub(super) is_active: Option<bool>,
    pub(super) headers: Option<Map<String, Value>>,
}

/// The answer to a body with fields that cannot be taken.
pub(super) fn unfit(errors: Map<String, Value>) -> Refusal {
    Refusal::unprocessable("JSON data is missing or invalid", errors)
}

impl Wishes {
    /// Reads a body. A scope that the token must not read is answered 403; that is not documented.
    pub(super) fn read(body: &[u8], shop: &State) -> Result<Self, Refusal> {
        let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
            return Err(Refusal::of_path("/v3/", 400));
        };
        let (mut wishes, mut errors) = (Self::default(), Map::new());
        for (name, value) in &fields {
            if let Err(reason) = wishes.take(name, value) {
                errors.insert(name.clone(), json!(reason));
            }
        }
        if !errors.is_empty() {
            return Err(unfit(errors));
        }
        let needs = wishes.scope.as_deref().and_then(read_scope);
        if needs.is_some_and(|scope| !may(shop, scope)) {
            return Err(Refusal::of_path("/v3/", 403));
        }
        Ok(wishes)
    }

    fn take(&mut self, name: &str, value: &Value) -> Result<(), &'static str> {
        match name {
            "scope" => {
                let scope = value.as_str().ok_or("error.expected.jsstring")?;
                self.scope = Some(scope.to_owned()).filter(|scope| is_known(scope));
                self.scope.as_ref().map(drop).ok_or("there is no such scope")
            }
            "destination" => {
                let destination = value.as_str().ok_or("error.expected.jsstring")?;
                self.destination = destination.parse().ok().filter(is_reachable);
                self.destination.as_ref().map(drop).ok_or("must be an https address on port 443")
            }
            "is_active" => {
                self.is_active = Some(value.as_bool().ok_or("error.expected.jsboolean")?);
                Ok(())
            }
            "headers" => {
                let given = if value.is_null() { Some(Map::new()) } else { value.as_object().cloned() };
                let headers = given.filter(|headers| headers.iter().all(is_header));
                let small = |headers: &Map<_, _>| json!(headers).to_string().len() <= HEADERS_BYTES_MAX;
                self.headers =
                    Some(headers.filter(small).ok_or("must be names and values of headers, 8 KB at most")?);
                Ok(())
            }
            // What the answers carry beside them is no more than repeated by a client.
            _ => Ok(()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.scope.is_none()
            && self.destination.is_none()
            && self.is_active.is_none()
            && self.headers.is_none()
    }
}

fn is_header((name, value): (&String, &Value)) -> bool {
    let value = value.as_str().is_some_and(|value| HeaderValue::from_str(value).is_ok());
    value && name.parse::<HeaderName>().is_ok()
}

/// Whether callbacks could go there. This machine stands in for the Internet, with any port.
fn is_reachable(destination: &Url) -> bool {
    let loopback = match destination.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    loopback || (destination.scheme() == "https" && destination.port().is_none())
}
