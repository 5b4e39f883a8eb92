//! Answers that are errors, as documents.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A call that ends in an error.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    message: String,
}

impl Failure {
    /// An error with a status and a text for people.
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// 400.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 401.
    pub(super) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    /// 404.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the simulator's database failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the simulator's database failed: {error}"))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(error_document(self.status, &self.message))).into_response()
    }
}

/// The document of an error. The service documents none; this form is the simulator's own.
pub(super) fn error_document(status: StatusCode, message: &str) -> serde_json::Value {
    let error = status.canonical_reason().unwrap_or("Error");
    json!({"status": status.as_u16(), "error": error, "message": message})
}
