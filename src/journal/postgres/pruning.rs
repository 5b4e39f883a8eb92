//! Runs that are taken away, and what is left of them.

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};

use super::PostgresStore;
use super::patience::Trouble;
use crate::journal::Run;
use crate::journal::remains::Remains;

impl PostgresStore {
    /// In one transaction, so that nobody meets a run of which a part is gone. `again`: an earlier attempt may have done it.
    pub(super) async fn take_away(
        &self,
        connection: &mut PgConnection,
        run: &Run,
        (read, remains): (usize, Option<&Remains>),
        again: bool,
    ) -> Result<bool, Trouble> {
        let mut transaction = connection.begin().await?;
        let there: Option<i64> = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM restorectl.entries e WHERE e.run = r.id) FROM restorectl.runs r \
             WHERE r.id = $1 FOR UPDATE OF r",
        )
        .bind(run.id.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        match there {
            None => return Ok(again),
            Some(there) if usize::try_from(there).ok() != Some(read) => {
                let problem = format!("{there} entries are there, and {read} were read");
                return Err(Trouble::Final(self.out_of_turn(&run.id, problem)));
            }
            Some(_) => {}
        }
        if let Some(remains) = remains {
            sqlx::query(
                "INSERT INTO restorectl.remains (run, plan, environment, head, entries, checksum) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(run.id.as_str())
            .bind(run.plan.as_str())
            .bind(&run.environment)
            .bind(&remains.head)
            .bind(&remains.entries)
            .bind(&remains.checksum)
            .execute(&mut *transaction)
            .await?;
        }
        for statement in [
            "DELETE FROM restorectl.entries WHERE run = $1",
            "DELETE FROM restorectl.tails WHERE run = $1",
            "DELETE FROM restorectl.runs WHERE id = $1",
        ] {
            sqlx::query(statement).bind(run.id.as_str()).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

/// What is left of the pruned runs of a plan in an environment.
pub(super) async fn remains(
    connection: &mut PgConnection,
    plan: &str,
    environment: &str,
) -> Result<Vec<Remains>, Trouble> {
    let rows =
        sqlx::query("SELECT head, entries, checksum FROM restorectl.remains WHERE plan = $1 AND environment = $2")
            .bind(plan)
            .bind(environment)
            .fetch_all(connection)
            .await?;
    let read = |row: &sqlx::postgres::PgRow| {
        Ok(Remains { head: row.try_get("head")?, entries: row.try_get("entries")?, checksum: row.try_get("checksum")? })
    };
    rows.iter().map(read).collect()
}
