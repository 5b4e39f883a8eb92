//! What the comments of a new plan say: why it says what it says, for whoever changes it next.

use super::sketch::{Entry, Part};
use crate::model::{Limits, OnExisting};

/// Whether restores go back over the very objects that were backed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// They do.
    Itself,
    /// They go to another site, into another database or under other names.
    Elsewhere,
}

/// Why `on_existing` says what it says, and what else it could say.
pub(super) fn on_existing(policy: OnExisting, place: Place) -> &'static str {
    match (policy, place) {
        (OnExisting::Fail, Place::Itself) => {
            "These objects go back over themselves, and `on_existing: fail` refuses that as long as they are there. \
             Say `replace` once it is meant; the environment must allow it too (`guard: {allow_in_place: true}`)."
        }
        (OnExisting::Fail, Place::Elsewhere) => {
            "`on_existing: fail` refuses to go over what is seen to be there. That is databases only: the API lists no \
             tables, and the service replaces one that has the same name. See to it that the names are free."
        }
        (OnExisting::Replace, Place::Itself) => {
            "These objects go back over themselves. `on_existing: replace` lets them: what is there is replaced, data and \
             definition, by what the backup holds. The environment must allow it too (`guard: {allow_in_place: true}`)."
        }
        (OnExisting::Replace, Place::Elsewhere) => {
            "`on_existing: replace` lets the service replace what is there, data and definition. The environment must allow \
             it too (`guard: {allow_replace: true}`)."
        }
        (OnExisting::Skip, _) => {
            "`on_existing: skip` leaves a database that is there as it is and counts its restore as done. Whether a table is \
             there can't be seen, so a restore of tables is refused then."
        }
    }
}

/// Limits that a new plan states, though they hold by default: so that whoever reads it knows them.
pub(super) fn limits(deadline: &serde_json::Value) -> Part {
    let concurrency = Limits::default().concurrency;
    Part {
        comment: Vec::new(),
        entries: vec![
            Entry::new("concurrency", concurrency).remark("restores in flight at once"),
            Entry::new("deadline", deadline.clone())
                .remark("per restore: the service waits for locked objects for ever"),
        ],
    }
}

/// How an execution is chosen, in words for a comment.
pub(super) const LATEST: &str = "the newest that completed successfully, each time the plan is applied";

/// What bringing back a whole database means.
pub(super) const WHOLE_DATABASE: &str = "A whole database comes back as it was backed up: over itself, what was made in it \
    since is lost, and what the backup passed over comes back empty.";

/// What an import can't know of a plan.
pub(super) const UNTOLD: [&str; 3] = ["owner", "contact", "ticket"];

/// What a plan may say of itself and doesn't yet.
pub(super) fn whose(keys: &[&str]) -> String {
    let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    let keys = match keys.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        all => all.concat(),
    };
    format!("Add {keys} below `name`: every report of a run says what is there.")
}
