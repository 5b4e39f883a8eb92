//! Posts a body to a receiver that isn't the service: within a bounded time, with a few tries, and without a word of its
//! address, which may be a secret.

#![allow(clippy::disallowed_methods, reason = "tries are counted against the real clock")]

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable as _};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url};

use crate::baas::{chain, client_for, retry_after};
use crate::model::{Millis, Secret};

/// How often a body is sent altogether.
const TRIES: usize = 4;

/// How much of an answer is read.
const LARGEST: usize = 64 * 1024;

/// Where bodies are posted to.
#[derive(Debug)]
pub(super) struct Receiver {
    http: Client,
    url: Url,
    headers: HeaderMap,
    /// How long one body may take, with all its tries.
    total: Duration,
    /// Whether a refusal may be another answer a little later.
    may_pass: fn(StatusCode) -> bool,
}

/// Why one try failed.
struct Failed {
    why: String,
    /// Whether another try may do better.
    passes: bool,
    wait: Option<Duration>,
}

impl Receiver {
    /// A receiver at an address. `authority` is a certificate authority in PEM form to trust besides the system's.
    ///
    /// # Errors
    /// When the certificate can't be read.
    pub(super) fn new(url: Url, headers: HeaderMap, authority: Option<&[u8]>, total: Duration) -> Result<Self, String> {
        let builder = client_for(&url, authority).map_err(|why| format!("its certificate authority {why}"))?;
        // One that is silent leaves time for another try.
        let builder = builder.timeout(total / 2);
        let http = builder.build().map_err(|e| format!("the HTTP client could not be set up: {}", chain(&e)))?;
        Ok(Self { http, url, headers, total, may_pass })
    }

    /// The same, where others of its refusals may pass.
    pub(super) fn tries_again_on(self, may_pass: fn(StatusCode) -> bool) -> Self {
        Self { may_pass, ..self }
    }

    /// As much of the address as anybody may see.
    pub(super) fn host(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Posts a body as JSON, with these headers for each try. Gives the answer's body.
    ///
    /// # Errors
    /// In words, when no try was answered with success in time.
    pub(super) async fn post(&self, body: &[u8], headers: impl Fn(Timestamp) -> HeaderMap) -> Result<Vec<u8>, String> {
        let begun = Instant::now();
        let last: Mutex<Option<String>> = Mutex::new(None);
        let once = || self.once(body, headers(Timestamp::now()));
        let backoff = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(200))
            .with_max_delay(self.total / 4)
            .with_max_times(TRIES - 1)
            .with_jitter();
        let tries = once
            .retry(backoff)
            .when(|failed: &Failed| failed.passes)
            .adjust(|failed, delay| {
                let delay = delay?.max(failed.wait.unwrap_or_default());
                (begun.elapsed().saturating_add(delay) < self.total).then_some(delay)
            })
            .notify(|failed, _| *lock(&last) = Some(failed.why.clone()));
        match tokio::time::timeout(self.total, tries).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failed)) => Err(failed.why),
            Err(_) => Err(lock(&last).take().unwrap_or_else(|| self.silent())),
        }
    }

    async fn once(&self, body: &[u8], headers: HeaderMap) -> Result<Vec<u8>, Failed> {
        let request = self.http.post(self.url.clone()).headers(self.headers.clone()).headers(headers);
        let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(body.to_vec());
        let mut response = request.send().await.map_err(|error| self.failed(error))?;
        let status = response.status();
        if !status.is_success() {
            let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            let wait = wait.and_then(|value| retry_after(value, Timestamp::now())).map(Millis::to_std);
            return Err(Failed { why: self.refused(status), passes: (self.may_pass)(status), wait });
        }
        let mut answer = Vec::new();
        // What was taken is taken, however the rest of the answer comes.
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = LARGEST.saturating_sub(answer.len());
            answer.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
            if chunk.len() >= room {
                break;
            }
        }
        Ok(answer)
    }

    fn refused(&self, status: StatusCode) -> String {
        let host = self.host();
        match status.is_redirection() {
            true => format!("{host} answered {}, and redirects are not followed", status.as_u16()),
            false => format!("{host} answered {}", status.as_u16()),
        }
    }

    fn failed(&self, error: reqwest::Error) -> Failed {
        // The library's own words hold the address.
        let error = error.without_url();
        let passes = !error.is_builder();
        let why = match error.is_timeout() {
            true => self.silent(),
            false => format!("{} can't be reached: {}", self.host(), chain(&error)),
        };
        Failed { why, passes, wait: None }
    }

    fn silent(&self) -> String {
        format!("{} didn't answer in time", self.host())
    }
}

fn lock(last: &Mutex<Option<String>>) -> std::sync::MutexGuard<'_, Option<String>> {
    last.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a refusal may be another answer a little later.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

/// A header whose value is a secret.
///
/// # Errors
/// When the name is none, or the value can't stand in a header. The value is never in it.
pub(super) fn header(name: &str, value: &Secret) -> Result<(HeaderName, HeaderValue), String> {
    let parsed = name.parse::<HeaderName>().map_err(|_| format!("`{name}` is not the name of a header"))?;
    let mut value = HeaderValue::from_str(value.expose())
        .map_err(|_| format!("the value of header `{name}` holds a character that can't be sent, like a line break"))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}
