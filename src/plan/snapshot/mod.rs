//! Recorded snapshots: what sites showed, as a document that people read, change and keep beside their plans.
//!
//! It is read like a plan, with the place of everything, and written in one order with nothing that a second
//! recording of the same thing would change. What isn't in it counts as not read, never as not there.

mod read;
mod write;

use crate::diagnostic::{Diagnostics, Sources};
use crate::model::Snapshot;

use super::findings::Findings;
use super::load::{Privacy, load};
use super::place::Place;
use super::{LoaderLimits, SourceFile, schema};

pub(super) use read::snapshot;
pub use write::write_snapshot;

/// Reads a recorded snapshot. None: something is wrong with it, and the diagnostics say what.
pub fn read_snapshot(file: &SourceFile, limits: &LoaderLimits) -> (Option<Snapshot>, Diagnostics) {
    let mut sources = Sources::default();
    let mut findings = Findings::new();
    let root = load(&file.path, file.bytes.clone(), Privacy::Open, limits, &mut sources, &mut findings);
    let read = root.and_then(|mut root| {
        schema::validate(&schema::SNAPSHOT, &mut root, &|at| (at.clone(), None), &mut findings);
        snapshot(&Place::root(&root, &sources), &mut findings)
    });
    let read = read.filter(|_| !findings.has_errors());
    let dropped = findings.dropped();
    let found = Diagnostics::new(sources, findings.into_drafts(), limits.diagnostics);
    (read, found.and_more(dropped.0, dropped.1))
}

/// Several snapshots as one: of what more than one of them shows, the one that was taken last counts. None: there
/// are none.
pub fn newest(mut snapshots: Vec<Snapshot>) -> Option<Snapshot> {
    snapshots.sort_by_key(|snapshot| snapshot.taken_at);
    snapshots.into_iter().reduce(|mut older, newer| {
        older.taken_at = newer.taken_at;
        older.executions.extend(newer.executions);
        older.restores.extend(newer.restores);
        older.databases.extend(newer.databases);
        older.permissions.extend(newer.permissions);
        older.objects.extend(newer.objects);
        older.attempts.extend(newer.attempts);
        older
    })
}
