//! Leases at the server. Their clock is the server's alone.

use jiff::Timestamp;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection as _, Row as _};

use super::PostgresStore;
use super::patience::Trouble;
use crate::journal::kept_lease::{KeptLease, Taking, held, kept_shard, lost, taking};
use crate::journal::{Claim, Lease, StoreError};
use crate::model::{RunId, Slug};

/// The server's time in milliseconds since 1970. It moves on within a transaction.
macro_rules! now {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    };
}

fn kept(row: &PgRow) -> Result<(KeptLease, Option<String>), sqlx::Error> {
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

impl PostgresStore {
    pub(super) async fn take_lease(
        &self,
        connection: &mut PgConnection,
        claim: &Claim,
        over: &[u64],
    ) -> Result<Lease, Trouble> {
        let shard = kept_shard(claim.share.as_ref());
        let mut transaction = connection.begin().await?;
        // The row of the whole plan is always there: whoever takes a lease of the plan locks it, so that of several who
        // come at once each sees what the one before it took, also where that is a row that wasn't there yet.
        sqlx::query(
            "INSERT INTO restorectl.leases (plan, environment, shard, token, since, until, term) \
             SELECT $1, $2, shard, 0, 0, 0, 0 FROM unnest($3::text[]) AS of_all (shard) ON CONFLICT DO NOTHING",
        )
        .bind(claim.plan.as_str())
        .bind(&claim.environment)
        .bind(vec!["", shard.as_str()])
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "SELECT token FROM restorectl.leases WHERE plan = $1 AND environment = $2 AND shard = '' FOR UPDATE",
        )
        .bind(claim.plan.as_str())
        .bind(&claim.environment)
        .fetch_one(&mut *transaction)
        .await?;
        let rows = sqlx::query(concat!(
            "SELECT shard, digest, token, holder, run, since, until, term, note, ",
            now!(),
            " AS now FROM restorectl.leases WHERE plan = $1 AND environment = $2 ORDER BY shard FOR UPDATE"
        ))
        .bind(claim.plan.as_str())
        .bind(&claim.environment)
        .fetch_all(&mut *transaction)
        .await?;
        // The last row's: the time moves on while others are waited for.
        let now: i64 = rows.last().map_or(Ok(0), |row| row.try_get("now"))?;
        let now = Timestamp::from_millisecond(now).map_err(|e| self.damaged(e.to_string()))?;
        let rows: Vec<_> = rows.iter().map(kept).collect::<Result<_, _>>()?;
        // One number for all leases of the plan in the environment, so that a token names one lease.
        let token = rows.iter().map(|(lease, _)| lease.token).max().unwrap_or(0).saturating_add(1);
        let held = held(&claim.plan, &claim.environment, rows).map_err(|problem| self.damaged(problem))?;
        let ended = match taking(claim, held, now, over) {
            Taking::Held(held) => return Err(Trouble::Final(StoreError::Held(held))),
            Taking::Over(ended) => ended,
        };
        for lease in &ended {
            self.end(&mut transaction, lease, None).await?;
        }
        let holder = serde_json::to_string(&claim.holder).map_err(|e| self.damaged(e.to_string()))?;
        let lease = Lease::new(claim, u64::try_from(token).map_err(|e| self.damaged(e.to_string()))?, now);
        sqlx::query(
            "UPDATE restorectl.leases SET digest = $4, token = $5, holder = $6, run = NULL, since = $7, until = $8, \
             term = $9, note = NULL WHERE plan = $1 AND environment = $2 AND shard = $3",
        )
        .bind(claim.plan.as_str())
        .bind(&claim.environment)
        .bind(shard)
        .bind(claim.share.as_ref().map(|share| &share.digest))
        .bind(token)
        .bind(holder)
        .bind(lease.since.as_millisecond())
        .bind(lease.until.as_millisecond())
        .bind(i64::try_from(lease.term.0).unwrap_or(i64::MAX))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(lease)
    }

    /// Lets a lease last its term from now on, and names the run that was opened under it.
    pub(super) async fn prolong(
        &self,
        connection: &mut PgConnection,
        lease: &Lease,
        run: Option<&RunId>,
    ) -> Result<Lease, Trouble> {
        let until: Option<i64> = sqlx::query_scalar(concat!(
            "UPDATE restorectl.leases SET until = ",
            now!(),
            " + $5, run = coalesce($4, run) WHERE plan = $1 AND environment = $2 AND token = $3 \
             AND holder IS NOT NULL RETURNING until"
        ))
        .bind(lease.plan.as_str())
        .bind(&lease.environment)
        .bind(i64::try_from(lease.token).unwrap_or(i64::MAX))
        .bind(run.map(RunId::as_str))
        .bind(i64::try_from(lease.term.0).unwrap_or(i64::MAX))
        .fetch_optional(&mut *connection)
        .await?;
        match until {
            None => {
                let shard = kept_shard(lease.share.as_ref());
                Err(self.lost(connection, (&lease.plan, &lease.environment, &shard)).await)
            }
            Some(until) => {
                let until = Timestamp::from_millisecond(until).map_err(|e| self.damaged(e.to_string()))?;
                Ok(Lease { until, ..lease.clone() })
            }
        }
    }

    /// Ends a lease, if it is the one that is held. Its token is used up by that.
    pub(super) async fn end(
        &self,
        connection: &mut PgConnection,
        lease: &Lease,
        how: Option<&str>,
    ) -> Result<bool, Trouble> {
        let ended = sqlx::query(
            "UPDATE restorectl.leases SET token = token + 1, holder = NULL, run = NULL, note = $4 \
             WHERE plan = $1 AND environment = $2 AND token = $3 AND holder IS NOT NULL",
        )
        .bind(lease.plan.as_str())
        .bind(&lease.environment)
        .bind(i64::try_from(lease.token).unwrap_or(i64::MAX))
        .bind(how)
        .execute(connection)
        .await?;
        Ok(ended.rows_affected() > 0)
    }

    /// All leases of a plan in an environment that somebody holds.
    pub(super) async fn held(
        &self,
        connection: &mut PgConnection,
        plan: &Slug,
        environment: &str,
    ) -> Result<Vec<Lease>, Trouble> {
        let rows = self.rows(connection, plan, environment).await?;
        Ok(held(plan, environment, rows).map_err(|problem| self.damaged(problem))?)
    }

    /// What is kept of the leases of a plan in an environment, and how the last ones ended; that of the whole plan first.
    async fn rows(
        &self,
        connection: &mut PgConnection,
        plan: &Slug,
        environment: &str,
    ) -> Result<Vec<(KeptLease, Option<String>)>, Trouble> {
        let rows = sqlx::query(
            "SELECT shard, digest, token, holder, run, since, until, term, note FROM restorectl.leases \
             WHERE plan = $1 AND environment = $2 ORDER BY shard",
        )
        .bind(plan.as_str())
        .bind(environment)
        .fetch_all(connection)
        .await?;
        Ok(rows.iter().map(kept).collect::<Result<_, _>>()?)
    }

    /// That the lease of a plan, or of a shard of it, in an environment is lost, and to whom.
    pub(super) async fn lost(
        &self,
        connection: &mut PgConnection,
        (plan, environment, shard): (&Slug, &str, &str),
    ) -> Trouble {
        match self.rows(connection, plan, environment).await {
            Ok(rows) => lost((plan, environment, shard), rows).unwrap_or_else(|problem| self.damaged(problem)).into(),
            Err(trouble) => trouble,
        }
    }
}
