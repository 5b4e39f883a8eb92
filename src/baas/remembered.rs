//! What the lists of restores showed last, so that only what has changed since is read again.
//!
//! A site lists all that it ever restored, and is asked for it again and again while a run waits for a few: most of it
//! says the same each time. An entry is the same where its text is, to the letter. Most lists begin or end as the one before
//! did, and that part isn't even looked through.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::value::RawValue;

use super::entries::{Entry as _, Object};
use super::wire;
use crate::model::{RestoreRecord, SiteId};

/// The largest list that is remembered, in bytes. What is larger is read anew each time, so that its text doesn't stay in
/// memory.
const LARGEST: usize = 96 * 1024 * 1024;

/// The memory that what is remembered of a list may take, its text aside.
const MOST_BYTES: usize = 96 * 1024 * 1024;

/// The last list of each site.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<HashMap<SiteId, Last>>);

/// A list, and what was read of it.
#[derive(Debug, Default)]
struct Last {
    /// Which secrets were known then: what was read before others came isn't free of those.
    renewals: u64,
    text: Box<str>,
    /// In the order of the text.
    entries: Vec<Known>,
}

/// What was read of an entry.
#[derive(Debug, Clone)]
struct Known {
    /// Where it stands in the text, in bytes.
    start: usize,
    end: usize,
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
        let text = std::str::from_utf8(body).ok()?;
        // Not locked while it is read: another site's list would wait for it, with the thread that reads that.
        let sites = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = sites().remove(site).filter(|last| last.renewals == renewals).unwrap_or_default();
        let entries = last.entries_of(text, |text| {
            let Object(restore) = serde_json::from_str::<Object<wire::Restore>>(text).ok()?;
            // Such an entry is left out of a list, and told where there are no others.
            restore.tells().then(|| (restore.weight(), Arc::new(read(restore))))
        })?;
        drop(last);
        let records = entries.iter().map(|known| Arc::clone(&known.record)).collect();
        sites().insert(site.clone(), Last { renewals, text: text.into(), entries });
        Some(records)
    }
}

impl Last {
    /// What the entries of another list say, each as `read` makes it where this one doesn't tell it, with the memory it takes.
    fn entries_of(&self, text: &str, read: impl Fn(&str) -> Option<(usize, Arc<RestoreRecord>)>) -> Option<Vec<Known>> {
        let (head, tail) =
            (shared_head(self.text.as_bytes(), text.as_bytes()), shared_tail(self.text.as_bytes(), text.as_bytes()));
        // An entry is an object, so that it ends with its own last letter, whatever follows.
        let as_before = self.entries.get(..self.entries.partition_point(|known| known.end <= head))?;
        let mut entries = Vec::with_capacity(self.entries.len());
        entries.extend_from_slice(as_before);
        let mut bytes = entries.iter().map(|known| known.weight).fold(0, usize::saturating_add);
        // What may have changed: neither in the head nor in the tail that both share.
        let shared_from = self.text.len().saturating_sub(tail);
        let until = self.entries.partition_point(|known| known.start < shared_from).max(as_before.len());
        let others = self.entries.get(as_before.len()..until)?;
        let mut by_text: Option<HashMap<&str, &Known>> = None;
        let mut place = Place::after(text, as_before.last().map(|known| known.end))?;
        while let Some(start) = place.entry()? {
            // From here on it may be the end of the list before: how a text is read depends on nothing but what follows.
            let left = text.len().checked_sub(start)?;
            if left <= tail
                && let Some(begun) = self.text.len().checked_sub(left)
                && let Ok(at) = self.entries.binary_search_by_key(&begun, |known| known.start)
            {
                for known in self.entries.get(at..)? {
                    bytes = bytes.saturating_add(known.weight);
                    let moved = |place: usize| (place + text.len()).checked_sub(self.text.len());
                    let (start, end) = (moved(known.start)?, moved(known.end)?);
                    entries.push(Known { start, end, ..known.clone() });
                }
                return (bytes <= MOST_BYTES).then_some(entries);
            }
            let entry = place.value()?;
            let by_text = by_text.get_or_insert_with(|| {
                others.iter().filter_map(|known| Some((self.text.get(known.start..known.end)?, known))).collect()
            });
            let (weight, record) = match by_text.get(entry) {
                Some(known) => (known.weight, Arc::clone(&known.record)),
                None => read(entry)?,
            };
            bytes = bytes.saturating_add(weight);
            if bytes > MOST_BYTES {
                return None;
            }
            entries.push(Known { start, end: start.checked_add(entry.len())?, record, weight });
        }
        Some(entries)
    }
}

/// A place in the text of a list, between its entries.
struct Place<'a> {
    text: &'a str,
    /// In bytes.
    at: usize,
    /// Whether no entry came before.
    first: bool,
}

impl<'a> Place<'a> {
    /// After an entry that ends there, or after the bracket that opens the list.
    fn after(text: &'a str, end: Option<usize>) -> Option<Self> {
        let mut place = Self { text, at: end.unwrap_or(0), first: end.is_none() };
        match place.first && place.letter()? != b'[' {
            true => None,
            false => Some(place),
        }
    }

    /// The next letter that isn't a space.
    fn letter(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let spaces = rest.iter().take_while(|letter| matches!(letter, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at = self.at.checked_add(spaces)?.checked_add(1)?;
        rest.get(spaces).copied()
    }

    /// Where the next entry begins; an inner None at the end of the list, an outer one where that isn't how lists go on.
    fn entry(&mut self) -> Option<Option<usize>> {
        let before = self.at;
        match self.letter()? {
            b']' => return self.letter().is_none().then_some(None),
            b',' if !self.first => {}
            _ if self.first => self.at = before,
            _ => return None,
        }
        self.first = false;
        self.letter()?;
        self.at = self.at.checked_sub(1)?;
        Some(Some(self.at))
    }

    /// The text of the entry that begins here.
    fn value(&mut self) -> Option<&'a str> {
        let mut values = serde_json::Deserializer::from_str(self.text.get(self.at..)?).into_iter::<&RawValue>();
        let value = values.next()?.ok()?.get();
        self.at = self.at.checked_add(value.len())?;
        Some(value)
    }
}

/// How many bytes two texts begin with alike.
fn shared_head(one: &[u8], other: &[u8]) -> usize {
    let alike = one.chunks(SPAN).zip(other.chunks(SPAN)).take_while(|(one, other)| one == other);
    let spans = alike.map(|(one, _)| one.len()).sum::<usize>();
    let (one, other) = (one.iter().skip(spans), other.iter().skip(spans));
    spans + one.zip(other).take_while(|(one, other)| one == other).count()
}

/// How many bytes two texts end with alike.
fn shared_tail(one: &[u8], other: &[u8]) -> usize {
    let alike = one.rchunks(SPAN).zip(other.rchunks(SPAN)).take_while(|(one, other)| one == other);
    let spans = alike.map(|(one, _)| one.len()).sum::<usize>();
    let (one, other) = (one.iter().rev().skip(spans), other.iter().rev().skip(spans));
    spans + one.zip(other).take_while(|(one, other)| one == other).count()
}

/// So many bytes are compared at once.
const SPAN: usize = 4096;

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
    /// A list of entries by their numbers, written with some spaces.
    fn written(entries: &[(u8, u8)], spaces: u8) -> String {
        let space = ["", " ", "\n\t", "\r\n  "][usize::from(spaces % 4)];
        let one = |(name, status): &(u8, u8)| {
            // Some are longer than what is compared at once.
            let long = "x".repeat(if name % 5 == 0 { 3_000 } else { 0 });
            format!(
                "{{{space}\"restore_job_name\":\"{name}\",\"status\":\"{status}]}},{{\",\"status_details\":\"{long}\"}}"
            )
        };
        let all: Vec<String> = entries.iter().map(one).collect();
        format!("{space}[{space}{}{space}]{space}", all.join(&format!("{space},{space}")))
    }

    proptest::proptest! {
        #[test]
        fn what_is_remembered_says_what_the_list_says(
            lists in proptest::collection::vec((proptest::collection::vec((0u8..12, 0u8..2), 0..9), 0u8..6, 0u8..4), 1..8)
        ) {
            let remembered = Remembered::default();
            let site = SiteId::new("SITE");
            let mut entries = Vec::new();
            for (change, how, spaces) in lists {
                match how {
                    0 => entries = change,
                    1 => entries.extend(change),
                    2 => entries = change.into_iter().chain(entries).collect(),
                    3 => entries.reverse(),
                    4 => entries.truncate(change.len()),
                    _ => change.iter().for_each(|(at, status)| if let Some(entry) = entries.get_mut(usize::from(*at)) { entry.1 = *status }),
                }
                let text = written(&entries, if how == 0 { spaces } else { 0 });
                let told = remembered.records((&site, 0), text.as_bytes(), RestoreRecord::from).unwrap();
                let whole: Vec<wire::Restore> = serde_json::from_str(&text).unwrap();
                let whole: Vec<RestoreRecord> = whole.into_iter().map(RestoreRecord::from).collect();
                proptest::prop_assert_eq!(told.iter().map(|record| RestoreRecord::clone(record)).collect::<Vec<_>>(), whole);
            }
        }

        #[test]
        fn what_is_no_list_is_not_remembered(before in 0usize..200, text in "[\\[\\]{}, \"a:]{0,12}") {
            let remembered = Remembered::default();
            let site = SiteId::new("SITE");
            let list = written(&[(1, 0), (2, 1), (2, 1)], 0);
            let records = |text: &str| remembered.records((&site, 0), text.as_bytes(), RestoreRecord::from);
            proptest::prop_assert!(records(&list).is_some());
            let at = before.min(list.len());
            let odd = format!("{}{text}{}", &list[..at], &list[at..]);
            let told = records(&odd).map(|all| all.len());
            let whole = serde_json::from_str::<Vec<Object<wire::Restore>>>(&odd).ok();
            let whole = whole.filter(|all| all.iter().all(|Object(restore)| restore.tells())).map(|all| all.len());
            proptest::prop_assert_eq!(told, whole, "{}", odd);
        }
    }
}
