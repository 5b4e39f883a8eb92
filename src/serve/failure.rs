//! What is answered where a page can't be made. The store's own words go to whoever runs the server alone: they name paths.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Shared;
use crate::journal::StoreError;
use crate::model::harmless;
use crate::report::{ReportError, Served, message_page};

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is nothing there; in a sentence.
    NotFound(String),
    /// The store can't be read, or holds what can't be; it was said already.
    Store,
    /// What the store holds of it isn't as it was written; it was said already.
    Damaged,
    /// A run is there, and no report of it can be made; in a sentence.
    Report(String),
    /// Too many watch already.
    Crowded,
}

impl Failure {
    /// That the store failed, which is said to whoever runs the server.
    pub(super) fn store(shared: &Shared, error: StoreError) -> Self {
        let is_damaged = matches!(error, StoreError::Damaged { .. } | StoreError::Unreadable { .. });
        (shared.say)(&harmless(&format!("error: {:#}", anyhow::Error::new(error))));
        if is_damaged { Self::Damaged } else { Self::Store }
    }

    /// Whether nothing can be read at the moment, and not just one run.
    pub(super) fn is_of_all(error: &anyhow::Error) -> bool {
        matches!(error.downcast_ref(), Some(StoreError::Database { .. }))
    }

    /// That no report can be made of a run.
    pub(super) fn report(error: ReportError) -> Self {
        let text = format!("{:#}", anyhow::Error::new(error));
        Self::Report(format!("No report can be made of this run: {text}"))
    }

    /// In a sentence, for a page.
    pub(super) fn words(&self) -> &str {
        match self {
            Self::NotFound(words) | Self::Report(words) => words,
            Self::Store => "The state store can't be read at the moment. What it said is in the server's log.",
            Self::Damaged => {
                "What the state store holds of it is damaged, so nothing of it is shown. What is wrong is in the server's log."
            }
            Self::Crowded => "As many watch runs here as can; load the page again to see how this one stands.",
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, title) = match self {
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "Not found"),
            Self::Store => (StatusCode::SERVICE_UNAVAILABLE, "The store can't be read"),
            Self::Damaged => (StatusCode::INTERNAL_SERVER_ERROR, "Damaged"),
            Self::Report(_) => (StatusCode::INTERNAL_SERVER_ERROR, "No report"),
            Self::Crowded => (StatusCode::SERVICE_UNAVAILABLE, "Too many"),
        };
        page(status, title, self.words())
    }
}

/// A page with one message.
pub(super) fn page(status: StatusCode, title: &str, words: &str) -> Response {
    served(status, message_page(title, words))
}

/// A page with its policy.
pub(super) fn served(status: StatusCode, page: Served) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page.html).into_response();
    if let Ok(policy) = HeaderValue::from_str(&page.policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
