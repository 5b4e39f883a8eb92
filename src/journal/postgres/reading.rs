//! The server for whoever only looks.

use jiff::Timestamp;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection as _, Row as _};

use super::patience::{Patience, Trouble};
use super::{PostgresStore, patiently, schema};
use crate::journal::chain::{self, KeptEntry, Tail};
use crate::journal::listing::{Filter, PlanRuns, RunHead};
use crate::journal::reader::{Begun, Bookmark, Reader};
use crate::journal::row::{head, moment, plan};
use crate::journal::{Entry, Run, StoreError};
use crate::model::RunId;

impl Reader for PostgresStore {
    async fn check(&self) -> Result<(), StoreError> {
        patiently!(self, self.0.patience, "be looked at", |connection| schema::check(connection, &self.0.address.place))
    }

    async fn heads(&self, filter: &Filter, offset: u64, limit: u64) -> Result<Vec<RunHead>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        patiently!(self, self.0.patience, "list the runs", |connection| async {
            let rows = sqlx::query(
                "SELECT r.id, r.plan, r.environment, r.opened_at, t.seq FROM (\
                    SELECT id, plan, environment, opened_at FROM restorectl.runs \
                    WHERE ($1::text IS NULL OR plan = $1) AND ($2::text IS NULL OR environment = $2) \
                    ORDER BY opened_at DESC, id DESC LIMIT $3 OFFSET $4\
                 ) r LEFT JOIN restorectl.tails t ON t.run = r.id ORDER BY r.opened_at DESC, r.id DESC",
            )
            .bind(filter.plan.as_deref())
            .bind(filter.environment.as_deref())
            .bind(limit)
            .bind(offset)
            .fetch_all(&mut *connection)
            .await?;
            rows.iter().map(|row| Ok(head(row)?)).collect::<Result<Vec<RunHead>, Trouble>>()
        })
    }

    async fn plans(&self) -> Result<Vec<PlanRuns>, StoreError> {
        patiently!(self, self.0.patience, "list the plans", |connection| async {
            let rows = sqlx::query(
                "SELECT plan, environment, count(*) AS runs, max(opened_at) AS last FROM restorectl.runs \
                 GROUP BY plan, environment ORDER BY plan COLLATE \"C\", environment COLLATE \"C\"",
            )
            .fetch_all(&mut *connection)
            .await?;
            rows.iter().map(|row| Ok(plan(row)?)).collect::<Result<Vec<PlanRuns>, Trouble>>()
        })
    }

    async fn begin(&self, id: &RunId) -> Result<Option<Begun>, StoreError> {
        patiently!(self, self.0.patience, "read a run", |connection| async {
            let found = self.whole(connection, (Some(id.as_str()), None, None), Run::with_changeset).await?;
            let found = found.into_iter().next();
            Ok::<_, Trouble>(found.map(|((run, entries), tail)| (run, entries, tail.map(Bookmark))))
        })
    }

    async fn is_there(&self, id: &RunId) -> Result<bool, StoreError> {
        patiently!(self, self.0.patience, "look for a run", |connection| async {
            let number: i64 = sqlx::query_scalar("SELECT count(*) FROM restorectl.runs WHERE id = $1")
                .bind(id.as_str())
                .fetch_one(&mut *connection)
                .await?;
            Ok::<_, Trouble>(number > 0)
        })
    }

    async fn since(&self, id: &RunId, bookmark: Bookmark) -> Result<Option<(Vec<Entry>, Bookmark)>, StoreError> {
        patiently!(self, self.0.patience, "read a run", |connection| self.added(connection, id, bookmark))
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        patiently!(self, self.0.patience, "tell the time", |connection| async {
            let now: i64 = sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
                .fetch_one(&mut *connection)
                .await?;
            Ok::<_, Trouble>(moment(now))
        })
    }
}

impl PostgresStore {
    async fn added(
        &self,
        connection: &mut PgConnection,
        id: &RunId,
        bookmark: Bookmark,
    ) -> Result<Option<(Vec<Entry>, Bookmark)>, Trouble> {
        let mut transaction = connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let row = sqlx::query("SELECT seq, checksum FROM restorectl.tails WHERE run = $1")
            .bind(id.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let checksum: Option<Vec<u8>> = row.try_get("checksum")?;
        let tail = Tail::kept(row.try_get("seq")?, checksum.as_deref());
        if tail == Some(bookmark.0) {
            transaction.commit().await?;
            return Ok(Some((Vec::new(), bookmark)));
        }
        let rows = sqlx::query(
            "SELECT seq, at, record, checksum FROM restorectl.entries WHERE run = $1 AND seq > $2 ORDER BY seq",
        )
        .bind(id.as_str())
        .bind(bookmark.0.seq)
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let entry = |row: &PgRow| {
            Ok(KeptEntry {
                seq: row.try_get("seq")?,
                at: row.try_get("at")?,
                record: row.try_get("record")?,
                checksum: row.try_get("checksum")?,
            })
        };
        let kept = rows.iter().map(entry).collect::<Result<Vec<_>, sqlx::Error>>()?;
        let entries = chain::read_on(id, bookmark.0, tail, &kept).map_err(|problem| self.damaged(problem))?;
        Ok(Some((entries, tail.map_or(bookmark, Bookmark))))
    }
}
