//! What is left of a run that was pruned: the creates that it sent or adopted, and what became of them.
//!
//! Later runs decide on every create that the journal holds, so none may be forgotten: neither its name, which must not be
//! given again, nor its fate. What goes is the changeset, the way that each restore went at the site, and the notes.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::{Entry, IllegalRecord, Record, Run, SavedChangeset, past_attempts};
use crate::model::Slug;

/// What is left of a run, as a database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remains {
    /// The run's head, without its changeset.
    pub(super) head: String,
    /// The entries that are left, as a list.
    pub(super) entries: String,
    /// Over both.
    pub(super) checksum: Vec<u8>,
}

impl Remains {
    /// What must be left of a run; none where it sent and adopted nothing.
    ///
    /// # Errors
    /// When its entries don't fit together.
    pub(super) fn of(run: &Run, entries: &[Entry]) -> Result<Option<Self>, String> {
        let bare = Run { changeset: SavedChangeset::default(), ..run.clone() };
        let left = condensed(&bare, entries).map_err(|illegal| illegal.to_string())?;
        let sent = |entry: &Entry| matches!(entry.record, Record::Intent { .. } | Record::Adopted { .. });
        if !left.iter().any(sent) {
            return Ok(None);
        }
        let head = serde_json::to_string(&bare).map_err(|e| e.to_string())?;
        let entries = serde_json::to_string(&left).map_err(|e| e.to_string())?;
        let checksum = checksum(&head, &entries);
        Ok(Some(Self { head, entries, checksum }))
    }

    /// The run with the entries that are left of it.
    ///
    /// # Errors
    /// What of it isn't as it was written.
    pub(super) fn read(&self) -> Result<(Run, Vec<Entry>), String> {
        let run: Run = serde_json::from_str(&self.head).map_err(|e| format!("what is left of a pruned run: {e}"))?;
        let changed = || format!("what is left of the pruned run {} is not as it was written", run.id);
        if checksum(&self.head, &self.entries) != self.checksum {
            return Err(changed());
        }
        let entries = serde_json::from_str(&self.entries).map_err(|e| format!("{}: {e}", changed()))?;
        Ok((run, entries))
    }
}

fn checksum(head: &str, entries: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(head.len().to_be_bytes());
    hash.update(head);
    hash.update(entries);
    hash.finalize().to_vec()
}

/// The entries without those that tell later runs nothing. That they do tell them nothing is not taken for granted: if what
/// later runs would read were another, all stay.
fn condensed(run: &Run, entries: &[Entry]) -> Result<Vec<Entry>, IllegalRecord> {
    // From the end: an observation that is followed by a later one of the same attempt is of no use.
    let mut seen: BTreeSet<&Slug> = BTreeSet::new();
    let mut left: Vec<Entry> = Vec::new();
    for entry in entries.iter().rev() {
        let stays = match &entry.record {
            Record::Noted { .. } | Record::Concurrency { .. } => false,
            Record::Observed { item, .. } => seen.insert(item),
            Record::Intent { item, .. } | Record::Adopted { item, .. } => {
                seen.remove(item);
                true
            }
            _ => true,
        };
        if stays {
            left.push(entry.clone());
        }
    }
    left.reverse();
    for (entry, seq) in left.iter_mut().zip(1..) {
        entry.seq = seq;
    }
    let told = |entries: &[Entry]| past_attempts(&[(run.clone(), entries.to_vec())], &run.service);
    let all = told(entries)?;
    Ok(if told(&left).is_ok_and(|left| left == all) { left } else { entries.to_vec() })
}
