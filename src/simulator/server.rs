//! The HTTP server. It runs its own accept loop, because a fault may need a connection to close without
//! an answer, which axum's loop can't do.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, Response};
use axum::routing::get;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::failure::Failure;
use super::gate::{self, HangUp};
use super::site::Site;
use super::{admin, calls};

/// How long open connections may take to end when the simulator stops.
const FAREWELL: Duration = Duration::from_millis(500);
/// The rest after an accept that failed, as when the system has no file left to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

const ROOT_PAGE: &str = "<!doctype html>
<html lang=\"en\"><head><meta charset=\"utf-8\"><title>restorectl simulator</title></head><body>
<h1>This is a stand-in for rehearsal</h1>
<p>It is the simulator of restorectl: a made-up backup service with made-up data on this machine. It is not a
service of any vendor, nothing here is connected to a real site, and nothing restored here is a backup of anything.</p>
<ul>
<li>The service's calls are below <code>/data-protection/v2</code>.</li>
<li><code>GET /_sim/requests</code>: the requests received; <code>GET /_sim/creates</code>: the restores accepted.</li>
<li><code>GET /_sim/sites/SITE/databases/DATABASE</code> and <code>.../tables/TABLE/rows</code>: what is there now.</li>
<li><code>GET</code>, <code>POST</code>, <code>DELETE /_sim/faults</code>: what goes wrong on purpose.</li>
<li><code>POST /_sim/throughput</code> with <code>{\"bytes_per_second\": N}</code>: how fast the site works.</li>
</ul></body></html>
";

/// All routes of a site.
pub(super) fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(async || Html(ROOT_PAGE)))
        .merge(calls::routes())
        .merge(admin::routes())
        .fallback(async |uri: Uri| Failure::not_found(format!("there is nothing at `{}`", uri.path())))
        .method_not_allowed_fallback(async |method: Method, uri: Uri| {
            let status = axum::http::StatusCode::METHOD_NOT_ALLOWED;
            Failure::new(status, format!("{method} is no call of `{}`", uri.path()))
        })
        .layer(from_fn_with_state(Arc::clone(&site), gate::pass))
        .with_state(site)
}

/// Serves connections until `stop` changes or its sender is gone.
pub(super) async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            _ = stop.changed() => break,
        };
        match accepted {
            Ok((stream, _)) => drop(connections.spawn(connection(stream, router.clone(), stop.clone()))),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    // What hasn't ended by then, like an answer that a fault delays, is cut off with the set.
    drop(tokio::time::timeout(FAREWELL, ended).await);
}

async fn connection(stream: TcpStream, router: Router, mut stop: watch::Receiver<()>) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request| respond(router.clone(), request));
    let mut server = http1::Builder::new();
    let connection = server.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// A connection that closes without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection closes without an answer")]
struct Closed;

async fn respond(router: TowerToHyperService<Router>, request: Request<Incoming>) -> Result<Response, Closed> {
    // A call goes on to its end even when the caller hangs up meanwhile, as it would behind a real gateway.
    let answer = tokio::spawn(router.call(request)).await.map_err(|error| {
        tracing::error!(%error, "a call broke off");
        Closed
    })?;
    let response = answer.unwrap_or_else(|never: Infallible| match never {});
    if response.extensions().get::<HangUp>().is_some() { Err(Closed) } else { Ok(response) }
}
