//! What the site and our journal know of one item's earlier restores, and what follows from it.

use jiff::Timestamp;

use crate::model::{
    Action, DerivedName, Item, JobName, PastAttempt, PastFate, ResourceId, RestoreRecord, SiteId, Slug, StatusClass,
    Touched,
};

use super::Saw;
use super::ours::Ours;
use super::window::Window;

/// The restores of one item.
#[derive(Debug)]
pub(super) struct History<'a> {
    /// The item.
    item: Slug,
    /// Those that the site shows, whatever their definition, oldest first.
    pub(super) restores: Vec<RestoreRecord>,
    /// What a reader should know.
    pub(super) notes: Vec<String>,
    /// Creates that the journal holds.
    pub(super) past: Vec<&'a PastAttempt>,
    identity: Identity,
    /// What the item writes at the target.
    writes: Vec<Touched>,
    /// How long a create may still appear.
    pub(super) window: Window,
}

/// How restores of this very definition are known.
#[derive(Debug)]
enum Identity {
    /// By a name that the plan sets itself.
    Fixed(JobName),
    /// By the fingerprint in a derived name.
    Derived { fingerprint: String },
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
    /// Attach to what runs.
    Adopt { generation: u32, attempt: u32, reason: String },
    /// Watch for what an earlier run sent and the site doesn't show.
    Await { generation: u32, attempt: u32, reason: String, past: PastAttempt },
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
            | Self::Await { generation, .. }
            | Self::Satisfied { generation, .. }
            | Self::Blocked { generation, .. } => *generation,
        }
    }

    pub(super) fn attempt(&self) -> u32 {
        match self {
            Self::Send { attempt, .. }
            | Self::Adopt { attempt, .. }
            | Self::Await { attempt, .. }
            | Self::Satisfied { attempt, .. }
            | Self::Blocked { attempt, .. } => *attempt,
        }
    }
}

/// What of an item may run at its sites, as far as what could be read and the journal tell: it takes room, although
/// nothing can be decided about the item.
pub(super) fn under_way(item: &Item, ours: &Ours<'_>) -> Saw {
    let mut restores: Vec<RestoreRecord> = [&item.source.site, &item.target.site]
        .into_iter()
        .filter_map(|site| ours.restores(site, item).ok())
        .flatten()
        .cloned()
        .collect();
    restores.sort_by_key(age);
    let is_over = |past: &&PastAttempt| {
        restores.iter().any(|restore| restore.job_name.as_ref() == Some(&past.job_name) && restore.is_final())
    };
    let may_run = |past: &&PastAttempt| matches!(past.fate, PastFate::Open | PastFate::Accepted);
    let awaited = ours.attempts(item).into_iter().rev().filter(may_run).find(|past| !is_over(past)).cloned();
    restores.retain(|restore| !restore.is_final());
    Saw { restores, awaited, ..Saw::default() }
}

impl<'a> History<'a> {
    /// Collects the restores of an item from the lists of its sites and from the journal.
    ///
    /// # Errors
    /// When a site's list could not be read: whether a restore runs already is then not known.
    pub(super) fn read(item: &Item, fingerprint: &str, ours: &Ours<'a>, window: Window) -> Result<Self, String> {
        let mut notes = Vec::new();
        let mut restores: Vec<RestoreRecord> = Vec::new();
        let mut sites = vec![&item.source.site];
        if item.target.site != item.source.site {
            sites.push(&item.target.site);
        }
        for site in sites {
            restores.extend(ours.restores(site, item).map_err(|why| unread(site, &why))?.into_iter().cloned());
        }
        restores.sort_by_key(age);
        // A restore between two sites may be listed at both.
        restores
            .dedup_by(|a, b| a.job_name == b.job_name && a.execution_id == b.execution_id && a.execution_id.is_some());
        let identity = match &item.job_name {
            Some(fixed) => Identity::Fixed(fixed.clone()),
            None => Identity::Derived { fingerprint: fingerprint.to_owned() },
        };
        if item.job_name.is_some() {
            notes.push("the plan sets the job name, so a change of the definition can't be seen".to_owned());
        }
        Ok(Self {
            item: item.name.clone(),
            past: ours.attempts(item),
            restores,
            notes,
            identity,
            writes: item.touches(),
            window,
        })
    }

    /// What follows. With `again`, whatever is over is left behind and a new generation is opened.
    pub(super) fn verdict(&self, again: bool) -> Verdict {
        let generation = self.last_generation();
        let is_current = |name: &JobName| self.number(name).is_some_and(|(g, _)| g == generation);
        let current: Vec<&RestoreRecord> =
            self.restores.iter().filter(|r| r.job_name.as_ref().is_some_and(is_current)).collect();
        let past: Vec<&PastAttempt> = self.past.iter().copied().filter(|p| is_current(&p.job_name)).collect();
        let attempt_of = |name: &JobName| self.number(name).map_or(1, |(_, attempt)| attempt);
        let last = self.used(generation);
        let blocked = |reason: String| Verdict::Blocked { generation, attempt: last.max(1), reason };

        let under_way = self.other_definition_under_way(&is_current);
        if let Some(reason) = under_way.or_else(|| self.other_definition_unlisted(&is_current).filter(|_| !again)) {
            return blocked(reason);
        }
        let running: Vec<&RestoreRecord> = current.iter().copied().filter(|r| !r.is_final()).collect();
        match running.as_slice() {
            [] => {}
            [one] => {
                let open = past.iter().rev().find(|p| p.fate == PastFate::Open && !self.is_shown(p));
                if let Some(open) = open {
                    return blocked(format!(
                        "{} runs at the site ({}), and what became of `{}`, which run {} sent, is not known: wait until the one that runs ends",
                        shown(one),
                        one.status,
                        open.job_name,
                        open.run
                    ));
                }
                let attempt = one.job_name.as_ref().map_or(1, attempt_of);
                let reason = format!("{} runs at the site ({})", shown(one), one.status);
                return Verdict::Adopt { generation, attempt, reason };
            }
            [one, two, ..] => {
                return blocked(format!("{} and {} both run at the site: look at them first", shown(one), shown(two)));
            }
        }
        if let Some(verdict) = self.unshown(&past, generation, again) {
            return verdict;
        }
        if again && last > 0 {
            let reason = "a new generation was asked for".to_owned();
            // Under a name that the plan sets there are no generations, only one more attempt.
            let (generation, attempt) = match self.identity {
                Identity::Fixed(_) => (1, last.saturating_add(1)),
                Identity::Derived { .. } => (generation.saturating_add(1), 1),
            };
            return Verdict::Send { action: Action::Create, generation, attempt, reason, before: self.success() };
        }
        let send = |action: Action, reason: String| {
            let attempt = last.saturating_add(1);
            Verdict::Send { action, generation, attempt, reason, before: self.success() }
        };
        // The last one counts: an earlier success may have been written over since.
        if let Some(newest) = current.last() {
            let attempt = newest.job_name.as_ref().map_or(1, attempt_of);
            let failed =
                |r: &RestoreRecord| matches!(r.status.class(), StatusClass::Failed | StatusClass::PartlyFailed);
            // A name that we derive is sent once, and never after one with a larger number: what failed last although it
            // shouldn't have come at all was delivered a second time.
            let double = |r: &&&RestoreRecord| !failed(r) && r.job_name.as_ref().map_or(0, attempt_of) >= attempt;
            if let (Identity::Derived { .. }, true, Some(other)) =
                (&self.identity, failed(newest), current.iter().find(double))
            {
                return blocked(format!(
                    "{} ended {} last, although {} is {}: a request was delivered twice; look at what each of them wrote, then use {}",
                    shown(newest),
                    newest.status,
                    shown(other),
                    other.status,
                    self.anew()
                ));
            }
            let saw = past.iter().rev().find(|p| {
                let id = p.resource_id.as_ref().map(ResourceId::as_str);
                let another = id.zip(newest.execution_id.as_deref()).is_some_and(|(known, shown)| known != shown);
                let otherwise = another || p.doubled || matches!(p.fate, PastFate::Succeeded | PastFate::Odd);
                otherwise && newest.job_name.as_ref() == Some(&p.job_name) && self.is_shown(p)
            });
            if let (true, Some(saw)) = (failed(newest), saw) {
                return blocked(format!(
                    "{} ended {}, and run {} saw `{}` end otherwise, or more than one of it: look at what is there, then use {}",
                    shown(newest),
                    newest.status,
                    saw.run,
                    saw.job_name,
                    self.anew()
                ));
            }
            let later = self.restores.last().filter(|r| !r.job_name.as_ref().is_some_and(is_current)).map(shown);
            let hidden = self.last_hidden().filter(|h| h.fate != PastFate::Accepted && !is_current(&h.job_name));
            let later = hidden.map(|hidden| format!("`{}`", hidden.job_name)).or(later);
            return match (newest.status.class(), later) {
                (StatusClass::Unknown | StatusClass::Running, _) => blocked(format!(
                    "{} ended with status `{}`, which restorectl does not know: look at it, then use {}",
                    shown(newest),
                    newest.status,
                    self.anew()
                )),
                (_, Some(later)) => {
                    send(Action::Changed, format!("{later}, of another definition, came after {}", shown(newest)))
                }
                (StatusClass::Succeeded | StatusClass::SucceededWithWarnings, None) => {
                    let when = newest.end_time.map_or_else(String::new, |at| format!(", ended {}", seconds(at)));
                    let reason = format!("{} is there ({}{when})", shown(newest), newest.status);
                    Verdict::Satisfied { generation, attempt, reason }
                }
                (StatusClass::PartlyFailed | StatusClass::Failed, None) => {
                    let details = newest.status_details.as_deref().or(newest.errors.first().map(String::as_str));
                    let details = details.map_or_else(String::new, |text| format!(": {text}"));
                    send(Action::Retry, format!("{} ended {}{details}", shown(newest), newest.status))
                }
            };
        }
        match self.restores.last() {
            Some(other) => {
                send(Action::Changed, format!("the definition or the backup is another than that of {}", shown(other)))
            }
            None => send(Action::Create, "the site has no restore of it".to_owned()),
        }
    }

    /// What restores the item again, and nothing else.
    pub(super) fn anew(&self) -> String {
        format!("`--again --only {}`", self.item)
    }

    /// The highest number of an attempt of a generation that anything is known of, 0 where there is none.
    pub(super) fn used(&self, generation: u32) -> u32 {
        let shown = self.restores.iter().filter_map(|restore| restore.job_name.as_ref());
        match &self.identity {
            Identity::Fixed(name) => u32::try_from(shown.filter(|shown| *shown == name).count()).unwrap_or(u32::MAX),
            Identity::Derived { .. } => {
                let all = shown.chain(self.past.iter().map(|past| &past.job_name)).filter_map(|name| self.number(name));
                all.filter(|(of, _)| *of == generation).map(|(_, attempt)| attempt).max().unwrap_or(0)
            }
        }
    }

    /// The generation and the attempt that a run opens which was asked for a new one, where that was decided so: if something
    /// keeps it from being sent, it is opened later.
    pub(super) fn opens(&self, verdict: &Verdict) -> (u32, u32) {
        match (verdict, &self.identity) {
            (Verdict::Blocked { generation, .. }, Identity::Derived { .. }) => {
                (if self.used(*generation) == 0 { *generation } else { generation.saturating_add(1) }, 1)
            }
            (Verdict::Blocked { .. }, Identity::Fixed(_)) => (1, self.used(1).saturating_add(1)),
            _ => (verdict.generation(), verdict.attempt()),
        }
    }

    /// Whether anything was sent of the generation (or, under a name that the plan sets, the attempt) that a run opened.
    pub(super) fn has_begun(&self, opened: Option<&(u32, u32)>) -> bool {
        let Some((generation, attempt)) = opened else { return false };
        match &self.identity {
            Identity::Derived { .. } => self.last_generation() >= *generation,
            Identity::Fixed(name) => {
                let seen = self.restores.iter().filter(|r| r.job_name.as_ref() == Some(name)).count();
                let under_way = |p: &PastAttempt| matches!(p.fate, PastFate::Open | PastFate::Accepted);
                let sent = self.past.iter().any(|p| p.job_name == *name && under_way(p) && !self.is_shown(p));
                sent || u32::try_from(seen).unwrap_or(u32::MAX) >= *attempt
            }
        }
    }

    /// The restores that the verdict rests on. A site lists what ran in years, and a changeset is kept with every run: of
    /// those that are over, only the last one, the last success and those of this very generation count.
    pub(super) fn counting(&self) -> Vec<RestoreRecord> {
        let generation = self.last_generation();
        let success = self.success();
        let last = self.restores.len().saturating_sub(1);
        let counts = |(at, restore): &(usize, &RestoreRecord)| {
            let number = restore.job_name.as_ref().and_then(|name| self.number(name));
            *at == last
                || !restore.is_final()
                || number.is_some_and(|(of, _)| of == generation)
                || success.as_deref() == Some(name(restore))
        };
        self.restores.iter().enumerate().filter(counts).map(|(_, restore)| restore.clone()).collect()
    }

    /// What a reader should know of restores of this very definition that were made more than once.
    pub(super) fn doubled(&self) -> Option<String> {
        let generation = self.last_generation();
        let made = |r: &&RestoreRecord| {
            let place = r.job_name.as_ref().and_then(|name| self.number(name));
            place.is_some_and(|(g, _)| g == generation)
                && !matches!(r.status.class(), StatusClass::Failed | StatusClass::PartlyFailed)
        };
        let made: Vec<String> = self.restores.iter().filter(made).map(shown).collect();
        let twice = made.len() > 1 && matches!(self.identity, Identity::Derived { .. });
        twice.then(|| {
            format!(
                "restored more than once under this definition: {}; look at what each of them wrote",
                made.join(", ")
            )
        })
    }

    /// The newest generation of this definition that anything is known of, at least 1.
    pub(super) fn last_generation(&self) -> u32 {
        let seen = self.restores.iter().filter_map(|r| self.number(r.job_name.as_ref()?));
        let sent = self.past.iter().filter_map(|p| self.number(&p.job_name));
        seen.chain(sent).map(|(generation, _)| generation).max().unwrap_or(1)
    }

    /// Generation and attempt, where the name is one of this very definition.
    pub(super) fn number(&self, job_name: &JobName) -> Option<(u32, u32)> {
        match &self.identity {
            Identity::Fixed(fixed) => (fixed == job_name).then_some((1, 1)),
            Identity::Derived { fingerprint } => {
                let name = DerivedName::parse(job_name)?;
                (name.fingerprint == *fingerprint).then_some((name.generation, name.attempt))
            }
        }
    }

    /// The newest restore of the item that succeeded, under any definition, and that wrote where this one would:
    /// as the journal knows, or perhaps, where it doesn't.
    pub(super) fn success(&self) -> Option<String> {
        let elsewhere = |restore: &RestoreRecord| {
            let sent = self.past.iter().find(|p| restore.job_name.as_ref() == Some(&p.job_name));
            let known = sent.map(|p| &p.writes).filter(|writes| !writes.is_empty());
            known.is_some_and(|writes| !writes.iter().any(|w| self.writes.iter().any(|own| own.overlaps(w))))
        };
        let restores = self.restores.iter().rev();
        let shown = restores.filter(|r| r.status.class().is_success()).find(|r| !elsewhere(r)).map(name);
        let here = |p: &PastAttempt| {
            p.writes.is_empty() || p.writes.iter().any(|w| self.writes.iter().any(|own| own.overlaps(w)))
        };
        let hidden = || {
            let succeeded = self.past.iter().rev().filter(|p| p.fate == PastFate::Succeeded && !self.is_shown(p));
            succeeded.copied().find(|p| here(p)).map(|p| p.job_name.as_str())
        };
        shown.or_else(hidden).map(str::to_owned)
    }
}

fn unread(site: &SiteId, why: &str) -> String {
    format!("the restores of site `{site}` could not be read, so what runs there is not known: {why}")
}

fn age(restore: &RestoreRecord) -> (Option<u128>, Option<Timestamp>, Option<String>) {
    let id = restore.execution_id.as_ref();
    (id.and_then(|id| id.parse().ok()), restore.start_time, id.cloned())
}

fn name(restore: &RestoreRecord) -> &str {
    restore.job_name.as_ref().map_or("(no name)", JobName::as_str)
}

pub(super) fn shown(restore: &RestoreRecord) -> String {
    match &restore.execution_id {
        Some(id) => format!("`{}` (restore {id})", name(restore)),
        None => format!("`{}`", name(restore)),
    }
}

pub(super) fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
