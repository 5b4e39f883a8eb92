//! A restore as the service shows it, while it goes on and when it has ended. Pure.

use super::lifecycle::{Progress, Standing};
use super::moment::{Moment, Pace};
use super::restores::Restore;
use super::work::Task;
use crate::baas::wire;

const QUEUED: &str = "QUEUED";
const BLOCKED: &str = "BLOCKED";
const RUNNING: &str = "RUNNING";
const COMPLETED: &str = "COMPLETED_SUCCESSFULLY";
const WITH_WARNINGS: &str = "COMPLETED_WITH_WARNINGS";
const WITH_ERRORS: &str = "COMPLETED_WITH_ERRORS";
const FAILED: &str = "FAILED";
const ABORTED: &str = "ABORTED";

/// How a restore ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending<'a> {
    /// Its work was carried out, but for so many of its last objects.
    CarriedOut {
        /// How many did not come back.
        left_out: usize,
    },
    /// Nothing was changed at the target, for this reason.
    Failed(&'a str),
}

/// A restore that goes on.
pub(super) fn ongoing(restore: &Restore, standing: Standing, pace: &Pace, now: Moment) -> wire::Restore {
    let (status, details) = match standing {
        Standing::Queued => (QUEUED, "waits for its turn at the target site"),
        Standing::Blocked => (BLOCKED, "waits for another restore to release an object at the target"),
        Standing::Running => (RUNNING, "objects are being restored"),
    };
    let tasks = progress(restore, pace, now).map(|(task, progress)| {
        let status = match (progress.started_at, progress.ended_at) {
            (None, _) => QUEUED,
            (Some(_), None) => RUNNING,
            (Some(_), Some(_)) => COMPLETED,
        };
        sub_task(task, status, None, progress)
    });
    wire::Restore {
        status: Some(status.to_owned()),
        status_details: Some(details.to_owned()),
        restore_execution_sub_tasks: tasks.collect(),
        ..identity(restore)
    }
}

/// A restore that ends at `at`.
pub(super) fn ended(restore: &Restore, ending: Ending<'_>, pace: &Pace, at: Moment) -> wire::Restore {
    let mut errors = Vec::new();
    let mut outcomes = Vec::new();
    let mut sub_tasks = Vec::new();
    let count = restore.work.tasks.len();
    for (index, (task, progress)) in progress(restore, pace, at).enumerate() {
        let (status, details) = match ending {
            Ending::CarriedOut { left_out } if index + left_out < count => (COMPLETED, None),
            Ending::CarriedOut { .. } => {
                let error = format!("{} could not be restored", task.label);
                errors.push(error.clone());
                (FAILED, Some(error))
            }
            Ending::Failed(_) if progress.ended_at.is_some() => {
                (ABORTED, Some("undone, because the restore failed".to_owned()))
            }
            Ending::Failed(why) if progress.started_at.is_some() => (FAILED, Some(why.to_owned())),
            Ending::Failed(_) => (ABORTED, Some("not begun, because the restore failed".to_owned())),
        };
        outcomes.push(format!("{} {} to {}.{}: {status}", task.kind, task.label, task.database, task.name));
        // Whatever was under way is over now.
        let over = Progress { ended_at: progress.ended_at.or(progress.started_at.map(|_| at)), ..progress };
        sub_tasks.push(sub_task(task, status, details, over));
    }
    let (status, details) = match ending {
        Ending::Failed(why) => {
            errors.push(why.to_owned());
            (FAILED, why.to_owned())
        }
        Ending::CarriedOut { .. } if !errors.is_empty() => {
            (WITH_ERRORS, format!("objects that could not be restored: {} of {count}", errors.len()))
        }
        Ending::CarriedOut { .. } if !restore.faults.warnings.is_empty() => {
            (WITH_WARNINGS, format!("objects restored, with warnings: {count}"))
        }
        Ending::CarriedOut { .. } => (COMPLETED, format!("objects restored: {count}")),
    };
    let told = restore.faults.status.clone().filter(|_| !matches!(ending, Ending::Failed(_)));
    wire::Restore {
        status: Some(told.unwrap_or_else(|| status.to_owned())),
        status_details: Some(details),
        end_time: Some(at.timestamp()),
        start_time: Some(restore.started_at.unwrap_or(at).timestamp()),
        errors,
        warnings: restore.faults.warnings.clone(),
        restored_objects_status: outcomes,
        restore_execution_sub_tasks: sub_tasks,
        ..identity(restore)
    }
}

/// What doesn't change about a restore.
fn identity(restore: &Restore) -> wire::Restore {
    let elsewhere = restore.target_site != restore.source_site;
    let bytes: u64 = restore.work.tasks.iter().map(|task| task.bytes).fold(0, u64::saturating_add);
    wire::Restore {
        restore_job_name: Some(restore.name.clone()),
        restore_job_id: Some(restore.job_id().to_string()),
        restore_execution_id: Some(restore.id.to_string()),
        start_time: restore.started_at.map(Moment::timestamp),
        dr_site_id: elsewhere.then(|| restore.target_site.clone()),
        snapshot_name: Some(format!("execution-{}", restore.execution)),
        snapshot_size: Some(bytes.to_string()),
        source_site_id: Some(restore.source_site.clone()),
        target_site: Some(restore.target_site.clone()),
        is_failover: Some(false),
        ..wire::Restore::default()
    }
}

fn progress<'a>(restore: &'a Restore, pace: &Pace, now: Moment) -> impl Iterator<Item = (&'a Task, Progress)> {
    let none = Progress { started_at: None, ended_at: None, bytes: 0 };
    let told = restore.started_at.map(|start| restore.effort().progress(pace, start, now)).unwrap_or_default();
    restore.work.tasks.iter().zip(told.into_iter().chain(std::iter::repeat(none)))
}

fn sub_task(task: &Task, status: &str, details: Option<String>, progress: Progress) -> wire::SubTask {
    wire::SubTask {
        sub_task_name: Some(task.label.clone()),
        status: Some(status.to_owned()),
        status_details: details,
        start_time: progress.started_at.map(Moment::timestamp),
        end_time: progress.ended_at.map(Moment::timestamp),
        restore_size: Some(progress.bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::fault::Applied;
    use crate::simulator::work::Work;

    fn restore(faults: Applied) -> Restore {
        let task = |name: &str| Task {
            label: format!("ADW.{name}"),
            kind: "TABLE".into(),
            definition: None,
            storage: None,
            bytes: 1_000,
            database: "ADW".into(),
            name: name.into(),
        };
        Restore {
            id: 8_001,
            name: "r".into(),
            source_site: "A".into(),
            execution: 2,
            target_site: "B".into(),
            work: Work { tasks: vec![task("a"), task("b")], ..Work::default() },
            claims: Vec::new(),
            faults,
            ready_at: Moment(0),
            started_at: Some(Moment(0)),
            record: None,
        }
    }

    fn pace() -> Pace {
        Pace::new(vec![(Moment(0), 1_000)])
    }

    fn statuses(record: &wire::Restore) -> Vec<&str> {
        let tasks = record.restore_execution_sub_tasks.iter().filter_map(|task| task.status.as_deref());
        record.status.as_deref().into_iter().chain(tasks).collect()
    }

    #[test]
    fn a_restore_shows_where_it_is() {
        let shown = ongoing(&restore(Applied::default()), Standing::Running, &pace(), Moment(500));
        assert_eq!(statuses(&shown), [RUNNING, RUNNING, QUEUED]);
        assert_eq!(shown.restore_execution_sub_tasks[0].restore_size, Some(500));
        assert_eq!((shown.end_time, shown.restored_objects_status.len()), (None, 0));
        let waiting = Restore { started_at: None, ..restore(Applied::default()) };
        let shown = ongoing(&waiting, Standing::Blocked, &pace(), Moment(500));
        assert_eq!(statuses(&shown), [BLOCKED, QUEUED, QUEUED]);
        assert_eq!(shown.start_time, None);
    }

    #[test]
    fn endings() {
        let warned = Applied { warnings: vec!["w".into()], ..Applied::default() };
        let odd = Applied { status: Some("ODD".into()), ..Applied::default() };
        let all = Ending::CarriedOut { left_out: 0 };
        let some = Ending::CarriedOut { left_out: 1 };
        let failed = Ending::Failed("because");
        for (faults, ending, at, expected) in [
            (Applied::default(), all, 2_000, [COMPLETED, COMPLETED, COMPLETED]),
            (warned.clone(), all, 2_000, [WITH_WARNINGS, COMPLETED, COMPLETED]),
            (warned, some, 2_000, [WITH_ERRORS, COMPLETED, FAILED]),
            (odd.clone(), all, 2_000, ["ODD", COMPLETED, COMPLETED]),
            (odd, failed, 1_500, [FAILED, ABORTED, FAILED]),
            (Applied::default(), failed, 500, [FAILED, FAILED, ABORTED]),
        ] {
            let record = ended(&restore(faults), ending, &pace(), Moment(at));
            assert_eq!(statuses(&record), expected);
            assert_eq!(record.end_time, Some(Moment(at).timestamp()));
            assert_eq!(record.errors.is_empty(), ending == all);
        }
    }
}
