//! One request and its answer: time-outs, bounds, retries of reads, and no secret in any text.

#![allow(clippy::disallowed_methods, reason = "a date in Retry-After is compared with the wall clock")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use super::access::{Access, RESTORE_CREDENTIALS};
use super::fault::{CallFailed, Fault, retry_after};
use crate::model::{Api, Millis, PermissionQuery, Secret, is_this_machine, service_address};

/// The largest answer that we take: some ten thousand restores with their sub-tasks.
const LARGEST: usize = 64 * 1024 * 1024;

/// How much of an error's body we keep.
const EXCERPT: usize = 600;

/// How often a read is tried altogether.
const TRIES: usize = 5;

/// How long a service may be silent in the middle of a read.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// The longest that we let the service make one read wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Speaks to one service as one user.
#[derive(Clone)]
pub struct Client {
    reads: reqwest::Client,
    /// Has no pool: a create never goes out on a connection that may be dying, and is never repeated below us.
    creates: reqwest::Client,
    base: Url,
    credentials: Option<HeaderValue>,
    secrets: Arc<[Secret]>,
    permission_query: PermissionQuery,
    /// Whether an answer said that it comes from the simulator.
    simulator: Arc<AtomicBool>,
    /// How often an answer said that the service has too much to do.
    pressed: Arc<AtomicU64>,
}

/// The header by which the simulator says what it is.
const SIMULATOR: &str = "x-simulator";

/// Whether a call carries the login for restores.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    Without,
    With,
}

/// An answer with a status that was asked for.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for an environment's API with its secrets resolved. `authority` is the content of `ca_file`.
    ///
    /// # Errors
    /// When the URL may not be used, a header can't be sent, or the certificate can't be read.
    pub fn new(api: &Api, access: &Access, authority: Option<&[u8]>) -> Result<Self, String> {
        let base = service_address(&api.url, api.allow_plain_http).map_err(|why| format!("`api.url` {why}"))?;
        let headers = access.for_every_call().map_err(|e| e.to_string())?;
        let credentials = access.for_create().map_err(|e| e.to_string())?;
        // A second call finds the first one's provider in place, which is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let total = api.timeout_ms.to_std();
        let build = |pool: usize, read: Duration| {
            let mut builder = reqwest::Client::builder()
                .user_agent(concat!("restorectl/", env!("CARGO_PKG_VERSION")))
                .default_headers(headers.clone())
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .pool_max_idle_per_host(pool)
                .connect_timeout(Duration::from_secs(10).min(total))
                .read_timeout(read)
                .timeout(total);
            // A proxy from the variables is for https, where it sees nothing but the host. What goes to this machine,
            // or in the open to a network that somebody named, goes there and nowhere else.
            if base.scheme() != "https" || is_this_machine(&base) {
                builder = builder.no_proxy();
            }
            if let Some(pem) = authority {
                let certificates = reqwest::Certificate::from_pem_bundle(pem);
                let certificates = certificates.map_err(|e| format!("`api.ca_file` holds no certificate: {e}"))?;
                builder = builder.tls_certs_merge(certificates);
            }
            builder.build().map_err(|e| format!("the HTTP client could not be set up: {}", chain(&e)))
        };
        Ok(Self {
            reads: build(4, LONGEST_SILENCE.min(total))?,
            // A service may think about a create for as long as the environment lets it.
            creates: build(0, total)?,
            base,
            credentials,
            secrets: access.secrets().into(),
            permission_query: api.permission_query.clone(),
            simulator: Arc::default(),
            pressed: Arc::default(),
        })
    }

    /// Whether any answer so far came from the simulator.
    pub fn met_simulator(&self) -> bool {
        self.simulator.load(Ordering::Relaxed)
    }

    /// How often any answer so far said that the service has too much to do (429 or 503).
    pub fn pressed(&self) -> u64 {
        self.pressed.load(Ordering::Relaxed)
    }

    pub(super) fn permission_query(&self) -> &PermissionQuery {
        &self.permission_query
    }

    /// The address of a call: the base and these segments, each escaped.
    pub(super) fn address(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// A read that gives JSON; repeated while its fault may pass.
    pub(super) async fn read<T: DeserializeOwned>(&self, url: Url) -> Result<T, CallFailed> {
        let once = || async {
            let answer = self.send(&self.reads, Method::GET, url.clone(), None, Login::Without).await?;
            self.parse(&answer).map_err(|fault| self.failed(&Method::GET, &url, fault))
        };
        let backoff = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(200))
            .with_max_delay(Duration::from_secs(5))
            .with_max_times(TRIES - 1)
            .with_jitter();
        once.retry(backoff)
            .when(|failed: &CallFailed| failed.fault.passes())
            .adjust(|failed, delay| {
                let asked = failed.fault.wait().map_or(Duration::ZERO, Millis::to_std);
                delay.map(|delay| delay.max(asked.min(LONGEST_WAIT)))
            })
            .notify(|failed, delay| tracing::debug!(%failed, ?delay, "reading again"))
            .await
    }

    /// A request with a body, sent exactly once.
    pub(super) async fn post<B: serde::Serialize>(
        &self,
        url: Url,
        body: &B,
        login: Login,
    ) -> Result<Answer, CallFailed> {
        let body =
            serde_json::to_vec(body).map_err(|e| self.failed(&Method::POST, &url, Fault::Unsendable(e.to_string())))?;
        self.send(&self.creates, Method::POST, url, Some(body), login).await
    }

    async fn send(
        &self,
        http: &reqwest::Client,
        method: Method,
        url: Url,
        body: Option<Vec<u8>>,
        login: Login,
    ) -> Result<Answer, CallFailed> {
        let failed = |fault| self.failed(&method, &url, fault);
        let mut request = http.request(method.clone(), url.clone()).header(ACCEPT, "application/json");
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        if login == Login::With {
            let Some(credentials) = &self.credentials else {
                let missing = "`api.restore_credentials` is missing in the environment";
                return Err(failed(Fault::Unsendable(missing.to_owned())));
            };
            request = request.header(RESTORE_CREDENTIALS, credentials);
        }
        tracing::debug!(%method, %url, "call");
        let response = request.send().await.map_err(|e| failed(transport(&e)))?;
        let status = response.status();
        let headers = response.headers().clone();
        if headers.contains_key(SIMULATOR) {
            self.simulator.store(true, Ordering::Relaxed);
        }
        if matches!(status.as_u16(), 429 | 503) {
            self.pressed.fetch_add(1, Ordering::Relaxed);
        }
        let limit = if status.is_success() { LARGEST } else { EXCERPT * 4 };
        let body = bounded(response, limit).await;
        tracing::debug!(%method, %url, status = status.as_u16(), "answer");
        if !status.is_success() {
            // What came of an error's body is good enough, also where it was cut off.
            let body = match body {
                Ok(body) | Err((body, _)) => body,
            };
            return Err(failed(self.status_fault(status, &headers, &body)));
        }
        match body {
            Ok(body) => Ok(Answer { status: status.as_u16(), headers, body }),
            Err((_, Overflow::TooLarge)) => Err(failed(Fault::TooLarge { limit: LARGEST })),
            Err((_, Overflow::CutOff)) => Err(failed(Fault::CutOff { status: status.as_u16() })),
        }
    }

    fn status_fault(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Fault {
        let wait = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|value| retry_after(value, jiff::Timestamp::now()));
        Fault::Status { status: status.as_u16(), body: self.excerpt(body), wait }
    }

    /// The JSON of an answer. An empty body is none: it would pass for an empty list.
    pub(super) fn parse<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Fault> {
        let declared = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let not_json = || Fault::NotJson {
            status: answer.status,
            content_type: declared.unwrap_or("untyped").to_owned(),
            body: self.excerpt(&answer.body),
        };
        // What says that it is something else did not come from the service, whatever its body looks like.
        if declared.is_some_and(|kind| !kind.to_ascii_lowercase().contains("json")) {
            return Err(not_json());
        }
        serde_json::from_slice(&answer.body).map_err(|problem| match problem.is_data() {
            true => Fault::OtherShape { status: answer.status, why: problem.to_string() },
            false => not_json(),
        })
    }

    pub(super) fn failed(&self, method: &Method, url: &Url, fault: Fault) -> CallFailed {
        CallFailed { call: format!("{method} {url}"), fault }
    }

    /// The beginning of a body on one line, without control characters and without our own secrets.
    fn excerpt(&self, body: &[u8]) -> String {
        let text = self.redact(&String::from_utf8_lossy(body));
        let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let line = words.collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(EXCERPT) {
            Some((end, _)) => format!("{}...", line.get(..end).unwrap_or("")),
            None => line,
        }
    }

    /// A server may send back what we sent it; a secret must not get into a report that way. For free texts only:
    /// names and ids must stay what they are.
    pub(super) fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets.iter() {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), "[redacted]");
            }
        }
        text
    }
}

fn transport(error: &reqwest::Error) -> Fault {
    if error.is_builder() {
        Fault::Unsendable(chain(error))
    } else if error.is_connect() {
        Fault::NotConnected(chain(error))
    } else if error.is_timeout() {
        Fault::NoAnswer("the time for it ran out (`api.timeout`)".to_owned())
    } else {
        Fault::NoAnswer(chain(error))
    }
}

/// An error with its causes; the address is left out, because the call names it already.
fn chain(error: &dyn std::error::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        // The library's own layers say nothing that a reader could act on.
        if !text.starts_with("client error") {
            causes.push(text);
        }
        next = cause.source();
    }
    causes.dedup();
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}

enum Overflow {
    TooLarge,
    CutOff,
}

/// Reads a body up to a limit, counted after decompression.
async fn bounded(mut response: Response, limit: usize) -> Result<Vec<u8>, (Vec<u8>, Overflow)> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = limit.saturating_sub(body.len());
                body.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or(&[]));
                if chunk.len() > room {
                    return Err((body, Overflow::TooLarge));
                }
            }
            Ok(None) => return Ok(body),
            Err(_) => return Err((body, Overflow::CutOff)),
        }
    }
}
