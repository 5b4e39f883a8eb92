//! Leases in the file. Their clock is the machine's: whoever shares the file shares that.

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row as _, Sqlite, Transaction};

use super::SqliteStore;
use crate::journal::lease::KeptLease;
use crate::journal::{Claim, Lease, StoreError};
use crate::model::{RunId, Slug};

/// Columns of a lease, as [`kept`] reads them.
const OF_LEASE: &str = "SELECT token, holder, run, since, until, term, note FROM leases \
                        WHERE plan = ? AND environment = ?";

/// A row of a lease, and how the last one ended.
fn kept(row: &SqliteRow) -> Result<(KeptLease, Option<String>), sqlx::Error> {
    let lease = KeptLease {
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
    pub(super) async fn take_lease(&self, claim: &Claim, over: Option<u64>) -> Result<Lease, StoreError> {
        let fail = |e| self.failed("take a lease", e);
        let mut transaction = self.write("take a lease").await?;
        let now = Timestamp::now();
        let row = sqlx::query(OF_LEASE)
            .bind(claim.plan.as_str())
            .bind(&claim.environment)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(fail)?;
        let mut token = 1;
        if let Some(row) = &row {
            let (last, _) = kept(row).map_err(fail)?;
            token = last.token.saturating_add(1);
            let held = last.read(&claim.plan, &claim.environment).map_err(|problem| self.damaged(problem))?;
            if let Some(held) = held.filter(|held| !held.may_be_taken(now, over)) {
                return Err(StoreError::Held(Box::new(held)));
            }
        }
        let holder = serde_json::to_string(&claim.holder).map_err(|e| self.damaged(e.to_string()))?;
        let lease = Lease::new(claim, u64::try_from(token).map_err(|e| self.damaged(e.to_string()))?, now);
        sqlx::query(
            "INSERT OR REPLACE INTO leases (plan, environment, token, holder, since, until, term) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(claim.plan.as_str())
        .bind(&claim.environment)
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
            0 => Err(self.lost(transaction, &lease.plan, &lease.environment).await),
            _ => Ok(until),
        }
    }

    pub(super) async fn give_up(&self, lease: &Lease, how: &str) -> Result<bool, StoreError> {
        let fail = |e| self.failed("end a lease", e);
        let mut transaction = self.write("end a lease").await?;
        let ended = sqlx::query(
            "UPDATE leases SET token = token + 1, holder = NULL, run = NULL, note = ? \
             WHERE plan = ? AND environment = ? AND token = ? AND holder IS NOT NULL",
        )
        .bind(how)
        .bind(lease.plan.as_str())
        .bind(&lease.environment)
        .bind(token(lease))
        .execute(&mut *transaction)
        .await
        .map_err(fail)?;
        transaction.commit().await.map_err(fail)?;
        Ok(ended.rows_affected() > 0)
    }

    /// The lease of a plan in an environment, and how the last one ended.
    pub(super) async fn held(
        &self,
        connection: &mut SqliteConnection,
        plan: &Slug,
        environment: &str,
    ) -> Result<(Option<Lease>, Option<String>), StoreError> {
        let fail = |e| self.failed("read a lease", e);
        let row = sqlx::query(OF_LEASE)
            .bind(plan.as_str())
            .bind(environment)
            .fetch_optional(connection)
            .await
            .map_err(fail)?;
        let Some(row) = row else {
            return Ok((None, None));
        };
        let (lease, note) = kept(&row).map_err(fail)?;
        Ok((lease.read(plan, environment).map_err(|problem| self.damaged(problem))?, note))
    }

    /// That a lease is lost, and to whom.
    pub(super) async fn lost(&self, connection: &mut SqliteConnection, plan: &Slug, environment: &str) -> StoreError {
        match self.held(connection, plan, environment).await {
            Ok((now, note)) => StoreError::LeaseLost {
                plan: plan.clone(),
                environment: environment.to_owned(),
                now: now.map(Box::new),
                note,
            },
            Err(failed) => failed,
        }
    }
}

fn token(lease: &Lease) -> i64 {
    i64::try_from(lease.token).unwrap_or(i64::MAX)
}
