//! The restores of the site: stored when accepted, moved on as time passes, shown as documents.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, SqliteConnection};

use super::fault::Applied;
use super::lifecycle::{Effort, Facts, Reach};
use super::moment::Moment;
use super::work::{Claim, Work};
use crate::baas::wire::{self, CreateRestore};

/// The first restore gets the number after this one.
const FIRST_ID: i64 = 8_000;
/// How far the numbers of restore jobs are from those of their executions.
const JOB_OFFSET: i64 = 5_900;

/// A restore as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Restore {
    /// Its execution id.
    pub(super) id: i64,
    /// Its job's name.
    pub(super) name: String,
    /// The site that was backed up.
    pub(super) source_site: String,
    /// The backup execution.
    pub(super) execution: i64,
    /// Where it arrives.
    pub(super) target_site: String,
    /// What it does.
    pub(super) work: Work,
    /// What it locks.
    pub(super) claims: Vec<Claim>,
    /// What goes wrong with it on purpose.
    pub(super) faults: Applied,
    /// From when on it may run.
    pub(super) ready_at: Moment,
    /// Since when it runs.
    pub(super) started_at: Option<Moment>,
    /// Its last document, once it has ended.
    pub(super) record: Option<wire::Restore>,
}

impl Restore {
    /// The number of its job.
    pub(super) fn job_id(&self) -> i64 {
        self.id - JOB_OFFSET
    }

    /// What its course depends on.
    pub(super) fn facts(&self) -> Facts {
        Facts {
            id: self.id,
            target_site: self.target_site.clone(),
            claims: self.claims.clone(),
            ready_at: self.ready_at,
            started_at: self.started_at,
            effort: self.effort(),
        }
    }

    /// What it has to move.
    pub(super) fn effort(&self) -> Effort {
        let reach = if self.faults.hang {
            Reach::StandsHalfway
        } else if self.faults.fail.is_some() {
            Reach::BreaksHalfway
        } else {
            Reach::Whole
        };
        let sizes = self.work.tasks.iter().map(|task| task.bytes).collect();
        Effort { sizes, slowness: self.faults.slow.unwrap_or(1.0), reach }
    }
}

impl FromRow<'_, SqliteRow> for Restore {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let body: CreateRestore = column(row, "body")?;
        let record: Option<String> = row.try_get("record")?;
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            source_site: row.try_get("source_site")?,
            execution: row.try_get("execution")?,
            target_site: row.try_get("target_site")?,
            work: column(row, "work")?,
            claims: super::work::claims(&body),
            faults: column(row, "faults")?,
            ready_at: Moment(row.try_get("ready_at")?),
            started_at: row.try_get::<Option<i64>, _>("started_at")?.map(Moment),
            record: record.as_deref().map(|text| read("record", text)).transpose()?,
        })
    }
}

fn column<T: DeserializeOwned>(row: &SqliteRow, name: &str) -> sqlx::Result<T> {
    read(name, &row.try_get::<String, _>(name)?)
}

fn read<T: DeserializeOwned>(column: &str, text: &str) -> sqlx::Result<T> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::ColumnDecode { index: column.into(), source: error.into() })
}

/// A document as it is stored and sent.
pub(super) fn written<T: serde::Serialize>(value: &T) -> sqlx::Result<String> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// A restore that is being accepted.
#[derive(Debug)]
pub(super) struct NewRestore<'a> {
    /// The site that was backed up.
    pub(super) source_site: &'a str,
    /// The backup job.
    pub(super) job: i64,
    /// The backup execution.
    pub(super) execution: i64,
    /// What was sent, read.
    pub(super) body: &'a CreateRestore,
    /// What was sent, to the letter.
    pub(super) text: &'a str,
    /// What it comes to.
    pub(super) work: &'a Work,
    /// What goes wrong with it on purpose.
    pub(super) faults: &'a Applied,
    /// When it counts as accepted; until then nobody sees it.
    pub(super) accepted_at: Moment,
    /// From when on it may run.
    pub(super) ready_at: Moment,
}

/// Stores a restore.
pub(super) async fn insert(sql: &mut SqliteConnection, new: &NewRestore<'_>) -> sqlx::Result<Restore> {
    let id = sqlx::query_scalar(
        "INSERT INTO sim_restores (id, name, source_site, job, execution, target_site, body, work, faults, \
         accepted_at, listed_at, ready_at) \
         VALUES ((SELECT coalesce(max(id), ?) + 1 FROM sim_restores), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
    )
    .bind(FIRST_ID)
    .bind(&new.body.name)
    .bind(new.source_site)
    .bind(new.job)
    .bind(new.execution)
    .bind(&new.body.target_site)
    .bind(new.text)
    .bind(written(new.work)?)
    .bind(written(new.faults)?)
    .bind(new.accepted_at.0)
    .bind(new.accepted_at.plus(new.faults.vanish_ms).0)
    .bind(new.ready_at.0)
    .fetch_one(sql)
    .await?;
    Ok(Restore {
        id,
        name: new.body.name.clone(),
        source_site: new.source_site.to_owned(),
        execution: new.execution,
        target_site: new.body.target_site.clone(),
        work: new.work.clone(),
        claims: super::work::claims(new.body),
        faults: new.faults.clone(),
        ready_at: new.ready_at,
        started_at: None,
        record: None,
    })
}

/// The restores that haven't ended, also those that are accepted only later, kept between two looks at them.
#[derive(Debug)]
pub(super) struct Open {
    /// In the order of their ids.
    pub(super) restores: Vec<Restore>,
    /// The moment of the last start or end of any restore.
    pub(super) last_step: Moment,
    /// SQLite's `data_version`: another one means that somebody else has written.
    pub(super) version: i64,
}

/// Reads the restores that haven't ended.
pub(super) async fn open(sql: &mut SqliteConnection, version: i64) -> sqlx::Result<Open> {
    let restores =
        sqlx::query_as("SELECT * FROM sim_restores WHERE ended_at IS NULL ORDER BY id").fetch_all(&mut *sql).await?;
    let last: Option<i64> =
        sqlx::query_scalar("SELECT max(max(coalesce(started_at, 0), coalesce(ended_at, 0))) FROM sim_restores")
            .fetch_one(sql)
            .await?;
    Ok(Open { restores, last_step: Moment(last.unwrap_or(0)), version })
}

/// One restore, if it is accepted by `now`.
pub(super) async fn get(sql: &mut SqliteConnection, id: i64, now: Moment) -> sqlx::Result<Option<Restore>> {
    sqlx::query_as("SELECT * FROM sim_restores WHERE id = ? AND accepted_at <= ?")
        .bind(id)
        .bind(now.0)
        .fetch_optional(sql)
        .await
}

/// The restores that lists show at `now`: of a site as source or target, or of one execution. Each by its id, and those
/// that have ended with the text of their last document.
pub(super) async fn listed(
    sql: &mut SqliteConnection,
    site: &str,
    execution: Option<i64>,
    now: Moment,
) -> sqlx::Result<Vec<(i64, Option<String>)>> {
    sqlx::query_as(
        "SELECT id, record FROM sim_restores WHERE (source_site = ?1 OR target_site = ?1) AND execution = coalesce(?2, execution) \
         AND accepted_at <= ?3 AND listed_at <= ?3 ORDER BY id",
    )
    .bind(site)
    .bind(execution)
    .bind(now.0)
    .fetch_all(sql)
    .await
}

/// Notes that a restore runs.
pub(super) async fn start(sql: &mut SqliteConnection, id: i64, at: Moment) -> sqlx::Result<()> {
    sqlx::query("UPDATE sim_restores SET started_at = ? WHERE id = ?").bind(at.0).bind(id).execute(sql).await?;
    Ok(())
}

/// Notes that a restore has ended, with its last document.
pub(super) async fn end(sql: &mut SqliteConnection, id: i64, at: Moment, record: &wire::Restore) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE sim_restores SET started_at = coalesce(started_at, ?1), ended_at = ?1, record = ?2 WHERE id = ?3",
    )
    .bind(at.0)
    .bind(written(record)?)
    .bind(id)
    .execute(sql)
    .await?;
    Ok(())
}

/// The restores accepted by `now`, each with what was sent for it.
pub(super) async fn accepted(sql: &mut SqliteConnection, now: Moment) -> sqlx::Result<Vec<Value>> {
    type Row = (i64, String, i64, i64, String, i64);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, source_site, job, execution, body, accepted_at FROM sim_restores WHERE accepted_at <= ? \
         ORDER BY accepted_at, id",
    )
    .bind(now.0)
    .fetch_all(sql)
    .await?;
    let mut accepted = Vec::with_capacity(rows.len());
    for (id, site, job, execution, body, at) in rows {
        let body: Value = read("body", &body)?;
        accepted.push(json!({
            "restore_execution_id": id, "site": site, "job": job, "execution": execution, "name": body.get("name"),
            "accepted_at": Moment(at).timestamp(), "body": body,
        }));
    }
    Ok(accepted)
}
