//! The service's calls: one handler for each, as the vendor's pages describe them.

mod create;
mod jobs;
mod objects;
mod restores;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::catalogue::{self, Execution, JobFilter};
use super::failure::Failure;
use super::fault::BASE;
use super::gate::CREDENTIALS;
use super::site::Site;
use crate::baas::wire;

/// What a handler gives.
type Answer<T> = Result<Json<T>, Failure>;

/// The routes below [`BASE`].
pub(super) fn routes() -> Router<Arc<Site>> {
    let path = |tail: &str| format!("{BASE}/sites/{{site}}{tail}");
    let execution = |tail: &str| path(&format!("/jobs/{{job}}/executions/{{execution}}{tail}"));
    Router::new()
        .route(&path("/databases"), get(databases))
        .route(&path("/restore-permissions"), post(permissions))
        .route(&path("/restores"), get(restores::of_site))
        .route(&path("/jobs"), get(jobs::list))
        .route(&path("/jobs/{job}"), get(jobs::one))
        .route(&path("/jobs/{job}/executions"), get(jobs::executions_of_job))
        .route(&path("/executions"), get(jobs::executions_of_site))
        .route(&path("/objects-preparation-status"), get(objects::preparation_status))
        .route(&execution("/prepare-objects"), post(objects::prepare))
        .route(&execution("/objects"), get(objects::list))
        .route(&execution("/restores"), get(restores::of_execution).post(create::create))
        .route(&execution("/restores/{restore}"), get(restores::one))
}

async fn databases(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Answer<Vec<wire::Database>> {
    let (mut store, ..) = site.current().await?;
    known_site(store.sql(), &id).await?;
    Ok(Json(catalogue::databases(store.sql(), &id).await?))
}

/// Whether a restore is permitted: to everybody who may call, and to those who show a login only if it is right.
async fn permissions(State(site): State<Arc<Site>>, Path(id): Path<String>, headers: HeaderMap) -> Answer<Value> {
    let mut store = site.store().await?;
    known_site(store.sql(), &id).await?;
    if headers.contains_key(CREDENTIALS) {
        check_credentials(&site, &headers)?;
    }
    Ok(Json(json!({"allowed": true})))
}

/// Whether the login in a request's headers is the right one.
fn check_credentials(site: &Site, headers: &HeaderMap) -> Result<(), Failure> {
    let Some(value) = headers.get(CREDENTIALS) else {
        return Err(Failure::unauthorized(format!("the header `{CREDENTIALS}` is missing")));
    };
    if value.to_str().is_ok_and(|value| site.knows(value)) {
        return Ok(());
    }
    Err(Failure::unauthorized(format!("the login in the header `{CREDENTIALS}` is not valid at the target")))
}

async fn known_site(sql: &mut SqliteConnection, site: &str) -> Result<(), Failure> {
    if catalogue::sites(sql).await?.iter().any(|known| known == site) {
        return Ok(());
    }
    Err(Failure::not_found(format!("there is no site `{site}`")))
}

async fn known_job(sql: &mut SqliteConnection, site: &str, job: &str) -> Result<wire::Job, Failure> {
    known_site(sql, site).await?;
    let unknown = || Failure::not_found(format!("site `{site}` has no job `{job}`"));
    let id = Some(job.parse().map_err(|_| unknown())?);
    let found = catalogue::jobs(sql, site, &JobFilter { id, take: 1, ..JobFilter::default() }).await?;
    found.into_iter().next().ok_or_else(unknown)
}

async fn known_execution(
    sql: &mut SqliteConnection,
    site: &str,
    job: &str,
    execution: &str,
) -> Result<Execution, Failure> {
    known_job(sql, site, job).await?;
    let executions = catalogue::executions(sql, site, job.parse().ok()).await?;
    let found = executions.into_iter().find(|one| one.id.to_string() == execution);
    found.ok_or_else(|| Failure::not_found(format!("job `{job}` has no execution `{execution}`")))
}
