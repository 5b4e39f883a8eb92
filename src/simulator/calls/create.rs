//! The create call. It promises nothing about names: the same one twice makes two restores.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{check_credentials, known_execution};
use crate::baas::wire::CreateRestore;
use crate::simulator::catalogue::{self, SUCCESSFUL};
use crate::simulator::failure::Failure;
use crate::simulator::gate::AcceptLater;
use crate::simulator::restores::{self, NewRestore};
use crate::simulator::site::Site;
use crate::simulator::work;

/// Accepts a restore, or says what is wrong with the request.
pub(super) async fn create(
    State(site): State<Arc<Site>>,
    Path((id, job, execution)): Path<(String, String, String)>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    check_credentials(&site, &headers)?;
    let (mut store, _, now) = site.current().await?;
    let execution = known_execution(store.sql(), &id, &job, &execution).await?;
    // Axum's reader names the field that is wrong.
    let Json(request) =
        Json::<CreateRestore>::from_bytes(&body).map_err(|error| Failure::bad_request(error.body_text()))?;
    let sites = catalogue::sites(store.sql()).await?;
    work::check(&request, &id, &sites).map_err(Failure::bad_request)?;
    if execution.status != SUCCESSFUL {
        return Err(Failure::bad_request(format!(
            "execution {} can't be restored: its status is {}",
            execution.id, execution.status
        )));
    }
    let backup = catalogue::backup(store.sql(), execution.id).await?;
    let accepted_at = now.plus(extensions.get::<AcceptLater>().map_or(0, |later| later.0));
    let new = NewRestore {
        source_site: &id,
        job: execution.job,
        execution: execution.id,
        body: &request,
        text: &String::from_utf8_lossy(&body),
        work: &work::resolve(&request, &backup),
        faults: &site.faults().on_accept(&request.name),
        accepted_at,
        ready_at: site.ready_at(accepted_at),
    };
    let restore = restores::insert(store.sql(), &new).await?;
    site.wake();
    let body = Json(json!({"message": "the restore is accepted"}));
    Ok((StatusCode::ACCEPTED, [("x-resource-id", restore.to_string())], body).into_response())
}
