//! What both stores read from their rows in one and the same way.

use jiff::Timestamp;
use sqlx::{ColumnIndex, Decode, Row, Type};

use super::listing::{PlanRuns, RunHead};
use crate::model::RunId;

/// A run in a list, from a row of either store.
pub(super) fn head<'r, R: Row>(row: &'r R) -> Result<RunHead, sqlx::Error>
where
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(RunHead {
        id: RunId::new(row.try_get::<String, _>("id")?),
        plan: row.try_get("plan")?,
        environment: row.try_get("environment")?,
        opened_at: moment(row.try_get("opened_at")?),
        entries: row.try_get::<Option<i64>, _>("seq")?.map(i64::unsigned_abs),
    })
}

/// The runs of a plan, from a row of either store.
pub(super) fn plan<'r, R: Row>(row: &'r R) -> Result<PlanRuns, sqlx::Error>
where
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(PlanRuns {
        plan: row.try_get("plan")?,
        environment: row.try_get("environment")?,
        runs: row.try_get::<i64, _>("runs")?.unsigned_abs(),
        last_opened_at: moment(row.try_get("last")?),
    })
}

/// What is no moment sorts first, and is shown as one: a list should not fail for it.
pub(super) fn moment(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
