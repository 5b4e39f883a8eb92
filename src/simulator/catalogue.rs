//! What the site knows about itself: databases, objects, jobs, executions and what backups hold.

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, SqliteConnection};

use super::moment::Moment;
use super::work::{BackedUp, fold};
use crate::baas::wire;

/// The status of a backup execution that can be restored from.
pub(super) const SUCCESSFUL: &str = "SUCCESSFUL";

/// All sites.
pub(super) async fn sites(sql: &mut SqliteConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT id FROM sim_sites ORDER BY id").fetch_all(sql).await
}

/// The databases of a site.
pub(super) async fn databases(sql: &mut SqliteConnection, site: &str) -> sqlx::Result<Vec<wire::Database>> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT name, kind FROM sim_databases WHERE site = ? ORDER BY folded")
            .bind(site)
            .fetch_all(sql)
            .await?;
    Ok(rows.into_iter().map(|(name, kind)| wire::Database { name: Some(name), db_kind: Some(kind) }).collect())
}

/// A database's name as it is written, if the site has it.
pub(super) async fn database(sql: &mut SqliteConnection, site: &str, name: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT name FROM sim_databases WHERE site = ? AND folded = ?")
        .bind(site)
        .bind(fold(name))
        .fetch_optional(sql)
        .await
}

/// An object as it lives at a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LiveObject {
    /// Its name.
    pub(super) name: String,
    /// Its type, as on the wire.
    pub(super) kind: String,
    /// The table of the data plane with its rows.
    pub(super) storage: Option<String>,
    /// A table's columns, or the text of a view or macro.
    pub(super) definition: Option<String>,
    /// Its stated size.
    pub(super) bytes: i64,
    /// What brought it there.
    pub(super) origin: String,
}

impl FromRow<'_, SqliteRow> for LiveObject {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            name: row.try_get("name")?,
            kind: row.try_get("kind")?,
            storage: row.try_get("storage")?,
            definition: row.try_get("definition")?,
            bytes: row.try_get("bytes")?,
            origin: row.try_get("origin")?,
        })
    }
}

/// The objects of a database at a site.
pub(super) async fn objects(sql: &mut SqliteConnection, site: &str, database: &str) -> sqlx::Result<Vec<LiveObject>> {
    sqlx::query_as(
        "SELECT name, kind, storage, definition, bytes, origin FROM sim_objects WHERE site = ? AND database = ? \
         ORDER BY folded",
    )
    .bind(site)
    .bind(fold(database))
    .fetch_all(sql)
    .await
}

/// One object of a database at a site.
pub(super) async fn object(
    sql: &mut SqliteConnection,
    site: &str,
    database: &str,
    name: &str,
) -> sqlx::Result<Option<LiveObject>> {
    sqlx::query_as(
        "SELECT name, kind, storage, definition, bytes, origin FROM sim_objects WHERE site = ? AND database = ? \
         AND folded = ?",
    )
    .bind(site)
    .bind(fold(database))
    .bind(fold(name))
    .fetch_optional(sql)
    .await
}

/// Which jobs to list.
#[derive(Debug, Clone, Default)]
pub(super) struct JobFilter {
    /// One job only.
    pub(super) id: Option<i64>,
    /// Active ones only, or inactive ones only.
    pub(super) is_active: Option<bool>,
    /// Those of this type only.
    pub(super) kind: Option<String>,
    /// How many to skip.
    pub(super) skip: i64,
    /// How many to give at most.
    pub(super) take: i64,
}

/// Jobs of a site, by number.
pub(super) async fn jobs(sql: &mut SqliteConnection, site: &str, filter: &JobFilter) -> sqlx::Result<Vec<wire::Job>> {
    let rows: Vec<(i64, String, String, bool)> = sqlx::query_as(
        "SELECT id, name, kind, is_active FROM sim_jobs WHERE site = ?1 AND id = coalesce(?2, id) \
         AND is_active = coalesce(?3, is_active) AND kind = coalesce(?4, kind) COLLATE NOCASE \
         ORDER BY id LIMIT ?5 OFFSET ?6",
    )
    .bind(site)
    .bind(filter.id)
    .bind(filter.is_active)
    .bind(&filter.kind)
    .bind(filter.take)
    .bind(filter.skip)
    .fetch_all(&mut *sql)
    .await?;
    let mut jobs = Vec::with_capacity(rows.len());
    for (id, name, kind, is_active) in rows {
        let last = executions(sql, site, Some(id)).await?.pop();
        jobs.push(wire::Job {
            job_id: Some(id.to_string()),
            name: Some(name),
            job_type: Some(kind),
            is_active: Some(is_active),
            last_execution_details: last.map(|execution| execution.to_wire(false)),
        });
    }
    Ok(jobs)
}

/// One execution of a backup job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Execution {
    pub(super) id: i64,
    pub(super) job: i64,
    pub(super) status: String,
    started_at: i64,
    ended_at: i64,
    bytes: Option<i64>,
}

impl FromRow<'_, SqliteRow> for Execution {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            job: row.try_get("job")?,
            status: row.try_get("status")?,
            started_at: row.try_get("started_at")?,
            ended_at: row.try_get("ended_at")?,
            bytes: row.try_get("bytes")?,
        })
    }
}

impl Execution {
    /// The form that documents carry, with the job where several jobs are listed together.
    pub(super) fn to_wire(&self, with_job: bool) -> wire::Execution {
        wire::Execution {
            backup_job_execution_id: Some(self.id.to_string()),
            job_id: with_job.then(|| self.job.to_string()),
            status: Some(self.status.clone()),
            start_time: Some(Moment(self.started_at).timestamp()),
            end_time: Some(Moment(self.ended_at).timestamp()),
            backup_set_size: self.bytes.map(i64::unsigned_abs),
        }
    }
}

/// The executions of a site's jobs, or of one of them; oldest first.
pub(super) async fn executions(
    sql: &mut SqliteConnection,
    site: &str,
    job: Option<i64>,
) -> sqlx::Result<Vec<Execution>> {
    sqlx::query_as(
        "SELECT id, job, status, started_at, ended_at, bytes FROM sim_executions \
         WHERE site = ?1 AND job = coalesce(?2, job) ORDER BY started_at, id",
    )
    .bind(site)
    .bind(job)
    .fetch_all(sql)
    .await
}

/// What an execution's backup holds: each database, then its objects.
pub(super) async fn backup(sql: &mut SqliteConnection, execution: i64) -> sqlx::Result<Vec<BackedUp>> {
    type Row = (String, String, String, Option<String>, Option<String>, i64);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT parent, name, kind, definition, storage, bytes FROM sim_backup_objects WHERE execution = ? ORDER BY position",
    )
    .bind(execution)
    .fetch_all(sql)
    .await?;
    let backed_up = |(parent, name, kind, definition, storage, bytes): Row| BackedUp {
        parent,
        name,
        kind,
        definition,
        storage,
        bytes: bytes.unsigned_abs(),
    };
    Ok(rows.into_iter().map(backed_up).collect())
}
