//! The situation of a case: a snapshot, with earlier restores of the plan laid over it.

use crate::changeset::{derived_name, environment_mark, fingerprint};
use crate::diagnostic::{Draft, draft};
use crate::model::{Item, JobName, PastAttempt, Plan, Reading, RestoreRecord, RunId, Snapshot};
use crate::plan::{Earlier, Placed, rule};

use super::check::Names;

/// The end of the fingerprint of a definition that no plan has.
const OTHER_DEFINITION: &str = "0000000000";

/// Puts earlier restores where the site and the journal would show them, under the names that the plan gives them.
/// Reports those that can't be put anywhere.
pub(super) fn lay_over(
    earlier: &[(Placed<String>, Vec<Earlier>)],
    (plan, environment): (&Plan, &str),
    names: &Names<'_>,
    snapshot: &mut Snapshot,
    invalid: &mut Vec<Draft>,
) {
    for (name, attempts) in earlier {
        let items = match names.items(name) {
            Ok(items) => items,
            Err(unknown) => {
                invalid.push(*unknown);
                continue;
            }
        };
        let each = items.iter().flat_map(|item| attempts.iter().map(move |attempt| (*item, attempt)));
        for (item, attempt) in each {
            if let Err(why) = one(attempt, (plan, environment), item, snapshot) {
                let message = format!("no earlier restore of `{}` can be laid over the snapshot: {why}", item.name);
                let hint = "let the snapshot show the target site's `restores` and the job's executions";
                invalid.push(draft(rule::CASE_EARLIER, name.span, &name.pointer, message).hint(hint));
                // The others of the same name would say the same.
                break;
            }
        }
    }
}

fn one(earlier: &Earlier, of: (&Plan, &str), item: &Item, snapshot: &mut Snapshot) -> Result<(), String> {
    let job_name = job_name(earlier, of, item, snapshot)?;
    if let Some(shown) = &earlier.shown {
        let site = &item.target.site;
        let Some(Reading::Read(list)) = snapshot.restores.get_mut(site) else {
            return Err(format!("it does not show the restores of site `{site}`"));
        };
        let id = shown.execution_id.clone().unwrap_or_else(|| next_id(list));
        list.push(RestoreRecord { job_name: Some(job_name.clone()), execution_id: Some(id), ..shown.clone() });
    }
    if let Some((fate, sent)) = earlier.journal {
        snapshot.attempts.push(PastAttempt {
            run: RunId::new("earlier"),
            item: item.name.clone(),
            job_name,
            at: sent.unwrap_or(snapshot.taken_at),
            prior: Vec::new(),
            resource_id: None,
            writes: item.touches(),
            fate,
            doubled: false,
            measured: None,
        });
    }
    Ok(())
}

/// The name that the restore was sent under.
fn job_name(
    earlier: &Earlier,
    (plan, environment): (&Plan, &str),
    item: &Item,
    snapshot: &Snapshot,
) -> Result<JobName, String> {
    let derived = |print: &str| derived_name(&plan.name, &item.name, print, earlier.generation, earlier.attempt);
    if !earlier.same_definition {
        return Ok(derived(&format!("{}{OTHER_DEFINITION}", environment_mark(environment))));
    }
    if let Some(fixed) = &item.job_name {
        return Ok(fixed.clone());
    }
    let executions = snapshot.executions_of(&item.source.key())?;
    let execution = item.source.execution.select(executions, snapshot.taken_at)?;
    let print = fingerprint((&plan.name, environment), item, &execution.id).map_err(|error| error.to_string())?;
    Ok(derived(&print))
}

/// An id above all that a site's list has, so that the restore is the newest there.
fn next_id(list: &[RestoreRecord]) -> String {
    let ids = list.iter().filter_map(|restore| restore.execution_id.as_ref()?.parse::<u64>().ok());
    ids.max().unwrap_or(0).saturating_add(1).to_string()
}
