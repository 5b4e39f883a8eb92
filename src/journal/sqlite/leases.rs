//! Leases in the file. Their clock is the machine's: whoever shares the file shares that.

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row as _, Sqlite, Transaction};

use super::SqliteStore;
use crate::journal::kept_lease::{KeptLease, Taking, held, kept_shard, lost, taking};
use crate::journal::{Claim, Lease, StoreError};
use crate::model::{RunId, Slug};

/// The leases of a plan in an environment, as [`kept`] reads them; that of the whole plan comes first.
const OF_PLAN: &str = "SELECT shard, digest, token, holder, run, since, until, term, note FROM leases \
                       WHERE plan = ? AND environment = ? ORDER BY shard";

/// A row of a lease, and how the last one ended.
fn kept(row: &SqliteRow) -> Result<(KeptLease, Option<String>), sqlx::Error> {
    let lease = KeptLease {
        shard: row.try_get("shard")?,
        digest: row.try_get("digest")?,
        token: row.try_get("token")?,
        holder: row.try_get("holder")?,
        run: row.try_get("run")?,
        since: row.try_get("since")?,
        until: row.try_get("until")?,
        term: row.try_get("term")?,
    };
    Ok((lease, row.try_get("note")?))
}

impl SqliteStore {
    pub(super) async fn take_lease(&self, claim: &Claim, over: &[u64]) -> Result<Lease, StoreError> {
        let fail = |e| self.failed("take a lease", e);
        let mut transaction = self.write("take a lease").await?;
        let now = Timestamp::now();
        let rows = self.rows(&mut transaction, &claim.plan, &claim.environment).await?;
        // One number for all leases of the plan in the environment, so that a token names one lease.
        let token = rows.iter().map(|(lease, _)| lease.token).max().unwrap_or(0).saturating_add(1);
        let held = held(&claim.plan, &claim.environment, rows).map_err(|problem| self.damaged(problem))?;
        let ended = match taking(claim, held, now, over) {
            Taking::Held(held) => return Err(StoreError::Held(held)),
            Taking::Over(ended) => ended,
        };
        for lease in &ended {
            self.end(&mut transaction, lease, None).await?;
        }
        let holder = serde_json::to_string(&claim.holder).map_err(|e| self.damaged(e.to_string()))?;
        let lease = Lease::new(claim, u64::try_from(token).map_err(|e| self.damaged(e.to_string()))?, now);
        sqlx::query(
            "INSERT OR REPLACE INTO leases (plan, environment, shard, digest, token, holder, since, until, term) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(claim.plan.as_str())
        .bind(&claim.environment)
        .bind(kept_shard(claim.share.as_ref()))
        .bind(claim.share.as_ref().map(|share| &share.digest))
        .bind(token)
        .bind(holder)
        .bind(lease.since.as_millisecond())
        .bind(lease.until.as_millisecond())
        .bind(i64::try_from(lease.term.0).unwrap_or(i64::MAX))
        .execute(&mut *transaction)
        .await
        .map_err(fail)?;
        transaction.commit().await.map_err(fail)?;
        Ok(lease)
    }

    pub(super) async fn renew_lease(&self, lease: &Lease) -> Result<Lease, StoreError> {
        let fail = |e| self.failed("renew a lease", e);
        let mut transaction = self.write("renew a lease").await?;
        let until = self.prolong(&mut transaction, lease, None).await?;
        transaction.commit().await.map_err(fail)?;
        Ok(Lease { until, ..lease.clone() })
    }

    /// Lets a lease last its term from now on, and names the run that was opened under it.
    ///
    /// # Errors
    /// When it is lost.
    pub(super) async fn prolong(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        lease: &Lease,
        run: Option<&RunId>,
    ) -> Result<Timestamp, StoreError> {
        let until = lease.term.after(Timestamp::now());
        let renewed = sqlx::query(
            "UPDATE leases SET until = ?, run = coalesce(?, run) \
             WHERE plan = ? AND environment = ? AND token = ? AND holder IS NOT NULL",
        )
        .bind(until.as_millisecond())
        .bind(run.map(RunId::as_str))
        .bind(lease.plan.as_str())
        .bind(&lease.environment)
        .bind(token(lease))
        .execute(&mut **transaction)
        .await
        .map_err(|e| self.failed("renew a lease", e))?;
        match renewed.rows_affected() {
            0 => {
                let shard = kept_shard(lease.share.as_ref());
                Err(self.lost(transaction, (&lease.plan, &lease.environment, &shard)).await)
            }
            _ => Ok(until),
        }
    }

    pub(super) async fn give_up(&self, lease: &Lease, how: &str) -> Result<bool, StoreError> {
        let mut transaction = self.write("end a lease").await?;
        let ended = self.end(&mut transaction, lease, Some(how)).await?;
        transaction.commit().await.map_err(|e| self.failed("end a lease", e))?;
        Ok(ended)
    }

    /// Ends a lease, if it is the one that is held. Its token is used up by that.
    async fn end(
        &self,
        connection: &mut SqliteConnection,
        lease: &Lease,
        how: Option<&str>,
    ) -> Result<bool, StoreError> {
        let ended = sqlx::query(
            "UPDATE leases SET token = token + 1, holder = NULL, run = NULL, note = ? \
             WHERE plan = ? AND environment = ? AND token = ? AND holder IS NOT NULL",
        )
        .bind(how)
        .bind(lease.plan.as_str())
        .bind(&lease.environment)
        .bind(token(lease))
        .execute(connection)
        .await
        .map_err(|e| self.failed("end a lease", e))?;
        Ok(ended.rows_affected() > 0)
    }

    /// All leases of a plan in an environment that somebody holds.
    pub(super) async fn held(
        &self,
        connection: &mut SqliteConnection,
        plan: &Slug,
        environment: &str,
    ) -> Result<Vec<Lease>, StoreError> {
        let rows = self.rows(connection, plan, environment).await?;
        held(plan, environment, rows).map_err(|problem| self.damaged(problem))
    }

    /// What is kept of the leases of a plan in an environment, and how the last ones ended.
    async fn rows(
        &self,
        connection: &mut SqliteConnection,
        plan: &Slug,
        environment: &str,
    ) -> Result<Vec<(KeptLease, Option<String>)>, StoreError> {
        let rows = sqlx::query(OF_PLAN).bind(plan.as_str()).bind(environment).fetch_all(connection).await;
        rows.and_then(|rows| rows.iter().map(kept).collect()).map_err(|e| self.failed("read a lease", e))
    }

    /// That the lease of a plan, or of a shard of it, in an environment is lost, and to whom.
    pub(super) async fn lost(
        &self,
        connection: &mut SqliteConnection,
        (plan, environment, shard): (&Slug, &str, &str),
    ) -> StoreError {
        match self.rows(connection, plan, environment).await {
            Ok(rows) => lost((plan, environment, shard), rows).unwrap_or_else(|problem| self.damaged(problem)),
            Err(failed) => failed,
        }
    }
}

fn token(lease: &Lease) -> i64 {
    i64::try_from(lease.token).unwrap_or(i64::MAX)
}
