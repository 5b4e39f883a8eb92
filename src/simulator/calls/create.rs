//! The create call. It promises nothing about names: the same one twice makes two restores.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{check_credentials, known_execution};
use crate::baas::wire::CreateRestore;
use crate::simulator::catalogue::{self, SUCCESSFUL};
use crate::simulator::failure::Failure;
use crate::simulator::gate::AcceptLater;
use crate::simulator::restores::NewRestore;
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
    let request = read(&body).map_err(Failure::bad_request)?;
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
    let restore = store.accept(&new).await?;
    site.wake();
    let body = Json(json!({"message": "the restore is accepted"}));
    Ok((StatusCode::ACCEPTED, [("x-resource-id", restore.to_string())], body).into_response())
}

/// Reads a body, or names the field that is wrong.
fn read(body: &[u8]) -> Result<CreateRestore, String> {
    // Axum's reader names fields by their path; but it also takes a list for an object.
    let Json(request) = Json::<CreateRestore>::from_bytes(body).map_err(|error| error.body_text())?;
    let Json(document) = Json::<Value>::from_bytes(body).map_err(|error| error.body_text())?;
    let no_object = |field: &str| Err(format!("`{field}` is no JSON object"));
    if !document.is_object() {
        return Err("the body is no JSON object".to_owned());
    }
    let settings = document.get("job_settings");
    if !settings.is_some_and(Value::is_object) {
        return no_object("job_settings");
    }
    for (index, object) in elements(settings, "objects").iter().enumerate() {
        let field = format!("job_settings.objects[{index}]");
        if !object.is_object() {
            return no_object(&field);
        }
        let excluded = elements(Some(object), "exclude_objects");
        if let Some(index) = excluded.iter().position(|one| !one.is_object()) {
            return no_object(&format!("{field}.exclude_objects[{index}]"));
        }
    }
    Ok(request)
}

fn elements<'a>(holder: Option<&'a Value>, key: &str) -> &'a [Value] {
    holder.and_then(|holder| holder.get(key)).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
