//! Errors as the platform words them: `{"errorMessage": "…", "errorCode": "…"}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An answer that refuses a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn wrong_parameter(name: &str) -> Self {
        Self::new(400, "WRONG_PARAMETER", format!("Wrong parameter '{name}' value"))
    }

    pub(super) fn no_order(id: &str) -> Self {
        Self::new(404, "ORDER_NOT_FOUND", format!("Order #{id} not found"))
    }

    pub(super) fn no_product(id: &str) -> Self {
        Self::new(404, "PRODUCT_NOT_FOUND", format!("Product #{id} not found"))
    }

    pub(super) fn no_combination(id: &str) -> Self {
        Self::new(404, "COMBINATION_NOT_FOUND", format!("Combination #{id} not found"))
    }

    /// The error of this status, with the code that the platform's list has for it (REST API error codes, 2026-01-14).
    pub(super) fn of_status(status: u16) -> Self {
        let (code, message) = match status {
            400 => ("WRONG_PARAMETER", "The request could not be understood"),
            402 => ("STORE_IS_SUSPENDED", "The store is suspended"),
            403 => ("INVALID_API_TOKEN", "The access token is not valid"),
            404 => ("STORE_NOT_FOUND", "The store was not found"),
            405 => ("METHOD_NOT_ALLOWED", "The method is not allowed here"),
            408 => ("TIMEOUT", "The request took too long"),
            409 => ("CONSTRAINT_VIOLATION", "The request conflicts with the store's data"),
            415 => ("", "expected application/json or text/json"),
            422 => ("WRONG_URL", "The URL leads nowhere"),
            429 => ("RATE_LIMITED", "Access token of the app will be temporarily blocked."),
            _ => ("INTERNAL_ERROR", "An internal error has occurred"),
        };
        Self::new(status, code, message)
    }

    /// Its status.
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Its body.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({ "errorMessage": self.message });
        if !self.code.is_empty() {
            body["errorCode"] = json!(self.code);
        }
        body
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status(), Json(self.body())).into_response()
    }
}
