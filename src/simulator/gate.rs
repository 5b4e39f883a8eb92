//! What every request passes: the bound on its size, the log, the gateway's token, and the faults.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use serde_json::Value;

use super::failure::{Failure, error_document};
use super::fault::{BASE, Call, Effect};
use super::moment::Moment;
use super::request_log::{self, Arrival};
use super::restores;
use super::site::Site;

/// The largest body that is read.
const BODY_LIMIT: usize = 1 << 20;
/// The header that carries the login for a restore.
pub(super) const CREDENTIALS: &str = "x-auth-credentials";

/// Marks an answer that is not sent: the connection closes instead.
#[derive(Debug, Clone, Copy)]
pub(super) struct HangUp;

/// Tells the create call to accept so many milliseconds later.
#[derive(Debug, Clone, Copy)]
pub(super) struct AcceptLater(pub(super) u64);

/// Lets a request through, or does to it what the faults say.
pub(super) async fn pass(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let mut response = if path == "/" || path.starts_with("/_sim") {
        next.run(request).await
    } else {
        answer(&site, request, next).await.unwrap_or_else(IntoResponse::into_response)
    };
    response.headers_mut().insert("x-simulator", HeaderValue::from_static("restorectl"));
    response
}

async fn answer(site: &Site, request: Request, next: Next) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT).await;
    let call = Call::of(parts.method.as_str(), parts.uri.path());
    let arrival = Arrival {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query(),
        body: body.as_deref().unwrap_or_default(),
        call,
        has_credentials: parts.headers.contains_key(CREDENTIALS),
    };
    let (seq, name) = {
        let mut store = site.store().await?;
        let seq = request_log::arrived(store.sql(), &arrival).await?;
        let name = match call {
            Some(Call::Create) => name_in(arrival.body),
            Some(Call::Status) => match last_number(arrival.path) {
                Some(id) => restores::get(store.sql(), id, Moment::now()).await?.map(|restore| restore.name),
                None => None,
            },
            _ => None,
        };
        (seq, name)
    };
    let mut struck = None;
    let mut delay_ms = 0;
    let response = match body {
        Err(_) => {
            let limit = format!("the body has more than {BODY_LIMIT} bytes, or broke off");
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, limit).into_response()
        }
        Ok(_) if !site.admits(bearer(&parts.headers)) => {
            Failure::unauthorized("the header `authorization` holds no valid bearer token").into_response()
        }
        Ok(body) => {
            if let Some(call) = call.filter(|_| parts.uri.path().starts_with(BASE)) {
                let faults = site.faults().on_call(call, name.as_deref());
                (struck, delay_ms) = (faults.effect, faults.delay_ms);
            }
            strike(struck.as_ref(), parts, body, next).await
        }
    };
    let status = response.extensions().get::<HangUp>().is_none().then(|| response.status().as_u16());
    let told = told(struck.as_ref(), delay_ms);
    request_log::answered(site.store().await?.sql(), seq, status, told.as_deref()).await?;
    if delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    }
    Ok(response)
}

/// What the log tells about the faults that struck, as JSON.
fn told(effect: Option<&Effect>, delay_ms: u64) -> Option<String> {
    let delay = (delay_ms > 0).then_some(Effect::Delay { ms: delay_ms });
    let struck: Vec<&Effect> = delay.iter().chain(effect).collect();
    if struck.is_empty() { None } else { serde_json::to_string(&struck).ok() }
}

/// Carries the call out, unless a fault prevents that, and alters its answer as a fault says.
async fn strike(effect: Option<&Effect>, mut parts: Parts, body: Bytes, next: Next) -> Response {
    match effect {
        Some(Effect::Drop {}) => return hang_up(),
        Some(Effect::Answer { status, body, retry_after }) => {
            return canned(*status, body.as_ref(), *retry_after);
        }
        Some(Effect::Redirect { to }) => {
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to.clone())]).into_response();
        }
        Some(Effect::LateAccept { ms }) => {
            parts.extensions.insert(AcceptLater(*ms));
        }
        _ => {}
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    match effect {
        Some(Effect::LoseReply {} | Effect::LateAccept { .. }) => hang_up(),
        Some(Effect::Garbage {}) => {
            // The status stays; header and body say nothing that can be used.
            (response.status(), [(header::CONTENT_TYPE, "application/json")], "{\"restores\": [\u{fffd}#=<")
                .into_response()
        }
        Some(Effect::Truncate {}) => truncated(response).await,
        _ => response,
    }
}

fn hang_up() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(HangUp);
    response
}

/// The answer that a fault dictates.
fn canned(status: u16, body: Option<&Value>, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (kind, text) = match body {
        None => ("application/json", error_document(status, "the simulator was told to answer so").to_string()),
        Some(Value::String(text)) if text.trim_start().starts_with('<') => ("text/html; charset=utf-8", text.clone()),
        Some(Value::String(text)) => ("text/plain; charset=utf-8", text.clone()),
        Some(document) => ("application/json", document.to_string()),
    };
    let mut response = (status, [(header::CONTENT_TYPE, kind)], text).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The answer with its full length announced and half of it sent.
async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let announced = whole.len().max(1);
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(announced));
    let half = whole.slice(..whole.len() / 2);
    Response::from_parts(parts, Body::new(CutBody { half: Some(half), is_flushed: false }))
}

/// A body that breaks off.
struct CutBody {
    half: Option<Bytes>,
    is_flushed: bool,
}

impl hyper::body::Body for CutBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        if let Some(half) = this.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        if !this.is_flushed {
            // The server writes out what it has when a body makes it wait. Without this, an error would
            // throw the first half away too.
            this.is_flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()
}

/// The job name in a create call's body, if it can be read at all.
fn name_in(body: &[u8]) -> Option<String> {
    let document: Value = serde_json::from_slice(body).ok()?;
    document.get("name")?.as_str().map(str::to_owned)
}

fn last_number(path: &str) -> Option<i64> {
    path.rsplit('/').next()?.parse().ok()
}
