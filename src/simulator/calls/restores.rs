//! Reading restores.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

use super::{Answer, known_execution, known_site};
use crate::baas::wire;
use crate::simulator::course::Course;
use crate::simulator::failure::Failure;
use crate::simulator::restores::{self, Restore, written};
use crate::simulator::site::Site;

/// The restores that come from a site or arrive there.
pub(super) async fn of_site(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let (mut store, course, now) = site.current().await?;
    known_site(store.sql(), &id).await?;
    let restores = restores::listed(store.sql(), &id, None, now).await?;
    list(&restores, store.kept(), &course)
}

/// The restores of one backup execution.
pub(super) async fn of_execution(
    State(site): State<Arc<Site>>,
    Path((id, job, execution)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    let (mut store, course, now) = site.current().await?;
    let execution = known_execution(store.sql(), &id, &job, &execution).await?;
    let restores = restores::listed(store.sql(), &id, Some(execution.id), now).await?;
    list(&restores, store.kept(), &course)
}

/// A list as it is sent. Nothing of what has ended changes any more, so its documents go out as they are stored: a site
/// that has seen much answers as soon as it can.
fn list(restores: &[(i64, Option<String>)], open: &[Restore], course: &Course) -> Result<Response, Failure> {
    let mut body = String::from("[");
    for (id, ended) in restores {
        if body.len() > 1 {
            body.push(',');
        }
        match (ended, open.binary_search_by_key(id, |restore| restore.id).ok().and_then(|at| open.get(at))) {
            (Some(ended), _) => body.push_str(ended),
            (None, Some(restore)) => body.push_str(&written(&course.show(restore))?),
            // Somebody wrote with a client of their own since the look at the site.
            (None, None) => return Err(sqlx::Error::RowNotFound.into()),
        }
    }
    body.push(']');
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// One restore.
pub(super) async fn one(
    State(site): State<Arc<Site>>,
    Path((id, job, execution, restore)): Path<(String, String, String, String)>,
) -> Answer<wire::Restore> {
    let (mut store, course, now) = site.current().await?;
    let execution = known_execution(store.sql(), &id, &job, &execution).await?;
    let unknown = || Failure::not_found(format!("execution {} has no restore `{restore}`", execution.id));
    let number = restore.parse().map_err(|_| unknown())?;
    let belongs = |found: &Restore| found.execution == execution.id;
    let found = restores::get(store.sql(), number, now).await?.filter(belongs).ok_or_else(unknown)?;
    Ok(Json(course.show(&found)))
}
