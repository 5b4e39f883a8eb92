//! What the lists of restores showed last, so that only what has changed since is read again.
//!
//! A site lists all that it ever restored, and is asked for it again and again while a run waits for a few: most of it
//! says the same each time. An entry is the same where its text is, to the letter.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::entries::{Entry as _, Object};
use super::wire;
use crate::model::{RestoreRecord, SiteId};

/// The largest list that is remembered, in bytes: some fifty thousand restores. What is larger is read anew each time, so that
/// its texts don't stay in memory.
const LARGEST: usize = 48 * 1024 * 1024;

/// The memory that what is remembered of a list may take, its texts aside.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The last list of each site.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<HashMap<SiteId, Last>>);

/// The entries of a list, in its order.
#[derive(Debug, Default)]
struct Last {
    /// Which secrets were known then: what was read before others came isn't free of those.
    renewals: u64,
    entries: Vec<Known>,
}

/// What was read of an entry.
#[derive(Debug)]
struct Known {
    text: Box<str>,
    record: Arc<RestoreRecord>,
    /// The memory that it takes.
    weight: usize,
}

impl Remembered {
    /// The records of a list, each as `read` makes it of a document that wasn't there the last time. None where the list isn't
    /// as plain as lists are, and has to be read in a way that can say why.
    pub(super) fn records(
        &self,
        (site, renewals): (&SiteId, u64),
        body: &[u8],
        read: impl Fn(wire::Restore) -> RestoreRecord,
    ) -> Option<Vec<Arc<RestoreRecord>>> {
        if body.len() > LARGEST {
            return None;
        }
        let mut texts = serde_json::Deserializer::from_str(std::str::from_utf8(body).ok()?);
        let entries = texts.deserialize_seq(Entries).ok()?;
        texts.end().ok()?;
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = sites.remove(site).filter(|last| last.renewals == renewals).unwrap_or_default();
        let mut now = Last { renewals, entries: Vec::with_capacity(entries.len()) };
        let mut last = Former::new(last.entries);
        let mut bytes = 0usize;
        for entry in entries {
            let text = entry.get();
            let known = match last.take(text) {
                Some(known) => known,
                None => {
                    let Object(restore) = serde_json::from_str::<Object<wire::Restore>>(text).ok()?;
                    // Such an entry is left out of a list, and told where there are no others.
                    if !restore.tells() {
                        return None;
                    }
                    Known { text: text.into(), weight: restore.weight(), record: Arc::new(read(restore)) }
                }
            };
            bytes = bytes.saturating_add(known.weight);
            if bytes > MOST_BYTES {
                return None;
            }
            now.entries.push(known);
        }
        let records = now.entries.iter().map(|known| Arc::clone(&known.record)).collect();
        sites.insert(site.clone(), now);
        Some(records)
    }
}

/// What was read of the former list, looked through in its order: a list mostly begins as the one before it did.
struct Former {
    rest: std::vec::IntoIter<Known>,
    /// What was passed by, or all the rest once the orders differ.
    others: HashMap<Box<str>, Known>,
    differs: bool,
}

impl Former {
    fn new(entries: Vec<Known>) -> Self {
        Self { rest: entries.into_iter(), others: HashMap::new(), differs: false }
    }

    fn take(&mut self, text: &str) -> Option<Known> {
        if !self.differs {
            let next = self.rest.next()?;
            if *next.text == *text {
                return Some(next);
            }
            self.differs = true;
            let rest = std::iter::once(next).chain(self.rest.by_ref());
            self.others = rest.map(|known| (known.text.clone(), known)).collect();
        }
        self.others.remove(text)
    }
}

/// The texts of a list's entries, as long as there aren't too many.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            if entries.len() == MOST_BYTES / size_of::<wire::Restore>() {
                return Err(A::Error::custom("too many"));
            }
            entries.push(entry);
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn only_what_changed_is_read_again() {
        let remembered = Remembered::default();
        let site = SiteId::new("SITE");
        let reads = Cell::new(0);
        let ask = |renewals: u64, body: &str| {
            reads.set(0);
            let count = |restore: wire::Restore| {
                reads.set(reads.get() + 1);
                RestoreRecord::from(restore)
            };
            let records = remembered.records((&site, renewals), body.as_bytes(), count);
            let shown = |record: Arc<RestoreRecord>| format!("{} {}", record.job_name.as_ref().unwrap(), record.status);
            (records.map(|records| records.into_iter().map(shown).collect::<Vec<_>>()), reads.get())
        };
        let one = |name: &str, status: &str| format!("{{\"restore_job_name\": \"{name}\", \"status\": \"{status}\"}}");
        let (a, b, c) = (one("a", "RUNNING"), one("b", "RUNNING"), one("a", "FAILED"));
        let told = |records: &[&str]| Some(records.iter().map(|&record| record.to_owned()).collect::<Vec<_>>());
        assert_eq!(ask(0, &format!("[{a}, {b}]")), (told(&["a RUNNING", "b RUNNING"]), 2));
        assert_eq!(ask(0, &format!("[{b},{a}]")), (told(&["b RUNNING", "a RUNNING"]), 0));
        assert_eq!(ask(0, &format!("[{b},{c}, {c}]")), (told(&["b RUNNING", "a FAILED", "a FAILED"]), 2));
        assert_eq!(ask(0, &format!("[{c}, {b}]")), (told(&["a FAILED", "b RUNNING"]), 0));
        assert_eq!(ask(1, &format!("[{c}]")), (told(&["a FAILED"]), 1), "other secrets are known now");
        assert_eq!(ask(1, "[]"), (told(&[]), 0));
        assert_eq!(ask(1, &format!("[{c}]")), (told(&["a FAILED"]), 1));
        for odd in ["null", "[{}]", "{}", "[[]]", &format!("[{c}"), "", "[\"x\"]"] {
            assert_eq!(ask(1, odd).0, None, "{odd}");
        }
        assert_eq!(ask(1, &format!("[{c}]")).0, told(&["a FAILED"]));
    }
}
