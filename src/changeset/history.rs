//! What the site and our journal know of one item's earlier restores, and what follows from it.

use crate::model::{Action, Item, PastAttempt, PastFate, Reading, RestoreRecord, SiteId, Slug, Snapshot, StatusClass};

use super::{DerivedName, item_key};

/// The restores of one item.
#[derive(Debug)]
pub(super) struct History<'a> {
    /// Those that the site shows, whatever their definition, oldest first.
    pub(super) restores: Vec<RestoreRecord>,
    /// What a reader should know.
    pub(super) notes: Vec<String>,
    /// Creates that the journal holds.
    past: Vec<&'a PastAttempt>,
    /// The item's name at the site, for derived names; none where the plan sets the name itself.
    derived: Option<(String, String)>,
}

/// What follows from an item's history, before guards and losses are looked at.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Send it.
    Send {
        action: Action,
        generation: u32,
        attempt: u32,
        reason: String,
        /// An earlier restore of the item that succeeded, under any definition.
        before: Option<String>,
    },
    /// Attach to what runs, or may be on its way.
    Adopt { generation: u32, attempt: u32, reason: String, seen: bool },
    /// Done.
    Satisfied { generation: u32, attempt: u32, reason: String },
    /// Somebody must look.
    Blocked { generation: u32, attempt: u32, reason: String },
}

impl Verdict {
    pub(super) fn generation(&self) -> u32 {
        match self {
            Self::Send { generation, .. }
            | Self::Adopt { generation, .. }
            | Self::Satisfied { generation, .. }
            | Self::Blocked { generation, .. } => *generation,
        }
    }

    pub(super) fn attempt(&self) -> u32 {
        match self {
            Self::Send { attempt, .. }
            | Self::Adopt { attempt, .. }
            | Self::Satisfied { attempt, .. }
            | Self::Blocked { attempt, .. } => *attempt,
        }
    }
}

impl<'a> History<'a> {
    /// Collects the restores of an item from the lists of its sites and from the journal.
    ///
    /// # Errors
    /// When the source site's list could not be read: whether a restore runs already is then not known.
    pub(super) fn read(plan: &Slug, item: &Item, fingerprint: &str, snapshot: &'a Snapshot) -> Result<Self, String> {
        let key = item_key(plan, &item.name);
        let ours = |restore: &RestoreRecord| match (&restore.job_name, &item.job_name) {
            (Some(name), Some(fixed)) => name == fixed,
            (Some(name), None) => DerivedName::parse(name).is_some_and(|name| name.item_key == key),
            (None, _) => false,
        };
        let mut notes = Vec::new();
        let mut restores: Vec<RestoreRecord> = Vec::new();
        let mut sites = vec![&item.source.site];
        if item.target.site != item.source.site {
            sites.push(&item.target.site);
        }
        for site in sites {
            match snapshot.restores.get(site) {
                Some(Reading::Read(list)) => restores.extend(list.iter().filter(|r| ours(r)).cloned()),
                reading => {
                    let why = unread(site, reading);
                    if *site == item.source.site {
                        return Err(why);
                    }
                    notes.push(why);
                }
            }
        }
        restores.sort_by_key(age);
        // A restore between two sites may be listed at both.
        restores
            .dedup_by(|a, b| a.job_name == b.job_name && a.execution_id == b.execution_id && a.execution_id.is_some());
        let past = snapshot.attempts.iter().filter(|attempt| match &item.job_name {
            Some(fixed) => attempt.job_name == *fixed,
            None => DerivedName::parse(&attempt.job_name).is_some_and(|name| name.item_key == key),
        });
        let derived = item.job_name.is_none().then(|| (key.clone(), fingerprint.to_owned()));
        if item.job_name.is_some() {
            notes.push("the plan sets the job name, so a change of the definition can't be seen".to_owned());
        }
        Ok(Self { past: past.collect(), restores, notes, derived })
    }

    /// What follows. With `again`, whatever is over is left behind and a new generation is opened.
    pub(super) fn verdict(&self, again: bool) -> Verdict {
        let generation = self.last_generation();
        let current: Vec<&RestoreRecord> =
            self.restores.iter().filter(|r| self.place(r).is_some_and(|(g, _)| g == generation)).collect();
        let past: Vec<&PastAttempt> = self
            .past
            .iter()
            .copied()
            .filter(|p| self.number(&p.job_name).is_some_and(|(g, _)| g == generation))
            .collect();
        let used = current.iter().filter_map(|r| self.place(r).map(|(_, a)| a));
        let used = used.chain(past.iter().filter_map(|p| self.number(&p.job_name).map(|(_, a)| a)));
        let last = used.max().unwrap_or(0).max(if self.derived.is_none() { count(current.len()) } else { 0 });
        let attempt_of = |r: &RestoreRecord| self.place(r).map_or(1, |(_, attempt)| attempt);

        if let Some(stop) = self.other_definition_running(generation) {
            return stop;
        }
        let running: Vec<&RestoreRecord> = current.iter().copied().filter(|r| !r.is_final()).collect();
        match running.as_slice() {
            [] => {}
            [one] => {
                let reason = format!("{} runs at the site ({})", shown(one), one.status);
                return Verdict::Adopt { generation, attempt: attempt_of(one), reason, seen: true };
            }
            [one, two, ..] => {
                let reason = format!("{} and {} both run at the site: look at them first", shown(one), shown(two));
                return Verdict::Blocked { generation, attempt: attempt_of(two), reason };
            }
        }
        let on_its_way = past.iter().rev().find(|p| p.fate == PastFate::Open && !self.is_shown(p));
        if let Some(open) = on_its_way {
            let attempt = self.number(&open.job_name).map_or(last.max(1), |(_, attempt)| attempt);
            let reason = format!(
                "run {} sent `{}` and never learned what became of it; the site is watched for it before anything is sent",
                open.run, open.job_name
            );
            return Verdict::Adopt { generation, attempt, reason, seen: false };
        }
        if again && last > 0 {
            let before = self.success().map(|r| name(r).to_owned());
            let reason = "a new generation was asked for".to_owned();
            // Under a name that the plan sets there are no generations, only one more attempt.
            let (generation, attempt) = if self.derived.is_some() { (generation + 1, 1) } else { (1, last + 1) };
            return Verdict::Send { action: Action::Create, generation, attempt, reason, before };
        }
        if let Some(done) = current.iter().rev().find(|r| r.status.class().is_success()) {
            let when = done.end_time.map_or_else(String::new, |at| format!(", ended {}", seconds(at)));
            let reason = format!("{} is there ({}{when})", shown(done), done.status);
            return Verdict::Satisfied { generation, attempt: attempt_of(done), reason };
        }
        if let Some(odd) = current.iter().find(|r| r.status.class() == StatusClass::Unknown) {
            let reason = format!(
                "{} ended with status `{}`, which restorectl does not know: look at it, then use `--again`",
                shown(odd),
                odd.status
            );
            return Verdict::Blocked { generation, attempt: attempt_of(odd), reason };
        }
        if let Some(done) = past.iter().rev().find(|p| p.fate == PastFate::Succeeded && !self.is_shown(p)) {
            let attempt = self.number(&done.job_name).map_or(1, |(_, attempt)| attempt);
            let reason = format!(
                "run {} saw `{}` succeed, and the site no longer lists it; use `--again` to restore again",
                done.run, done.job_name
            );
            return Verdict::Satisfied { generation, attempt, reason };
        }
        let before = self.success().map(|r| name(r).to_owned());
        let attempt = last + 1;
        if let Some(failed) = current.last() {
            let details = failed.status_details.as_deref().or(failed.errors.first().map(String::as_str));
            let details = details.map_or_else(String::new, |text| format!(": {text}"));
            let reason = format!("{} ended {}{details}", shown(failed), failed.status);
            return Verdict::Send { action: Action::Retry, generation, attempt, reason, before };
        }
        if let Some(other) = self.restores.last() {
            let reason = format!("the definition or the backup is another than that of {}", shown(other));
            return Verdict::Send { action: Action::Changed, generation, attempt, reason, before };
        }
        let reason = "the site has no restore of it".to_owned();
        Verdict::Send { action: Action::Create, generation, attempt, reason, before }
    }

    /// A restore of the item under another definition, or of an older generation, that still runs.
    fn other_definition_running(&self, generation: u32) -> Option<Verdict> {
        let other = self.restores.iter().find(|r| {
            let current = self.place(r).is_some_and(|(g, _)| g == generation);
            !current && !r.is_final()
        })?;
        let reason = format!(
            "{}, which restores this item from another definition, still runs at the site ({}): wait until it ends",
            shown(other),
            other.status
        );
        Some(Verdict::Blocked { generation, attempt: 1, reason })
    }

    /// The newest generation of this definition that anything is known of, at least 1.
    fn last_generation(&self) -> u32 {
        let seen = self.restores.iter().filter_map(|r| self.place(r));
        let sent = self.past.iter().filter_map(|p| self.number(&p.job_name));
        seen.chain(sent).map(|(generation, _)| generation).max().unwrap_or(1)
    }

    /// Generation and attempt of a restore of this very definition.
    fn place(&self, restore: &RestoreRecord) -> Option<(u32, u32)> {
        self.number(restore.job_name.as_ref()?)
    }

    fn number(&self, job_name: &crate::model::JobName) -> Option<(u32, u32)> {
        let Some((_, fingerprint)) = &self.derived else {
            return Some((1, 1));
        };
        let name = DerivedName::parse(job_name)?;
        (name.fingerprint == *fingerprint).then_some((name.generation, name.attempt))
    }

    fn success(&self) -> Option<&RestoreRecord> {
        self.restores.iter().rev().find(|r| r.status.class().is_success())
    }

    /// Whether the site shows the restore that an earlier create made.
    fn is_shown(&self, past: &PastAttempt) -> bool {
        self.restores.iter().any(|r| {
            let old = r.execution_id.as_ref().is_some_and(|id| past.prior.contains(id));
            r.job_name.as_ref() == Some(&past.job_name) && !old
        })
    }
}

fn unread(site: &SiteId, reading: Option<&Reading<Vec<RestoreRecord>>>) -> String {
    let why = match reading {
        Some(Reading::Unreadable(why)) => why.as_str(),
        _ => "they were not asked for",
    };
    format!("the restores of site `{site}` could not be read, so what runs there is not known: {why}")
}

fn age(restore: &RestoreRecord) -> (Option<u128>, Option<jiff::Timestamp>, Option<String>) {
    let id = restore.execution_id.as_ref();
    (id.and_then(|id| id.parse().ok()), restore.start_time, id.cloned())
}

fn name(restore: &RestoreRecord) -> &str {
    restore.job_name.as_ref().map_or("(no name)", crate::model::JobName::as_str)
}

fn shown(restore: &RestoreRecord) -> String {
    match &restore.execution_id {
        Some(id) => format!("`{}` (restore {id})", name(restore)),
        None => format!("`{}`", name(restore)),
    }
}

fn seconds(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
