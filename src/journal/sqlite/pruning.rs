//! Runs that are taken away, and what is left of them.

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::SqliteStore;
use crate::journal::head::has_ended;
use crate::journal::remains::Remains;
use crate::journal::{Entry, Run, StoreError};
use crate::model::Slug;

impl SqliteStore {
    /// In one transaction, so that nobody meets a run of which a part is gone.
    pub(super) async fn take_away(&self, run: &Run, entries: &[Entry]) -> Result<bool, StoreError> {
        let fail = |e| self.failed("prune a run", e);
        let refused = |problem| self.out_of_turn(&run.id, problem);
        if !has_ended(entries) {
            return Err(refused("it has not ended".to_owned()));
        }
        let remains = Remains::of(run, entries).map_err(refused)?;
        let mut transaction = self.write("prune a run").await?;
        let there: Option<i64> =
            sqlx::query_scalar("SELECT (SELECT count(*) FROM entries e WHERE e.run = r.id) FROM runs r WHERE r.id = ?")
                .bind(run.id.as_str())
                .fetch_optional(&mut *transaction)
                .await
                .map_err(fail)?;
        match there {
            None => return Ok(false),
            Some(there) if usize::try_from(there).ok() != Some(entries.len()) => {
                return Err(refused(format!("{there} entries are there, and {} were read", entries.len())));
            }
            Some(_) => {}
        }
        if let Some(remains) = remains {
            sqlx::query(
                "INSERT INTO remains (run, plan, environment, head, entries, checksum) VALUES (?, ?, ?, ?, ?, ?)",
            )
            .bind(run.id.as_str())
            .bind(run.plan.as_str())
            .bind(&run.environment)
            .bind(remains.head)
            .bind(remains.entries)
            .bind(remains.checksum)
            .execute(&mut *transaction)
            .await
            .map_err(fail)?;
        }
        for statement in
            ["DELETE FROM entries WHERE run = ?", "DELETE FROM tails WHERE run = ?", "DELETE FROM runs WHERE id = ?"]
        {
            sqlx::query(statement).bind(run.id.as_str()).execute(&mut *transaction).await.map_err(fail)?;
        }
        transaction.commit().await.map_err(fail)?;
        Ok(true)
    }

    /// What is left of the pruned runs of a plan in an environment.
    pub(super) async fn remains(
        &self,
        connection: &mut SqliteConnection,
        plan: &Slug,
        environment: &str,
    ) -> Result<Vec<(Run, Vec<Entry>)>, StoreError> {
        let fail = |e| self.failed("list the runs of a plan", e);
        let rows = sqlx::query("SELECT head, entries, checksum FROM remains WHERE plan = ? AND environment = ?")
            .bind(plan.as_str())
            .bind(environment)
            .fetch_all(connection)
            .await
            .map_err(fail)?;
        let mut runs = Vec::with_capacity(rows.len());
        for row in &rows {
            let remains = Remains {
                head: row.try_get("head").map_err(fail)?,
                entries: row.try_get("entries").map_err(fail)?,
                checksum: row.try_get("checksum").map_err(fail)?,
            };
            runs.push(remains.read().map_err(|problem| self.damaged(problem))?);
        }
        Ok(runs)
    }
}
