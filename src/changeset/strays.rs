//! Restores of a plan's names that no item of it explains: what an item left at the site that was renamed, or taken out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fingerprint::environment_mark;
use super::item_key;
use crate::model::{DerivedName, JobName, Plan, Reading, RestoreRecord, RestoreStatus, SiteId, Snapshot};

/// Restores at a site under the names of one item that the plan doesn't have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stray {
    /// The site that lists them.
    pub site: SiteId,
    /// The item's name, as far as the restores' names hold it.
    pub item: String,
    /// How many there are.
    pub restores: usize,
    /// How many of them are not over.
    pub running: usize,
    /// The newest one's name.
    pub newest: JobName,
    /// Its id.
    pub execution_id: Option<String>,
    /// Its status.
    pub status: RestoreStatus,
    /// When it ended, by the site's clock.
    pub end_time: Option<Timestamp>,
}

/// Finds them among what a snapshot shows. `plan` is the whole plan, whatever part of it is looked at; what it restored in
/// another environment is none of them.
pub fn strays((plan, environment): (&Plan, &str), snapshot: &Snapshot) -> Vec<Stray> {
    let mark = environment_mark(environment);
    let known: BTreeSet<String> = plan.items.iter().map(|item| item_key(&plan.name, &item.name)).collect();
    // A plan may set a name that looks like a derived one.
    let fixed: BTreeSet<&JobName> = plan.items.iter().filter_map(|item| item.job_name.as_ref()).collect();
    let mut found: BTreeMap<(&SiteId, String), Vec<(&JobName, &RestoreRecord)>> = BTreeMap::new();
    for (site, reading) in &snapshot.restores {
        let Reading::Read(restores) = reading else { continue };
        for (name, restore) in restores.iter().filter_map(|restore| Some((restore.job_name.as_ref()?, restore))) {
            let Some(derived) = DerivedName::parse(name) else { continue };
            let Some((of, item)) = derived.item_key.split_once('_') else { continue };
            let ours = of == plan.name.as_str() && derived.fingerprint.starts_with(&mark);
            if ours && !known.contains(&derived.item_key) && !fixed.contains(name) {
                found.entry((site, item.to_owned())).or_default().push((name, restore));
            }
        }
    }
    let stray = |((site, item), restores): ((&SiteId, String), Vec<(&JobName, &RestoreRecord)>)| {
        let running = |restore: &&&RestoreRecord| !restore.is_final();
        let age = |restore: &RestoreRecord| (!restore.is_final(), restore.start_time, restore.end_time);
        let (name, newest) = restores.iter().max_by_key(|(name, restore)| (age(restore), *name))?;
        Some(Stray {
            site: site.clone(),
            item,
            restores: restores.len(),
            running: restores.iter().map(|(_, restore)| restore).filter(running).count(),
            newest: (*name).clone(),
            execution_id: newest.execution_id.clone(),
            status: newest.status.clone(),
            end_time: newest.end_time,
        })
    };
    found.into_iter().filter_map(stray).collect()
}
