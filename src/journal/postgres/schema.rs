//! The tables, in a schema of their own.

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};

use super::patience::Trouble;
use crate::journal::StoreError;

/// What brings the tables from each version to the next. A newer schema is refused, never changed.
const STEPS: [&str; 3] = [
    "
CREATE SCHEMA restorectl;
CREATE TABLE restorectl.version (version bigint NOT NULL);
INSERT INTO restorectl.version VALUES (1);
CREATE TABLE restorectl.runs (
    id text COLLATE \"C\" PRIMARY KEY,
    plan text NOT NULL,
    environment text NOT NULL,
    opened_at bigint NOT NULL, -- milliseconds since 1970
    head text NOT NULL,
    checksum bytea NOT NULL,
    token bigint NOT NULL
);
CREATE INDEX runs_of ON restorectl.runs (plan, environment, opened_at);
CREATE TABLE restorectl.entries (
    run text COLLATE \"C\" NOT NULL REFERENCES restorectl.runs (id),
    seq bigint NOT NULL,
    at text NOT NULL,
    record text NOT NULL,
    checksum bytea NOT NULL,
    PRIMARY KEY (run, seq)
);
CREATE TABLE restorectl.tails (
    run text COLLATE \"C\" PRIMARY KEY REFERENCES restorectl.runs (id),
    seq bigint NOT NULL,
    checksum bytea NOT NULL
);
CREATE TABLE restorectl.leases (
    plan text NOT NULL,
    environment text NOT NULL,
    token bigint NOT NULL,
    holder text, -- none: nobody holds it
    run text,
    since bigint NOT NULL,
    until bigint NOT NULL,
    term bigint NOT NULL,
    note text, -- how the last one ended
    PRIMARY KEY (plan, environment)
);
",
    // Shards have leases of their own.
    "
ALTER TABLE restorectl.runs ADD COLUMN shard text NOT NULL DEFAULT '';
ALTER TABLE restorectl.leases
    ADD COLUMN shard text COLLATE \"C\" NOT NULL DEFAULT '', -- like 1/3; empty: the whole plan
    ADD COLUMN digest text, -- of the plan that was cut
    DROP CONSTRAINT leases_pkey,
    ADD PRIMARY KEY (plan, environment, shard);
UPDATE restorectl.version SET version = 2;
",
    // What is left of runs that were pruned.
    "
CREATE TABLE restorectl.remains (
    run text COLLATE \"C\" PRIMARY KEY,
    plan text NOT NULL,
    environment text NOT NULL,
    head text NOT NULL,
    entries text NOT NULL,
    checksum bytea NOT NULL
);
CREATE INDEX remains_of ON restorectl.remains (plan, environment);
UPDATE restorectl.version SET version = 3;
",
];

/// Held while the tables are made or changed, so that two who come at once don't both do it.
const LOCK: i64 = 0x7265_7374_6f72_6563;

/// Makes the tables, or brings them up to date. Where they are, nothing is written.
pub(super) async fn migrate(connection: &mut PgConnection, place: &str) -> Result<(), Trouble> {
    if version(connection, place).await? == Some(STEPS.len()) {
        return Ok(());
    }
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
    let version = version(&mut transaction, place).await?.unwrap_or(0);
    for step in STEPS.get(version..).unwrap_or_default() {
        transaction.execute(*step).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Makes sure that the tables are those of this version, and changes nothing.
pub(super) async fn check(connection: &mut PgConnection, place: &str) -> Result<(), Trouble> {
    let known = STEPS.len();
    let problem = match version(connection, place).await? {
        Some(version) if version == known => return Ok(()),
        None => "it holds no tables of restorectl: `restorectl apply` makes them".to_owned(),
        Some(version) => format!(
            "its schema has version {version}, and version {known} is read: any other command of this restorectl, like \
             `restorectl runs list`, brings it up to date"
        ),
    };
    Err(Trouble::Final(StoreError::Unreadable { place: place.to_owned(), problem }))
}

/// The version of the tables, where there are any.
async fn version(connection: &mut PgConnection, place: &str) -> Result<Option<usize>, Trouble> {
    // Asked of the catalogue itself: `to_regclass` may still remember how it was before the lock.
    let there: bool = sqlx::query_scalar(
        "SELECT count(*) > 0 FROM pg_catalog.pg_tables WHERE schemaname = 'restorectl' AND tablename = 'version'",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !there {
        return Ok(None);
    }
    let version: i64 = sqlx::query_scalar("SELECT version FROM restorectl.version").fetch_one(connection).await?;
    match usize::try_from(version) {
        Ok(known) if known <= STEPS.len() => Ok(Some(known)),
        _ => Err(Trouble::Final(StoreError::Unreadable {
            place: place.to_owned(),
            problem: format!(
                "its schema has version {version}, and this restorectl knows {}: use a newer one",
                STEPS.len()
            ),
        })),
    }
}
