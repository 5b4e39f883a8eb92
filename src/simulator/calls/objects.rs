//! The object list of a backup: ordered, prepared for a moment, then there.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sqlx::SqliteConnection;

use super::{Answer, known_execution, known_site};
use crate::baas::wire;
use crate::simulator::catalogue::{self, SUCCESSFUL};
use crate::simulator::failure::Failure;
use crate::simulator::moment::Moment;
use crate::simulator::site::Site;
use crate::simulator::work::BackedUp;

/// The preparation of one execution's object list.
struct Preparation {
    id: i64,
    execution: i64,
    ready_at: Moment,
}

/// The newest preparation of a site, or of one execution.
async fn newest(
    sql: &mut SqliteConnection,
    site: &str,
    execution: Option<i64>,
) -> Result<Option<Preparation>, Failure> {
    let row: Option<(i64, i64, i64)> = sqlx::query_as(
        "SELECT id, execution, ready_at FROM sim_preparations WHERE site = ?1 AND execution = coalesce(?2, execution) \
         ORDER BY started_at DESC, id DESC LIMIT 1",
    )
    .bind(site)
    .bind(execution)
    .fetch_optional(sql)
    .await?;
    Ok(row.map(|(id, execution, ready_at)| Preparation { id, execution, ready_at: Moment(ready_at) }))
}

/// Orders the preparation of an object list. A site prepares one list at a time.
pub(super) async fn prepare(
    State(site): State<Arc<Site>>,
    Path((id, job, execution)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    let mut store = site.store().await?;
    let execution = known_execution(store.sql(), &id, &job, &execution).await?;
    if execution.status != SUCCESSFUL {
        let problem = format!("execution {} did not complete successfully: there are no objects in it", execution.id);
        return Err(Failure::bad_request(problem));
    }
    let now = Moment::now();
    if let Some(other) = newest(store.sql(), &id, None).await?.filter(|one| one.ready_at > now) {
        if other.execution == execution.id {
            return Ok(accepted(other.id));
        }
        let problem =
            format!("the objects of execution {} are being prepared; wait until that has ended", other.execution);
        return Err(Failure::new(StatusCode::CONFLICT, problem));
    }
    let preparation: i64 = sqlx::query_scalar(
        "INSERT INTO sim_preparations (site, execution, started_at, ready_at) VALUES (?, ?, ?, ?) \
         ON CONFLICT (execution) DO UPDATE SET started_at = excluded.started_at, ready_at = excluded.ready_at \
         RETURNING id",
    )
    .bind(&id)
    .bind(execution.id)
    .bind(now.0)
    .bind(site.prepared_at(now).0)
    .fetch_one(store.sql())
    .await?;
    Ok(accepted(preparation))
}

fn accepted(preparation: i64) -> Response {
    let body = Json(json!({"message": "the object list is being prepared"}));
    (StatusCode::ACCEPTED, [("x-resource-id", preparation.to_string())], body).into_response()
}

/// How far the site's newest preparation is.
pub(super) async fn preparation_status(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
) -> Answer<wire::PreparationStatus> {
    let mut store = site.store().await?;
    known_site(store.sql(), &id).await?;
    let now = Moment::now();
    let (status, details) = match newest(store.sql(), &id, None).await? {
        None => (None, "no object list was prepared at this site yet".to_owned()),
        Some(one) if one.ready_at > now => {
            (Some("RUNNING"), format!("the objects of execution {} are being prepared", one.execution))
        }
        Some(one) => (Some("COMPLETED_SUCCESSFULLY"), format!("the objects of execution {} are ready", one.execution)),
    };
    Ok(Json(wire::PreparationStatus { status: status.map(str::to_owned), details: Some(details) }))
}

/// The object list of an execution, once it is prepared: each database with the sum of what it holds, then its objects.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Path((id, job, execution)): Path<(String, String, String)>,
) -> Answer<Vec<wire::BackupObject>> {
    let mut store = site.store().await?;
    let execution = known_execution(store.sql(), &id, &job, &execution).await?;
    let prepared = newest(store.sql(), &id, Some(execution.id)).await?;
    if prepared.is_none_or(|one| one.ready_at > Moment::now()) {
        return Err(Failure::not_found(format!(
            "the objects of execution {} are not prepared: POST prepare-objects first, and wait until \
             objects-preparation-status tells that they are ready",
            execution.id
        )));
    }
    let objects = catalogue::backup(store.sql(), execution.id).await?;
    let document = |one: BackedUp| wire::BackupObject {
        object_name: Some(one.name),
        object_type: Some(one.kind),
        parent_name: Some(one.parent),
        parent_type: Some("DATABASE".to_owned()),
        byte_count: Some(one.bytes),
    };
    Ok(Json(objects.into_iter().map(document).collect()))
}
