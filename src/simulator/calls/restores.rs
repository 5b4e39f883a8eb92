//! Reading restores.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};

use super::{Answer, known_execution, known_site};
use crate::baas::wire;
use crate::simulator::failure::Failure;
use crate::simulator::restores::{self, Restore};
use crate::simulator::site::Site;

/// The restores that come from a site or arrive there.
pub(super) async fn of_site(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Answer<Vec<wire::Restore>> {
    let (mut store, course, now) = site.current().await?;
    known_site(store.sql(), &id).await?;
    let restores = restores::listed(store.sql(), &id, None, now).await?;
    Ok(Json(restores.iter().map(|restore| course.show(restore)).collect()))
}

/// The restores of one backup execution.
pub(super) async fn of_execution(
    State(site): State<Arc<Site>>,
    Path((id, job, execution)): Path<(String, String, String)>,
) -> Answer<Vec<wire::Restore>> {
    let (mut store, course, now) = site.current().await?;
    let execution = known_execution(store.sql(), &id, &job, &execution).await?;
    let restores = restores::listed(store.sql(), &id, Some(execution.id), now).await?;
    Ok(Json(restores.iter().map(|restore| course.show(restore)).collect()))
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
