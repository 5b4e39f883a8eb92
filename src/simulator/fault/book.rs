//! The faults in force, and how often each has matched and struck. They belong to the process: what
//! one has done to a restore is stored with the restore, the faults themselves are not.

use serde::{Deserialize, Serialize};

use super::{Call, Effect, Fault};
use crate::model::glob;

/// The faults in force, in the order in which they were added.
#[derive(Debug, Default)]
pub(in crate::simulator) struct FaultBook {
    entries: Vec<Entry>,
    last_id: u64,
}

/// One fault and its counts.
#[derive(Debug, Clone, Serialize)]
pub(in crate::simulator) struct Entry {
    id: u64,
    /// How often it matched.
    matched: u64,
    /// How often it struck.
    struck: u64,
    #[serde(flatten)]
    fault: Fault,
}

/// What strikes one call.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Struck {
    /// How much later the answer comes.
    pub(in crate::simulator) delay_ms: u64,
    /// What else happens.
    pub(in crate::simulator) effect: Option<Effect>,
}

/// What strikes one restore; stored with it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::simulator) struct Applied {
    /// It breaks off halfway, with these details.
    pub(in crate::simulator) fail: Option<String>,
    /// Its last object does not come back.
    pub(in crate::simulator) partial: bool,
    /// It ends with these warnings.
    pub(in crate::simulator) warnings: Vec<String>,
    /// It ends with this status.
    pub(in crate::simulator) status: Option<String>,
    /// It takes so many times longer.
    pub(in crate::simulator) slow: Option<f64>,
    /// It never ends.
    pub(in crate::simulator) hang: bool,
    /// It is in no list for so long.
    pub(in crate::simulator) vanish_ms: u64,
}

impl FaultBook {
    /// Adds a fault and gives its number.
    pub(in crate::simulator) fn add(&mut self, fault: Fault) -> u64 {
        self.last_id += 1;
        self.entries.push(Entry { id: self.last_id, matched: 0, struck: 0, fault });
        self.last_id
    }

    /// Takes all faults out.
    pub(in crate::simulator) fn clear(&mut self) {
        self.entries.clear();
    }

    /// The faults with their counts.
    pub(in crate::simulator) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What strikes a call. Delays add up; of all else the first fault strikes, and the others wait.
    pub(in crate::simulator) fn on_call(&mut self, call: Call, name: Option<&str>) -> Struck {
        let mut struck = Struck::default();
        for entry in &mut self.entries {
            let hit = entry.fault.call == Call::Any || entry.fault.call == call;
            if !(hit && entry.meets(name)) {
                continue;
            }
            match &entry.fault.effect {
                Effect::Delay { ms } => struck.delay_ms = struck.delay_ms.saturating_add(*ms),
                _ if struck.effect.is_some() => continue,
                effect => struck.effect = Some(effect.clone()),
            }
            entry.struck += 1;
        }
        struck
    }

    /// What strikes a restore that is being accepted. Everything that matches does.
    pub(in crate::simulator) fn on_accept(&mut self, name: &str) -> Applied {
        let mut applied = Applied::default();
        for entry in &mut self.entries {
            if !(entry.fault.call == Call::Restore && entry.meets(Some(name))) {
                continue;
            }
            entry.struck += 1;
            match &entry.fault.effect {
                Effect::Fail { details } => {
                    let details = details.clone();
                    applied.fail = Some(details.unwrap_or_else(|| "the restore was told to fail".to_owned()));
                }
                Effect::Warn { text } => {
                    let text = text.clone();
                    applied.warnings.push(text.unwrap_or_else(|| "the restore was told to warn".to_owned()));
                }
                Effect::Partial {} => applied.partial = true,
                Effect::Status { word } => applied.status = Some(word.clone()),
                Effect::Slow { factor } => applied.slow = Some(*factor),
                Effect::Hang {} => applied.hang = true,
                Effect::Vanish { ms } => applied.vanish_ms = *ms,
                _ => {}
            }
        }
        applied
    }
}

impl Entry {
    /// Counts a match; whether the fault is to strike.
    fn meets(&mut self, name: Option<&str>) -> bool {
        if let Some(pattern) = &self.fault.name
            && !name.is_some_and(|name| glob::fits(pattern, name))
        {
            return false;
        }
        self.matched += 1;
        self.matched > self.fault.after && self.fault.times.is_none_or(|times| self.struck < times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(faults: &[&str]) -> FaultBook {
        let mut book = FaultBook::default();
        for fault in faults {
            book.add(fault.parse().unwrap());
        }
        book
    }

    fn effects(book: &mut FaultBook, call: Call, names: &[&str]) -> Vec<Option<Effect>> {
        names.iter().map(|name| book.on_call(call, Some(name)).effect).collect()
    }

    #[test]
    fn skips_strikes_and_stops() {
        let mut book = book(&["create:drop,name=a*,after=1,times=2"]);
        let hit = Some(Effect::Drop {});
        assert_eq!(
            effects(&mut book, Call::Create, &["a1", "b", "a2", "a3", "a4"]),
            [None, None, hit.clone(), hit, None]
        );
        assert_eq!(book.on_call(Call::List, None).effect, None);
        assert_eq!((book.entries[0].matched, book.entries[0].struck), (4, 2));
    }

    #[test]
    fn one_fault_at_a_time_and_delays_with_it() {
        let mut book = book(&["any:delay=5", "create:delay=7", "create:drop,times=1", "any:garbage,times=1"]);
        let first = book.on_call(Call::Create, Some("x"));
        assert_eq!((first.delay_ms, first.effect), (12, Some(Effect::Drop {})));
        assert_eq!(book.on_call(Call::Create, Some("x")).effect, Some(Effect::Garbage {}), "its turn was not used up");
        assert_eq!(book.on_call(Call::Jobs, None).delay_ms, 5);
    }

    #[test]
    fn effects_on_a_restore_come_together() {
        let mut book = book(&["restore:warn=w,name=r*", "restore:slow=3", "restore:fail,times=1"]);
        let applied = book.on_accept("r");
        assert_eq!((applied.warnings, applied.slow, applied.fail.is_some()), (vec!["w".to_owned()], Some(3.0), true));
        let applied = book.on_accept("x");
        assert_eq!((applied.warnings.len(), applied.fail), (0, None));
        assert_eq!(book.on_call(Call::Create, Some("r")).effect, None);
    }
}
