//! The HTTP server.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, Response};
use axum::routing::get;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::failure::Failure;
use super::gate::{self, HangUp};
use super::site::Site;
use super::{admin, calls};
use crate::listen;

/// How many connections are open at once: more than a runner keeps in flight.
const CONNECTIONS: usize = 4_096;

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

/// Serves them until `stop` changes or its sender is gone.
pub(super) async fn serve(listener: TcpListener, router: Router, stop: watch::Receiver<()>) {
    let router = TowerToHyperService::new(router);
    listen::serve(listener, service_fn(move |request| respond(router.clone(), request)), CONNECTIONS, stop).await;
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
