//! Moves the site on to a moment: starts and ends restores, each at the moment when it was due, however
//! late anybody looks.

use std::collections::HashMap;

use super::data_plane;
use super::lifecycle::{self, Facts, Standing, Turn};
use super::moment::{Moment, Pace};
use super::record::{self, Ending};
use super::restores::{self, Restore};
use super::store::Store;
use crate::baas::wire;

/// The restores that haven't ended, as they stand at the moment up to which the site was moved on.
#[derive(Debug)]
pub(super) struct Course {
    now: Moment,
    pace: Pace,
    standings: HashMap<i64, Standing>,
    /// When the next step is due, if one ever is.
    pub(super) next: Option<Moment>,
}

impl Course {
    /// A restore's document at this moment.
    pub(super) fn show(&self, restore: &Restore) -> wire::Restore {
        if let Some(record) = &restore.record {
            return record.clone();
        }
        let standing = self.standings.get(&restore.id).copied().unwrap_or(Standing::Queued);
        record::ongoing(restore, standing, &self.pace, self.now)
    }
}

/// Does everything that is due by `now`.
pub(super) async fn advance(store: &mut Store, limit: usize, now: Moment) -> sqlx::Result<Course> {
    let pace = store.pace().await?;
    let mut kept = store.take_open().await?;
    let (open, cursor) = (&mut kept.restores, &mut kept.last_step);
    let mut facts: Vec<Facts> = open.iter().map(Restore::facts).collect();
    let next = loop {
        let step = match lifecycle::next_step(&facts, &pace, limit, *cursor) {
            Some(step) if step.at <= now => step,
            later => break later.map(|step| step.at),
        };
        *cursor = step.at;
        let Some(index) = open.iter().position(|one| one.id == step.id) else {
            break None;
        };
        let has_ended = match open.get_mut(index) {
            Some(restore) if step.turn == Turn::Start => start(store, restore, &pace, step.at).await?,
            Some(restore) => {
                finish(store, restore, &pace, step.at).await?;
                true
            }
            None => true,
        };
        if has_ended {
            open.remove(index);
            facts.remove(index);
        } else if let Some(facts) = facts.get_mut(index) {
            facts.started_at = Some(step.at);
        }
    };
    store.keep_open(kept);
    let standings = lifecycle::standings(&facts, limit, now);
    Ok(Course { now, pace, standings, next })
}

/// Starts a restore; whether it ended at once, because it can't be carried out.
async fn start(store: &mut Store, restore: &mut Restore, pace: &Pace, at: Moment) -> sqlx::Result<bool> {
    let mut tx = store.begin().await?;
    restore.started_at = Some(at);
    let obstacle = data_plane::obstacle(&mut tx, &restore.target_site, restore.execution, &restore.work).await?;
    if let Some(why) = &obstacle {
        let record = record::ended(restore, Ending::Failed(why), pace, at);
        restores::end(&mut tx, restore.id, at, &record).await?;
    } else {
        restores::start(&mut tx, restore.id, at).await?;
    }
    tx.commit().await?;
    Ok(obstacle.is_some())
}

/// Ends a restore: the rows and the final status change together, or neither does.
async fn finish(store: &mut Store, restore: &Restore, pace: &Pace, at: Moment) -> sqlx::Result<()> {
    let left_out = usize::from(restore.faults.partial);
    let done = Ending::CarriedOut { left_out };
    let refusal = match carry_out(store, restore, left_out, &record::ended(restore, done, pace, at), at).await {
        Ok(refusal) => refusal,
        // People may change the tables with a client of their own: a restore that can't be carried out any
        // more fails, so that it doesn't hold up all others.
        Err(sqlx::Error::Database(error)) => Some(format!("the database refused: {error}")),
        Err(error) => return Err(error),
    };
    if let Some(why) = refusal {
        let record = record::ended(restore, Ending::Failed(&why), pace, at);
        restores::end(store.sql(), restore.id, at, &record).await?;
    }
    Ok(())
}

/// Does the work and notes its end in one transaction, unless something stands against it.
async fn carry_out(
    store: &mut Store,
    restore: &Restore,
    left_out: usize,
    record: &wire::Restore,
    at: Moment,
) -> sqlx::Result<Option<String>> {
    if let Some(why) = &restore.faults.fail {
        return Ok(Some(why.clone()));
    }
    let mut tx = store.begin().await?;
    let site = &restore.target_site;
    // The target may have changed since the start.
    let obstacle = data_plane::obstacle(&mut tx, site, restore.execution, &restore.work).await?;
    if obstacle.is_some() {
        return Ok(obstacle);
    }
    let origin = format!("restore {} ({})", restore.id, restore.name);
    data_plane::carry_out(&mut tx, site, &origin, &restore.work, left_out).await?;
    restores::end(&mut tx, restore.id, at, record).await?;
    tx.commit().await?;
    Ok(None)
}
