//! What earlier runs sent of an item and the site doesn't show: whether it may still run or appear, and what follows from that.

use crate::model::{Action, JobName, PastAttempt, PastFate, RestoreRecord};

use super::history::{History, Verdict, seconds, shown};

impl History<'_> {
    /// What follows from creates of this definition that the journal holds and the site doesn't show.
    pub(super) fn unshown(&self, past: &[&PastAttempt], generation: u32, again: bool) -> Option<Verdict> {
        let hidden = |fates: &[PastFate]| {
            past.iter().rev().find(|p| fates.contains(&p.fate) && !self.is_shown(p)).map(|p| (*p).clone())
        };
        if let Some(past) = hidden(&[PastFate::Open, PastFate::Accepted]) {
            let attempt = self.number(&past.job_name).map_or(1, |(_, attempt)| attempt);
            let name = &past.job_name;
            let (run, id) =
                (&past.run, past.resource_id.as_ref().map_or_else(String::new, |id| format!(" as restore {id}")));
            if past.fate == PastFate::Open {
                let reason = format!(
                    "run {run} sent `{name}` and never learned what became of it; the site is watched for it before anything is sent"
                );
                return Some(Verdict::Await { generation, attempt, reason, past });
            }
            if self.window.is_open(&past) {
                let reason = format!("the site accepted `{name}`{id} from run {run}, and does not list it yet");
                return Some(Verdict::Await { generation, attempt, reason, past });
            }
            if !again {
                let reason = format!(
                    "the site accepted `{name}`{id} from run {run} and no longer lists it: look what became of it, then use {}",
                    self.anew()
                );
                return Some(Verdict::Blocked { generation, attempt, reason });
            }
        }
        if again {
            return None;
        }
        if let Some(past) = hidden(&[PastFate::Odd]) {
            let attempt = self.number(&past.job_name).map_or(1, |(_, attempt)| attempt);
            let reason = format!(
                "run {} could not tell how `{}` ended: look at it, then use {}",
                past.run,
                past.job_name,
                self.anew()
            );
            return Some(Verdict::Blocked { generation, attempt, reason });
        }
        let last = self.last_hidden().filter(|last| past.iter().any(|own| own.job_name == last.job_name))?;
        let attempt = self.number(&last.job_name).map_or(1, |(_, attempt)| attempt);
        let (run, name) = (&last.run, &last.job_name);
        match last.fate {
            PastFate::Succeeded => {
                let reason = format!(
                    "run {run} saw `{name}` succeed, and the site no longer lists it; {} restores it again",
                    self.anew()
                );
                Some(Verdict::Satisfied { generation, attempt, reason })
            }
            PastFate::Failed => {
                let reason = format!("run {run} saw `{name}` fail, and the site no longer lists it");
                let attempt = self.used(generation).saturating_add(1);
                Some(Verdict::Send { action: Action::Retry, generation, attempt, reason, before: self.success() })
            }
            PastFate::Open | PastFate::Accepted | PastFate::Odd | PastFate::Gone => None,
        }
    }

    /// The last of the item that the site is known to have accepted, under whatever definition, where it doesn't show it, nor
    /// anything that would have come after it. A list may leave out what it showed before; what the journal saw counts all the same.
    pub(super) fn last_hidden(&self) -> Option<&PastAttempt> {
        let last = self.past.iter().rev().find(|past| match past.fate {
            PastFate::Gone => false,
            PastFate::Open => self.is_shown(past),
            PastFate::Accepted | PastFate::Odd | PastFate::Failed | PastFate::Succeeded => true,
        })?;
        let of_journal =
            |restore: &RestoreRecord| self.past.iter().any(|past| restore.job_name.as_ref() == Some(&past.job_name));
        let id = |id: &str| id.parse::<u128>().ok();
        let given = last.resource_id.as_ref().and_then(|given| id(given.as_str()));
        // What somebody else made, with another store, counts as newer unless its id tells that it is older.
        let newer = |restore: &RestoreRecord| {
            let shown = restore.execution_id.as_deref().and_then(id);
            !of_journal(restore) && shown.zip(given).is_none_or(|(shown, given)| shown >= given)
        };
        (!self.is_shown(last) && !self.restores.iter().any(newer)).then_some(*last)
    }

    /// Whether the last restore of the item, of whatever definition, didn't end badly; so it is where there was none.
    pub(super) fn is_whole(&self) -> bool {
        match (self.last_hidden(), self.restores.last()) {
            (Some(hidden), _) => hidden.fate == PastFate::Succeeded,
            (None, Some(shown)) => shown.status.class().is_success(),
            (None, None) => true,
        }
    }

    /// A restore of the item under another definition, or of an older generation, that runs or may be on its way.
    pub(super) fn other_definition_under_way(&self, is_current: &impl Fn(&JobName) -> bool) -> Option<String> {
        let other = |name: &JobName| !is_current(name);
        if let Some(running) = self.restores.iter().find(|r| !r.is_final() && r.job_name.as_ref().is_some_and(other)) {
            return Some(format!(
                "{}, which restores this item from another definition, still runs at the site ({}): wait until it ends",
                shown(running),
                running.status
            ));
        }
        let sent = |p: &&&PastAttempt| {
            let may_appear = matches!(p.fate, PastFate::Open | PastFate::Accepted) && self.window.is_open(p);
            may_appear && other(&p.job_name) && !self.is_shown(p)
        };
        let sent = self.past.iter().rev().find(sent)?;
        Some(format!(
            "run {} sent `{}`, another definition of this item, and it may still appear at the site: try again after {}",
            sent.run,
            sent.job_name,
            seconds(self.window.end(sent))
        ))
    }

    /// The last that was sent of the item, under another definition or of an older generation, where the site accepted it and
    /// doesn't list it, so that nobody knows whether it still runs.
    pub(super) fn other_definition_unlisted(&self, is_current: &impl Fn(&JobName) -> bool) -> Option<String> {
        let sent = self.past.iter().rev().find(|p| p.fate != PastFate::Gone)?;
        let id = sent.resource_id.as_ref().map_or_else(String::new, |id| format!(" as restore {id}"));
        (sent.fate == PastFate::Accepted && !is_current(&sent.job_name) && !self.is_shown(sent)).then(|| {
            format!(
                "the site accepted `{}`{id} from run {}, another definition of this item, and doesn't list it: look what became of it, then use {}",
                sent.job_name,
                sent.run,
                self.anew()
            )
        })
    }

    /// The create that a verdict to block rests on, as far as it may run, or still appear: it takes room meanwhile. One
    /// that was accepted may run although no list shows it.
    pub(super) fn awaited(&self) -> Option<&PastAttempt> {
        let may_appear =
            |p: &&&PastAttempt| p.fate == PastFate::Accepted || p.fate == PastFate::Open && self.window.is_open(p);
        self.past.iter().rev().filter(may_appear).find(|p| !self.is_shown(p)).copied()
    }

    /// Whether a create that the site doesn't show is too old to appear only if two clocks, that of the host which sent it and
    /// this one's, can be compared. What was sent of this very definition and has no answer is watched for in any case.
    pub(super) fn rests_on_clocks(&self) -> bool {
        let generation = self.last_generation();
        let watched = |p: &PastAttempt| {
            p.fate == PastFate::Open && self.number(&p.job_name).is_some_and(|(of, _)| of == generation)
        };
        let open = |p: &PastAttempt| matches!(p.fate, PastFate::Open | PastFate::Accepted) && !watched(p);
        self.past.iter().any(|p| open(p) && self.window.is_doubtful(p) && !self.is_shown(p))
    }

    /// Whether the site shows the restore that an earlier create made.
    pub(super) fn is_shown(&self, past: &PastAttempt) -> bool {
        self.restores.iter().any(|r| r.job_name.as_ref() == Some(&past.job_name) && !past.prior.contains(&r.mark()))
    }
}
