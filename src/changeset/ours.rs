//! What a snapshot holds of each item: sorted once, so that an item looks at its own and not at everything there is.

use std::collections::{BTreeMap, HashMap};

use crate::model::{DerivedName, Item, JobName, PastAttempt, Reading, RestoreRecord, SiteId, Slug, Snapshot};

use super::fingerprint::environment_mark;
use super::item_key;

/// Restores and creates by the items that their names tell of. A plan may have begun to set the name, or have ceased to:
/// what ran under a derived name is still of the item.
#[derive(Debug)]
pub(super) struct Ours<'a> {
    plan: &'a Slug,
    /// What the fingerprints of the environment begin with.
    mark: String,
    sites: BTreeMap<&'a SiteId, Result<Named<'a, RestoreRecord>, String>>,
    attempts: Named<'a, PastAttempt>,
}

impl<'a> Ours<'a> {
    /// Sorts a snapshot, read for a plan in an environment.
    pub(super) fn new((plan, environment): (&'a Slug, &str), snapshot: &'a Snapshot) -> Self {
        let site = |reading: &'a Reading<Vec<RestoreRecord>>| match reading {
            Reading::Read(list) => Ok(Named::new(list, |restore| restore.job_name.as_ref())),
            Reading::Unreadable(why) => Err(why.clone()),
        };
        Self {
            plan,
            mark: environment_mark(environment),
            sites: snapshot.restores.iter().map(|(id, reading)| (id, site(reading))).collect(),
            attempts: Named::new(&snapshot.attempts, |past| Some(&past.job_name)),
        }
    }

    /// The item's restores that a site shows, in the order of its list.
    ///
    /// # Errors
    /// Why the site's list could not be read.
    pub(super) fn restores(&self, site: &SiteId, item: &Item) -> Result<Vec<&'a RestoreRecord>, String> {
        match self.sites.get(site) {
            Some(Ok(named)) => Ok(named.of((self.plan, &self.mark), item)),
            Some(Err(why)) => Err(why.clone()),
            None => Err("they were not asked for".to_owned()),
        }
    }

    /// The plan, and what the fingerprints of the environment begin with.
    pub(super) fn of(&self) -> (&Slug, &str) {
        (self.plan, &self.mark)
    }

    /// The restores that a create made, as the sites show them.
    pub(super) fn shown(&self, past: &PastAttempt) -> impl Iterator<Item = &'a RestoreRecord> {
        let named = self.sites.values().filter_map(|named| named.as_ref().ok());
        let all = named.flat_map(|named| named.under(&past.job_name));
        all.filter(|restore| !past.prior.contains(&restore.mark()))
    }

    /// The item's creates that the journal holds, oldest first.
    pub(super) fn attempts(&self, item: &Item) -> Vec<&'a PastAttempt> {
        self.attempts.of((self.plan, &self.mark), item)
    }
}

/// Things with the names of jobs.
#[derive(Debug)]
struct Named<'a, T> {
    list: &'a [T],
    by_name: HashMap<&'a JobName, Vec<usize>>,
    /// By the key of the item, each with its fingerprint.
    by_key: HashMap<String, Vec<(usize, String)>>,
}

impl<'a, T> Named<'a, T> {
    fn new(list: &'a [T], name_of: impl Fn(&'a T) -> Option<&'a JobName>) -> Self {
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        let mut by_key: HashMap<_, Vec<_>> = HashMap::new();
        for (at, name) in list.iter().enumerate().filter_map(|(at, thing)| Some((at, name_of(thing)?))) {
            by_name.entry(name).or_default().push(at);
            if let Some(derived) = DerivedName::parse(name) {
                by_key.entry(derived.item_key).or_default().push((at, derived.fingerprint));
            }
        }
        Self { list, by_name, by_key }
    }

    /// Those under this very name.
    fn under(&self, name: &JobName) -> impl Iterator<Item = &'a T> {
        self.by_name.get(name).into_iter().flatten().filter_map(|at| self.list.get(*at))
    }

    fn of(&self, (plan, mark): (&Slug, &str), item: &Item) -> Vec<&'a T> {
        let derived = self.by_key.get(&item_key(plan, &item.name)).into_iter().flatten();
        let derived = derived.filter(|(_, fingerprint)| fingerprint.starts_with(mark)).map(|(at, _)| *at);
        let fixed = item.job_name.as_ref().and_then(|name| self.by_name.get(name));
        let mut found: Vec<usize> = derived.chain(fixed.into_iter().flatten().copied()).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|at| self.list.get(at)).collect()
    }
}
