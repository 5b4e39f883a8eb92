//! The sample site that a new simulator starts with: two sites, their databases, and backups that are
//! recent relative to the moment of seeding.

mod rows;
mod shapes;

use sqlx::{AssertSqlSafe, SqliteConnection};

use super::catalogue::SUCCESSFUL;
use super::data_plane::{NewObject, add, make_table, storage_name};
use super::moment::Moment;
use super::store::{Store, create_schema, quoted, sql_int};
use super::work::fold;
use shapes::{Database, EMPTY, JOBS, Job, LIVE, PRODUCTION, RECOVERY, Table};

/// The size that is stated for a view or macro.
const TEXT_BYTES: u64 = 4_096;
const HOUR_MS: i64 = 3_600_000;

/// Makes the catalogue and fills it with the sample data: all of it or, if anything fails, none.
pub(super) async fn seed(store: &mut Store, now: Moment) -> sqlx::Result<()> {
    let mut tx = store.begin().await?;
    create_schema(&mut tx).await?;
    for site in [PRODUCTION, RECOVERY] {
        sqlx::query("INSERT INTO sim_sites VALUES (?)").bind(site).execute(&mut *tx).await?;
    }
    for (site, name, kind) in EMPTY {
        add_database(&mut tx, site, name, kind).await?;
    }
    for (database, version) in LIVE {
        add_database(&mut tx, PRODUCTION, database.name, "D").await?;
        add_live(&mut tx, &database, version).await?;
    }
    for job in &JOBS {
        add_job(&mut tx, job, now).await?;
    }
    tx.commit().await
}

async fn add_database(sql: &mut SqliteConnection, site: &str, name: &str, kind: &str) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO sim_databases VALUES (?, ?, ?, ?)")
        .bind(site)
        .bind(fold(name))
        .bind(name)
        .bind(kind)
        .execute(sql)
        .await?;
    Ok(())
}

async fn add_live(sql: &mut SqliteConnection, database: &Database, version: u64) -> sqlx::Result<()> {
    let sample = NewObject {
        site: PRODUCTION,
        database: database.name,
        name: "",
        kind: "TABLE",
        definition: None,
        bytes: TEXT_BYTES,
        origin: "sample",
    };
    for table in database.tables {
        let definition = table.definition();
        let new = NewObject { name: table.name, definition: Some(&definition), bytes: table.bytes(version), ..sample };
        if let Some(storage) = add(sql, &new, true).await? {
            fill(sql, &storage, table, version).await?;
        }
    }
    for (kind, name, text) in database.others {
        add(sql, &NewObject { name, kind, definition: Some(text), ..sample }, false).await?;
    }
    Ok(())
}

async fn add_job(sql: &mut SqliteConnection, job: &Job, now: Moment) -> sqlx::Result<()> {
    let (id, name, kind, databases, runs) = job;
    sqlx::query("INSERT INTO sim_jobs VALUES (?, ?, ?, ?, TRUE)")
        .bind(PRODUCTION)
        .bind(id)
        .bind(name)
        .bind(kind)
        .execute(&mut *sql)
        .await?;
    for (execution, version, hours_ago) in *runs {
        // Whole seconds, as the service's times are.
        let started_at = now.0 / 1000 * 1000 - hours_ago * HOUR_MS;
        let (status, minutes) = if version.is_some() { (SUCCESSFUL, 40) } else { ("FAILED", 3) };
        let bytes = match version {
            Some(version) => Some(add_backup(sql, *execution, databases, *version).await?),
            None => None,
        };
        sqlx::query("INSERT INTO sim_executions VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(execution)
            .bind(PRODUCTION)
            .bind(id)
            .bind(status)
            .bind(started_at)
            .bind(started_at + minutes * 60_000)
            .bind(bytes.map(sql_int))
            .execute(&mut *sql)
            .await?;
    }
    Ok(())
}

/// Adds what one execution backed up; gives its size.
async fn add_backup(
    sql: &mut SqliteConnection,
    execution: i64,
    databases: &[Database],
    version: u64,
) -> sqlx::Result<u64> {
    let mut shelf = Shelf { execution, position: 0 };
    let mut total = 0;
    for database in databases {
        let tables: u64 = database.tables.iter().map(|table| table.bytes(version)).sum();
        let texts: u64 = database.others.iter().map(|_| TEXT_BYTES).sum();
        total += tables + texts;
        shelf.put(sql, ("DBC", database.name, "DATABASE"), None, None, tables + texts).await?;
        for table in database.tables {
            let storage = storage_name(&format!("backup-{execution}"), database.name, table.name);
            let definition = table.definition();
            make_table(sql, &storage, &definition).await?;
            fill(sql, &storage, table, version).await?;
            let key = (database.name, table.name, "TABLE");
            shelf.put(sql, key, Some(&definition), Some(&storage), table.bytes(version)).await?;
        }
        for (kind, name, text) in database.others {
            shelf.put(sql, (database.name, name, kind), Some(text), None, TEXT_BYTES).await?;
        }
    }
    Ok(total)
}

/// The objects of one backup, in their order.
struct Shelf {
    execution: i64,
    position: i64,
}

impl Shelf {
    async fn put(
        &mut self,
        sql: &mut SqliteConnection,
        (parent, name, kind): (&str, &str, &str),
        definition: Option<&str>,
        storage: Option<&str>,
        bytes: u64,
    ) -> sqlx::Result<()> {
        self.position += 1;
        sqlx::query("INSERT INTO sim_backup_objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(self.execution)
            .bind(self.position)
            .bind(parent)
            .bind(name)
            .bind(kind)
            .bind(definition)
            .bind(storage)
            .bind(sql_int(bytes))
            .execute(sql)
            .await?;
        Ok(())
    }
}

async fn fill(sql: &mut SqliteConnection, storage: &str, table: &Table, version: u64) -> sqlx::Result<()> {
    let values: Vec<String> = (0..table.columns.len()).map(|index| format!("value ->> {index}")).collect();
    let insert = format!("INSERT INTO {} SELECT {} FROM json_each(?)", quoted(storage), values.join(", "));
    sqlx::query(AssertSqlSafe(insert)).persistent(false).bind(table.rows(version).to_string()).execute(sql).await?;
    Ok(())
}
