//! Errors as the platform words them: an array in V2, a problem object in V3.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// Where V3 errors point, as the inventory endpoints' examples print it.
const STATUS_CODES_URL: &str = "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes";

/// An answer that refuses a request.
#[derive(Debug)]
pub(super) enum Refusal {
    /// `[{"status": 404, "message": "…"}]`
    V2 { status: u16, message: String, details: Value },
    /// `{"status": 422, "title": "…", "type": "…", "errors": {…}}`
    V3 { status: u16, title: String, errors: Map<String, Value> },
}

impl Refusal {
    /// A V2 error without details.
    pub(super) fn v2(status: u16, message: impl Into<String>) -> Self {
        Self::V2 { status, message: message.into(), details: Value::Null }
    }

    /// V2's answer to a field that cannot be understood. The wording is not documented.
    pub(super) fn field(name: &str, reason: impl Into<String>) -> Self {
        let details = json!({ "invalid_reason": reason.into() });
        Self::V2 { status: 400, message: format!("The field '{name}' is invalid."), details }
    }

    /// V2's answer to a field that is not for clients to write (wording: bigcommerce/api-specs pull request 229, 2021-03-11).
    pub(super) fn read_only(name: &str) -> Self {
        let message = format!(
            "The field '{name}' cannot be written to. Please remove it from your request before trying again."
        );
        Self::v2(400, message)
    }

    /// V2's answer to an id that nothing has.
    pub(super) fn not_found() -> Self {
        Self::v2(404, "The requested resource was not found.")
    }

    /// V3's answer to a body that cannot be carried out.
    pub(super) fn unprocessable(title: impl Into<String>, errors: Map<String, Value>) -> Self {
        Self::V3 { status: 422, title: title.into(), errors }
    }

    /// The error of this status in the version that the path names.
    pub(super) fn of_path(path: &str, status: u16) -> Self {
        let title = title(status);
        if path.contains("/v3/") {
            Self::V3 { status, title: title.into(), errors: Map::new() }
        } else {
            Self::v2(status, title)
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::V2 { status, .. } | Self::V3 { status, .. } => *status,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match self {
            Self::V2 { status: code, message, details } => {
                let mut error = json!({ "status": code, "message": message });
                if !details.is_null() {
                    error["details"] = details;
                }
                (status, Json(json!([error]))).into_response()
            }
            Self::V3 { status: code, title, errors } => {
                let body =
                    json!({ "status": code, "title": title, "type": STATUS_CODES_URL, "errors": errors });
                let problem = [(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
                (status, problem, Json(body)).into_response()
            }
        }
    }
}

/// Texts of the table in BigCommerce's page on status codes (2026-04-01), completed where it has none.
fn title(status: u16) -> &'static str {
    match status {
        400 => "The request could not be understood.",
        401 => "Unauthorized",
        403 => "You don't have a required scope to access the endpoint",
        404 => "The requested resource was not found.",
        405 => "The method is not supported by the resource.",
        406 => "The requested response content type is not supported.",
        409 => "The request conflicts with the state of the resource.",
        413 => "Too many objects were requested.",
        415 => "The content type of the request is not supported.",
        422 => "The request has missing or invalid data.",
        423 => "The requested resource is currently locked and unavailable.",
        429 => "Too many requests were made in the current window.",
        503 => "The store is unavailable.",
        _ => "An internal error has occurred.",
    }
}
