//! Leases at the server. Their clock is the server's alone.

use jiff::Timestamp;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection as _, Row as _};

use super::PostgresStore;
use super::patience::Trouble;
use crate::journal::lease::KeptLease;
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
        over: Option<u64>,
    ) -> Result<Lease, Trouble> {
        let mut transaction = connection.begin().await?;
        sqlx::query(
            "INSERT INTO restorectl.leases (plan, environment, token, since, until, term) VALUES ($1, $2, 0, 0, 0, 0) \
             ON CONFLICT DO NOTHING",
        )
        .bind(claim.plan.as_str())
        .bind(&claim.environment)
        .execute(&mut *transaction)
        .await?;
        let row = sqlx::query(concat!(
            "SELECT token, holder, run, since, until, term, note, ",
            now!(),
            " AS now FROM restorectl.leases WHERE plan = $1 AND environment = $2 FOR UPDATE"
        ))
        .bind(claim.plan.as_str())
        .bind(&claim.environment)
        .fetch_one(&mut *transaction)
        .await?;
        let now: i64 = row.try_get("now")?;
        let now = Timestamp::from_millisecond(now).map_err(|e| self.damaged(e.to_string()))?;
        let (last, _) = kept(&row)?;
        let token = last.token.saturating_add(1);
        let held = last.read(&claim.plan, &claim.environment).map_err(|problem| self.damaged(problem))?;
        if let Some(held) = held.filter(|held| !held.may_be_taken(now, over)) {
            return Err(Trouble::Final(StoreError::Held(Box::new(held))));
        }
        let holder = serde_json::to_string(&claim.holder).map_err(|e| self.damaged(e.to_string()))?;
        let lease = Lease::new(claim, u64::try_from(token).map_err(|e| self.damaged(e.to_string()))?, now);
        sqlx::query(
            "UPDATE restorectl.leases SET token = $3, holder = $4, run = NULL, since = $5, until = $6, term = $7, \
             note = NULL WHERE plan = $1 AND environment = $2",
        )
        .bind(claim.plan.as_str())
        .bind(&claim.environment)
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
            None => Err(self.lost(connection, &lease.plan, &lease.environment).await),
            Some(until) => {
                let until = Timestamp::from_millisecond(until).map_err(|e| self.damaged(e.to_string()))?;
                Ok(Lease { until, ..lease.clone() })
            }
        }
    }

    pub(super) async fn give_up(
        &self,
        connection: &mut PgConnection,
        lease: &Lease,
        how: &str,
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

    /// The lease of a plan in an environment, and how the last one ended.
    pub(super) async fn held(
        &self,
        connection: &mut PgConnection,
        plan: &Slug,
        environment: &str,
    ) -> Result<(Option<Lease>, Option<String>), Trouble> {
        let row = sqlx::query(
            "SELECT token, holder, run, since, until, term, note FROM restorectl.leases \
             WHERE plan = $1 AND environment = $2",
        )
        .bind(plan.as_str())
        .bind(environment)
        .fetch_optional(connection)
        .await?;
        let Some(row) = row else {
            return Ok((None, None));
        };
        let (lease, note) = kept(&row)?;
        Ok((lease.read(plan, environment).map_err(|problem| self.damaged(problem))?, note))
    }

    /// That a lease is lost, and to whom.
    pub(super) async fn lost(&self, connection: &mut PgConnection, plan: &Slug, environment: &str) -> Trouble {
        match self.held(connection, plan, environment).await {
            Ok((now, note)) => Trouble::Final(StoreError::LeaseLost {
                plan: plan.clone(),
                environment: environment.to_owned(),
                now: now.map(Box::new),
                note,
            }),
            Err(trouble) => trouble,
        }
    }
}
