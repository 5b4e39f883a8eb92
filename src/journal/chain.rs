//! Checksums that hang together: each entry's covers the one before it, and the first covers the run's head.
//!
//! So an entry that was changed, lost or written by half is found when the run is read, and named. They guard against
//! accidents; whoever may write the store can write new ones.

use sha2::{Digest as _, Sha256};

use super::Entry;
use crate::model::RunId;

/// A link of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Checksum([u8; 32]);

impl Checksum {
    /// The chain's start: the run's head, to the letter.
    pub(super) fn of_head(head: &str) -> Self {
        Self(Sha256::digest(head).into())
    }

    /// The next link. Lengths go in too, so that nothing can move from one field into the next.
    fn next(self, seq: i64, at: &str, record: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(seq.to_be_bytes());
        hash.update(at.len().to_be_bytes());
        hash.update(at);
        hash.update(record);
        Self(hash.finalize().into())
    }

    /// The bytes, as a database keeps them.
    pub(super) fn bytes(self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// From what a database keeps; none where that is no checksum.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// An entry as a database keeps it.
#[derive(Debug, Clone)]
pub(super) struct KeptEntry {
    pub(super) seq: i64,
    pub(super) at: String,
    pub(super) record: String,
    pub(super) checksum: Option<Vec<u8>>,
}

/// Where a run's entries end: the last one's number and checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tail {
    pub(super) seq: i64,
    pub(super) checksum: Checksum,
}

impl Tail {
    /// As a database keeps it.
    pub(super) fn kept(seq: Option<i64>, checksum: Option<&[u8]>) -> Option<Self> {
        Some(Self { seq: seq?, checksum: Checksum::from_bytes(checksum?)? })
    }
}

/// Entries as they are to be kept behind a tail, and the tail after them.
///
/// # Errors
/// When they don't follow it.
pub(super) fn link(tail: Tail, entries: &[Entry]) -> Result<(Vec<KeptEntry>, Tail), String> {
    let mut last = tail;
    let mut kept = Vec::with_capacity(entries.len());
    for entry in entries {
        let seq = i64::try_from(entry.seq).map_err(|e| e.to_string())?;
        if seq != last.seq + 1 {
            return Err(format!("entry {} should come next, not {seq}", last.seq + 1));
        }
        let at = entry.at.to_string();
        let record = serde_json::to_string(&entry.record).map_err(|e| e.to_string())?;
        let checksum = last.checksum.next(seq, &at, &record);
        last = Tail { seq, checksum };
        kept.push(KeptEntry { seq, at, record, checksum: Some(checksum.bytes()) });
    }
    Ok((kept, last))
}

/// What a database keeps of a run beside its entries. Runs of before there were checksums have none.
#[derive(Debug)]
pub(super) struct KeptRun {
    pub(super) head: String,
    pub(super) checksum: Option<Vec<u8>>,
    pub(super) tail: Option<Tail>,
}

/// The entries of a run, each held to its checksum.
///
/// # Errors
/// When one was changed, is missing or can't be read; the text names it.
pub(super) fn read(id: &RunId, run: &KeptRun, kept: &[KeptEntry]) -> Result<Vec<Entry>, String> {
    if let Some(checksum) = &run.checksum {
        let start = Checksum::of_head(&run.head);
        if Checksum::from_bytes(checksum) != Some(start) {
            return Err(format!("the head of run {id} is not as it was written"));
        }
        hold(id, Tail { seq: 0, checksum: start }, run.tail, kept)?;
    }
    parse(id, kept)
}

/// The entries that were added behind a tail, each held to its checksum, up to where the run ends now.
///
/// # Errors
/// As [`read`].
pub(super) fn read_on(id: &RunId, after: Tail, tail: Option<Tail>, kept: &[KeptEntry]) -> Result<Vec<Entry>, String> {
    hold(id, after, tail, kept)?;
    parse(id, kept)
}

fn parse(id: &RunId, kept: &[KeptEntry]) -> Result<Vec<Entry>, String> {
    let entry = |kept: &KeptEntry| {
        let damaged = |what: String| format!("entry {} of run {id}: {what}", kept.seq);
        Ok(Entry {
            seq: u64::try_from(kept.seq).map_err(|e| damaged(e.to_string()))?,
            at: kept.at.parse().map_err(|e: jiff::Error| damaged(e.to_string()))?,
            record: serde_json::from_str(&kept.record).map_err(|e| damaged(e.to_string()))?,
        })
    };
    kept.iter().map(entry).collect()
}

fn hold(id: &RunId, start: Tail, tail: Option<Tail>, kept: &[KeptEntry]) -> Result<(), String> {
    let mut last = start;
    for entry in kept {
        let expected = last.seq + 1;
        if entry.seq != expected {
            return Err(format!("entry {expected} of run {id} is missing: entry {} comes in its place", entry.seq));
        }
        let checksum = last.checksum.next(entry.seq, &entry.at, &entry.record);
        if entry.checksum.as_deref().and_then(Checksum::from_bytes) != Some(checksum) {
            return Err(format!("entry {expected} of run {id} is not as it was written"));
        }
        last = Tail { seq: expected, checksum };
    }
    match tail {
        Some(tail) if tail == last => Ok(()),
        Some(tail) if tail.seq > last.seq => Err(format!(
            "entry {} of run {id} is missing: {} were written, and {} are there",
            last.seq + 1,
            tail.seq,
            last.seq
        )),
        _ => Err(format!("the end of run {id}, after entry {}, is not as it was written", last.seq)),
    }
}
