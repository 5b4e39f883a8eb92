//! The file for whoever only looks.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, schema};
use crate::journal::chain::{self, Tail};
use crate::journal::listing::{Filter, PlanRuns, RunHead};
use crate::journal::reader::{Begun, Bookmark, Reader};
use crate::journal::row::{head, plan};
use crate::journal::{Entry, Run, StoreError};
use crate::model::RunId;

impl Reader for SqliteStore {
    async fn check(&self) -> Result<(), StoreError> {
        schema::check(&self.path, &self.pool).await
    }

    async fn heads(&self, filter: &Filter, offset: u64, limit: u64) -> Result<Vec<RunHead>, StoreError> {
        let fail = |e| self.failed("list the runs", e);
        // The page is cut first: a run's row is large, and only its beginning is looked at for that.
        let rows = sqlx::query(
            "SELECT r.id, r.plan, r.environment, r.opened_at, t.seq FROM (\
                SELECT id, plan, environment, opened_at FROM runs \
                WHERE (?1 IS NULL OR plan = ?1) AND (?2 IS NULL OR environment = ?2) \
                ORDER BY opened_at DESC, id DESC LIMIT ?3 OFFSET ?4\
             ) r LEFT JOIN tails t ON t.run = r.id ORDER BY r.opened_at DESC, r.id DESC",
        )
        .bind(filter.plan.as_deref())
        .bind(filter.environment.as_deref())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(i64::try_from(offset).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await
        .map_err(fail)?;
        rows.iter().map(|row| head(row).map_err(fail)).collect()
    }

    async fn plans(&self) -> Result<Vec<PlanRuns>, StoreError> {
        let fail = |e| self.failed("list the plans", e);
        let rows = sqlx::query(
            "SELECT plan, environment, count(*) AS runs, max(opened_at) AS last FROM runs \
             GROUP BY plan, environment ORDER BY plan, environment",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(fail)?;
        rows.iter().map(|row| plan(row).map_err(fail)).collect()
    }

    async fn begin(&self, id: &RunId) -> Result<Option<Begun>, StoreError> {
        let fail = |e| self.failed("read a run", e);
        // In one transaction, so that nothing is appended between the entries and where they end.
        let mut transaction = self.pool.begin().await.map_err(fail)?;
        let row = sqlx::query(
            "SELECT head, r.checksum, t.seq, t.checksum AS tail FROM runs r LEFT JOIN tails t ON t.run = r.id \
             WHERE r.id = ?",
        )
        .bind(id.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(fail)?;
        let Some(row) = row else { return Ok(None) };
        let tail = tail(&row).map_err(fail)?;
        let (run, entries) = self.whole(&mut transaction, &row, Run::with_changeset).await?;
        Ok(Some((run, entries, tail.map(Bookmark))))
    }

    async fn is_there(&self, id: &RunId) -> Result<bool, StoreError> {
        let number: i64 = sqlx::query_scalar("SELECT count(*) FROM runs WHERE id = ?")
            .bind(id.as_str())
            .fetch_one(&self.pool)
            .await
            .map_err(|e| self.failed("look for a run", e))?;
        Ok(number > 0)
    }

    async fn since(&self, id: &RunId, bookmark: Bookmark) -> Result<Option<(Vec<Entry>, Bookmark)>, StoreError> {
        let fail = |e| self.failed("read a run", e);
        let mut transaction = self.pool.begin().await.map_err(fail)?;
        let row = sqlx::query("SELECT seq, checksum AS tail FROM tails WHERE run = ?")
            .bind(id.as_str())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(fail)?;
        let Some(row) = row else { return Ok(None) };
        let tail = tail(&row).map_err(fail)?;
        if tail == Some(bookmark.0) {
            return Ok(Some((Vec::new(), bookmark)));
        }
        let kept = self.kept_entries(&mut transaction, id, bookmark.0.seq).await?;
        let entries = chain::read_on(id, bookmark.0, tail, &kept).map_err(|problem| self.damaged(problem))?;
        Ok(Some((entries, tail.map_or(bookmark, Bookmark))))
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        Ok(Timestamp::now())
    }
}

fn tail(row: &SqliteRow) -> Result<Option<Tail>, sqlx::Error> {
    let checksum: Option<Vec<u8>> = row.try_get("tail")?;
    Ok(Tail::kept(row.try_get("seq")?, checksum.as_deref()))
}
