//! One request and its answer: time-outs, bounds, retries of reads, and no secret in any text.

#![allow(clippy::disallowed_methods, reason = "a date in Retry-After is compared with the wall clock")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable as _};
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;

use super::access::{Access, RESTORE_CREDENTIALS};
use super::answer::{Answer, Overflow, bounded, chain, out_of_time, transport};
use super::fault::{Anew, CallFailed, Fault, moment, retry_after};
use super::identity::{Identity, Renewed, Shown, Source};
use super::rate::Rate;
use super::remembered::Remembered;
use super::setup::client_for;
use crate::model::{Api, Millis, PermissionQuery, service_address};
use crate::ports::Repeat;

/// The largest answer to a read that we take: more than a hundred thousand restores.
const LARGEST: usize = 128 * 1024 * 1024;

/// The largest answer to anything else. What such an answer says, its head says already.
const LARGEST_REPLY: usize = 1024 * 1024;

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
    identity: Arc<Identity>,
    /// How long one request may take altogether; and after so long, a read isn't repeated any more.
    total: Duration,
    permission_query: PermissionQuery,
    /// What the sites' lists of restores showed last.
    pub(super) remembered: Arc<Remembered>,
    /// Whether an answer said that it comes from the simulator.
    simulator: Arc<AtomicBool>,
    /// How often an answer said that the service has too much to do.
    pressed: Arc<AtomicU64>,
    /// How often it may be asked, where that is limited.
    rate: Option<Arc<Rate>>,
}

/// The header by which the simulator says what it is.
const SIMULATOR: &str = "x-simulator";

/// What we send and take.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Whether a call carries the login for restores.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    Without,
    With,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for an environment's API with its secrets resolved. `authority` is the content of `ca_file`. Where the
    /// service no longer takes the secrets, `source` is asked for them again; without one, they are all there is.
    ///
    /// # Errors
    /// When the URL may not be used, a header can't be sent, or the certificate can't be read.
    pub fn new(api: &Api, access: &Access, authority: Option<&[u8]>, source: Option<Source>) -> Result<Self, String> {
        let base = service_address(&api.url, api.allow_plain_http).map_err(|why| format!("`api.url` {why}"))?;
        let identity = Identity::new(access, source).map_err(|e| e.to_string())?;
        let total = api.timeout_ms.to_std();
        let build = |pool: usize, read: Duration| {
            let builder = client_for(&base, authority)
                .map_err(|why| format!("`api.ca_file` {why}"))?
                .pool_max_idle_per_host(pool)
                .connect_timeout(Duration::from_secs(10).min(total))
                .read_timeout(read)
                .timeout(total);
            builder.build().map_err(|e| format!("the HTTP client could not be set up: {}", chain(&e)))
        };
        Ok(Self {
            reads: build(4, LONGEST_SILENCE.min(total))?,
            // A service may think about a create for as long as the environment lets it.
            creates: build(0, total)?,
            base,
            identity: Arc::new(identity),
            total,
            permission_query: api.permission_query.clone(),
            remembered: Arc::default(),
            simulator: Arc::default(),
            pressed: Arc::default(),
            rate: None,
        })
    }

    /// The same client, which makes at most so many requests a minute, evenly spaced; none: as many as are wanted.
    #[must_use]
    pub fn at_most(mut self, requests_per_minute: Option<u32>) -> Self {
        self.rate = requests_per_minute.map(|most| Arc::new(Rate::new(most)));
        self
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

    /// A read that gives JSON; repeated while its fault may pass, and begun no more after the time for one call.
    pub(super) async fn read<T: DeserializeOwned>(&self, url: Url) -> Result<T, CallFailed> {
        self.read_as(url, Repeat::WhileItMayPass, |answer| self.parse(answer)).await
    }

    /// A read, of whose answer `parse` makes something.
    pub(super) async fn read_as<T>(
        &self,
        url: Url,
        repeat: Repeat,
        parse: impl Fn(&Answer) -> Result<T, Fault>,
    ) -> Result<T, CallFailed> {
        let begun = Instant::now();
        let once = || async {
            let answer = self.known(&self.reads, &Method::GET, &url, None, Login::Without).await?;
            parse(&answer).map_err(|fault| self.failed(&Method::GET, &url, fault))
        };
        let backoff = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(200))
            .with_max_delay(Duration::from_secs(5))
            .with_max_times(TRIES - 1)
            .with_jitter();
        once.retry(backoff)
            .when(|failed: &CallFailed| repeat == Repeat::WhileItMayPass && failed.fault.passes())
            .adjust(|failed, delay| {
                let asked = failed.fault.wait().map_or(Duration::ZERO, Millis::to_std);
                let delay = delay.map(|delay| delay.max(asked.min(LONGEST_WAIT)));
                delay.filter(|delay| begun.elapsed().saturating_add(*delay) < self.total)
            })
            .notify(|failed, delay| tracing::debug!(%failed, ?delay, "reading again"))
            .await
    }

    /// A request with a body that starts nothing at the site.
    pub(super) async fn post<B: serde::Serialize>(
        &self,
        url: &Url,
        body: &B,
        login: Login,
    ) -> Result<Answer, CallFailed> {
        let body = self.body(url, body)?;
        self.known(&self.creates, &Method::POST, url, Some(&body), login).await
    }

    /// A request with a body and the login, sent exactly once, whatever comes. Where it was refused for its secrets, those
    /// are read anew for whoever makes the next attempt.
    pub(super) async fn post_once<B: serde::Serialize>(&self, url: &Url, body: &B) -> Result<Answer, CallFailed> {
        let body = self.body(url, body)?;
        let sent = self.identity.shown();
        if let Some(rate) = &self.rate {
            rate.take();
        }
        let mut failed = match self.send(&self.creates, &Method::POST, url, Some(&body), Login::With, &sent).await {
            Ok(answer) => {
                self.identity.let_in();
                return Ok(answer);
            }
            Err(failed) => failed,
        };
        if !failed.fault.is_unknown_user() {
            if matches!(failed.fault, Fault::Status { .. }) {
                self.identity.let_in();
            }
            return Err(failed);
        }
        match self.identity.renew(&sent, self.identity.renewals()).await {
            Renewed::Same => {}
            Renewed::Others if self.identity.lets_off(&sent) => failed.fault.after(Anew::Others),
            Renewed::Others => failed.fault.after(Anew::OthersToo),
            Renewed::Failed(why) => failed.fault.after(Anew::Failed(why)),
        }
        Err(failed)
    }

    fn body<B: serde::Serialize>(&self, url: &Url, body: &B) -> Result<Vec<u8>, CallFailed> {
        serde_json::to_vec(body).map_err(|e| self.failed(&Method::POST, url, Fault::Unsendable(e.to_string())))
    }

    /// A request that may be sent twice: where it was refused for its secrets, and those are others now, it is.
    async fn known(
        &self,
        http: &reqwest::Client,
        method: &Method,
        url: &Url,
        body: Option<&[u8]>,
        login: Login,
    ) -> Result<Answer, CallFailed> {
        self.wait().await;
        let since = self.identity.renewals();
        let sent = self.identity.shown();
        let mut failed = match self.send(http, method, url, body, login, &sent).await {
            Err(failed) if failed.fault.is_unknown_user() => failed,
            done => return done,
        };
        match self.identity.renew(&sent, since).await {
            Renewed::Same => {}
            Renewed::Others => {
                let now = self.identity.shown();
                if now.headers != sent.headers || login == Login::With && now.credentials != sent.credentials {
                    self.wait().await;
                    let mut again = self.send(http, method, url, body, login, &now).await;
                    if let Err(failed) = &mut again {
                        failed.fault.after(Anew::OthersToo);
                    }
                    return again;
                }
            }
            Renewed::Failed(why) => failed.fault.after(Anew::Failed(why)),
        }
        Err(failed)
    }

    /// Waits until one more request may be made.
    async fn wait(&self) {
        if let Some(rate) = &self.rate {
            rate.wait().await;
        }
    }

    async fn send(
        &self,
        http: &reqwest::Client,
        method: &Method,
        url: &Url,
        body: Option<&[u8]>,
        login: Login,
        shown: &Shown,
    ) -> Result<Answer, CallFailed> {
        let failed = |fault| self.failed(method, url, fault);
        let mut headers = shown.headers.clone();
        headers.insert(ACCEPT, JSON);
        let mut request = http.request(method.clone(), url.clone());
        if let Some(body) = body {
            headers.insert(CONTENT_TYPE, JSON);
            request = request.body(body.to_vec());
        }
        if login == Login::With {
            let Some(credentials) = &shown.credentials else {
                let missing = "`api.restore_credentials` is missing in the environment";
                return Err(failed(Fault::Unsendable(missing.to_owned())));
            };
            headers.insert(RESTORE_CREDENTIALS, credentials.clone());
        }
        let request = request.headers(headers);
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
        let limit = match status.is_success() {
            true if *method == Method::GET => LARGEST,
            true => LARGEST_REPLY,
            false => EXCERPT * 4,
        };
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
            Err((_, Overflow::TooLarge)) => Err(failed(Fault::TooLarge { limit })),
            Err((_, Overflow::CutOff)) => Err(failed(Fault::CutOff { status: status.as_u16() })),
            Err((_, Overflow::OutOfTime)) => Err(failed(out_of_time())),
        }
    }

    fn status_fault(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Fault {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        // A date to wait for is by the service's own clock, where it tells that.
        let now = text(DATE).and_then(moment).unwrap_or_else(jiff::Timestamp::now);
        let wait = text(RETRY_AFTER).and_then(|value| retry_after(value, now));
        Fault::Status { status: status.as_u16(), body: self.excerpt(body), wait }
    }

    /// The JSON of an answer. An empty body is none: it would pass for an empty list.
    pub(super) fn parse<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Fault> {
        self.parse_as(answer, |body| serde_json::from_slice(body))
    }

    /// What `read` makes of an answer that says that it is JSON.
    pub(super) fn parse_as<T>(
        &self,
        answer: &Answer,
        read: impl FnOnce(&[u8]) -> serde_json::Result<T>,
    ) -> Result<T, Fault> {
        let declared = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let not_json = || Fault::NotJson {
            status: answer.status,
            content_type: self.excerpt(declared.unwrap_or("untyped").as_bytes()),
            body: self.excerpt(&answer.body),
        };
        // What says that it is something else did not come from the service, whatever its body looks like.
        if declared.is_some_and(|kind| !kind.to_ascii_lowercase().contains("json")) {
            return Err(not_json());
        }
        // Some writers begin with a mark that says nothing in UTF-8.
        let body = answer.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&answer.body);
        read(body).map_err(|problem| match problem.is_data() {
            true => Fault::OtherShape { status: answer.status, why: self.excerpt(problem.to_string().as_bytes()) },
            false => not_json(),
        })
    }

    pub(super) fn failed(&self, method: &Method, url: &Url, fault: Fault) -> CallFailed {
        CallFailed { call: format!("{method} {url}"), fault }
    }

    /// The beginning of a text on one line, without control characters and without our own secrets.
    fn excerpt(&self, text: &[u8]) -> String {
        let most = EXCERPT * 4;
        let start = text.get(..most).unwrap_or(text);
        let text = self.identity.redact_cut(&String::from_utf8_lossy(start));
        let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let line = words.collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(EXCERPT) {
            Some((end, _)) => format!("{}...", line.get(..end).unwrap_or("")),
            None => line,
        }
    }

    /// A free text of the service without our own secrets.
    pub(super) fn redact(&self, text: &str) -> String {
        self.identity.redact(text)
    }

    /// How often the secrets were read anew.
    pub(super) fn renewals(&self) -> u64 {
        self.identity.renewals()
    }

    /// Whether a text holds one of our secrets.
    pub(super) fn is_told_by(&self, text: &str) -> bool {
        self.identity.is_told_by(text)
    }
}
