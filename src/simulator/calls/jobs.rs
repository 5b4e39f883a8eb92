//! Jobs and their executions.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};

use super::{Answer, known_job, known_site};
use crate::baas::wire;
use crate::simulator::catalogue::{self, JobFilter};
use crate::simulator::failure::Failure;
use crate::simulator::site::Site;

/// The parameters of a request, in their order.
type Parameters = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// How many jobs a page holds if the request doesn't say.
const PAGE_SIZE: i64 = 10;
/// How many it may ask for.
const LARGEST_PAGE: i64 = 1_000;

/// A page of a site's jobs.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Answer<Vec<wire::Job>> {
    let Query(parameters) = parameters.map_err(|error| Failure::bad_request(error.body_text()))?;
    let filter = filter(&parameters).map_err(Failure::bad_request)?;
    let mut store = site.store().await?;
    known_site(store.sql(), &id).await?;
    Ok(Json(catalogue::jobs(store.sql(), &id, &filter).await?))
}

fn filter(parameters: &[(String, String)]) -> Result<JobFilter, String> {
    let mut filter = JobFilter { take: PAGE_SIZE, ..JobFilter::default() };
    let mut page: i64 = 1;
    for (key, value) in parameters {
        match key.as_str() {
            "page" => page = whole(key, value, i64::MAX)?,
            "page-size" => filter.take = whole(key, value, LARGEST_PAGE)?,
            "is-active" => {
                let wrong = |_| format!("`is-active` must be true or false, not `{value}`");
                filter.is_active = Some(value.parse().map_err(wrong)?);
            }
            "job-type" if ["backup", "restore"].contains(&value.to_lowercase().as_str()) => {
                filter.kind = Some(value.clone());
            }
            "job-type" => return Err(format!("`job-type` must be Backup or Restore, not `{value}`")),
            _ => {}
        }
    }
    filter.skip = (page - 1).saturating_mul(filter.take);
    Ok(filter)
}

fn whole(key: &str, value: &str, most: i64) -> Result<i64, String> {
    let number = value.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("`{key}` must be a whole number from 1 to {most}, not `{value}`"))
}

/// One job.
pub(super) async fn one(State(site): State<Arc<Site>>, Path((id, job)): Path<(String, String)>) -> Answer<wire::Job> {
    let mut store = site.store().await?;
    Ok(Json(known_job(store.sql(), &id, &job).await?))
}

/// The executions of one job, oldest first.
pub(super) async fn executions_of_job(
    State(site): State<Arc<Site>>,
    Path((id, job)): Path<(String, String)>,
) -> Answer<Vec<wire::Execution>> {
    let mut store = site.store().await?;
    known_job(store.sql(), &id, &job).await?;
    let executions = catalogue::executions(store.sql(), &id, job.parse().ok()).await?;
    Ok(Json(executions.iter().map(|execution| execution.to_wire(false)).collect()))
}

/// The executions of all jobs of a site, oldest first, each with its job.
pub(super) async fn executions_of_site(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
) -> Answer<Vec<wire::Execution>> {
    let mut store = site.store().await?;
    known_site(store.sql(), &id).await?;
    let executions = catalogue::executions(store.sql(), &id, None).await?;
    Ok(Json(executions.iter().map(|execution| execution.to_wire(true)).collect()))
}
