//! The simulator's own calls under `/_sim`, for tests and for people who rehearse.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::catalogue::{self, LiveObject};
use super::failure::Failure;
use super::fault::Fault;
use super::moment::Moment;
use super::site::Site;
use super::{data_plane, request_log, restores};

type Answer = Result<Json<Value>, Failure>;
/// A body that holds a `T`, or why it doesn't.
type Posted<T> = Result<Json<T>, JsonRejection>;

/// How many rows or requests one answer holds if it isn't told.
const MANY: i64 = 10_000;

/// The routes below `/_sim`.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/_sim/requests", get(requests))
        .route("/_sim/creates", get(creates))
        .route("/_sim/sites/{site}/databases/{database}", get(objects))
        .route("/_sim/sites/{site}/databases/{database}/tables/{table}/rows", get(rows))
        .route("/_sim/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/_sim/throughput", post(set_throughput))
        .route_layer(from_fn(local_names_only))
}

/// Refuses requests that a web page could make a browser send here by a name of its own.
async fn local_names_only(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("");
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |h| h.0);
    let ip = name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    if name.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback()) {
        return next.run(request).await;
    }
    Failure::new(StatusCode::FORBIDDEN, "call the simulator by `127.0.0.1`, `[::1]` or `localhost`").into_response()
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    after: i64,
    #[serde(default = "many")]
    limit: i64,
}

fn many() -> i64 {
    MANY
}

fn page(query: Result<Query<Page>, QueryRejection>) -> Result<Page, Failure> {
    let Query(page) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    Ok(Page { limit: page.limit.max(0), ..page })
}

/// What was received: `?after=SEQ` gives later requests only.
async fn requests(State(site): State<Arc<Site>>, query: Result<Query<Page>, QueryRejection>) -> Answer {
    let page = page(query)?;
    let mut store = site.store().await?;
    Ok(Json(request_log::after(store.sql(), page.after, page.limit).await?.into()))
}

/// The restores accepted so far, with what was sent for each.
async fn creates(State(site): State<Arc<Site>>) -> Answer {
    let (mut store, _, now) = site.current().await?;
    Ok(Json(restores::accepted(store.sql(), now).await?.into()))
}

/// What a database holds at this moment.
async fn objects(State(site): State<Arc<Site>>, Path((id, name)): Path<(String, String)>) -> Answer {
    let (mut store, ..) = site.current().await?;
    let database = catalogue::database(store.sql(), &id, &name).await?;
    let database = database.ok_or_else(|| Failure::not_found(format!("site `{id}` has no database `{name}`")))?;
    let mut objects = Vec::new();
    for object in catalogue::objects(store.sql(), &id, &database).await? {
        let LiveObject { name, kind, storage, definition, bytes, origin } = object;
        let row_count = match &storage {
            Some(storage) => Some(data_plane::rows(store.sql(), storage, 0).await?.0),
            None => None,
        };
        objects.push(json!({
            "name": name, "type": kind, "bytes": bytes, "row_count": row_count, "definition": definition,
            "origin": origin, "storage": storage,
        }));
    }
    Ok(Json(json!({"site": id, "database": database, "objects": objects})))
}

/// The rows of a table at this moment.
async fn rows(
    State(site): State<Arc<Site>>,
    Path((id, database, table)): Path<(String, String, String)>,
    query: Result<Query<Page>, QueryRejection>,
) -> Answer {
    let page = page(query)?;
    let (mut store, ..) = site.current().await?;
    let unknown = || Failure::not_found(format!("site `{id}` has no table `{database}.{table}`"));
    let object = catalogue::object(store.sql(), &id, &database, &table).await?.ok_or_else(unknown)?;
    let storage = object.storage.ok_or_else(unknown)?;
    let (count, rows) = data_plane::rows(store.sql(), &storage, page.limit).await?;
    Ok(Json(json!({
        "site": id, "database": database, "table": object.name, "origin": object.origin, "row_count": count, "rows": rows,
    })))
}

/// The faults in force, with how often each matched and struck.
async fn faults(State(site): State<Arc<Site>>) -> Answer {
    Ok(Json(json!(site.faults().entries())))
}

async fn add_fault(State(site): State<Arc<Site>>, fault: Posted<Fault>) -> Result<Response, Failure> {
    let Json(fault) = fault.map_err(|error| Failure::bad_request(error.body_text()))?;
    let id = site.faults().add(fault);
    Ok((StatusCode::CREATED, Json(json!({"id": id}))).into_response())
}

async fn clear_faults(State(site): State<Arc<Site>>) -> StatusCode {
    site.faults().clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Throughput {
    bytes_per_second: u64,
}

/// Changes how fast the site works from now on; 0 makes it stand still.
async fn set_throughput(State(site): State<Arc<Site>>, throughput: Posted<Throughput>) -> Answer {
    let Json(throughput) = throughput.map_err(|error| Failure::bad_request(error.body_text()))?;
    // Moved on first: what was due until now was done at the old pace.
    let (mut store, ..) = site.current().await?;
    store.set_pace(Moment::now(), throughput.bytes_per_second).await?;
    site.wake();
    Ok(Json(json!({"bytes_per_second": throughput.bytes_per_second})))
}
