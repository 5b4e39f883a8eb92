//! What is said of shards, the same on every surface.

use super::document::{MergedRun, MissingShard, ShardReport};
use super::wording::count;

/// How many missing shards are named.
const NAMED: usize = 10;

/// Which of the runs of a merged report it is.
pub(super) fn run_label(run: &MergedRun) -> String {
    run.shard.map_or_else(|| "run".to_owned(), |shard| format!("shard {shard}"))
}

/// One run of a merged report in a sentence.
pub(super) fn run_words(run: &MergedRun) -> String {
    let goes_on = if run.resumes.is_some() { " (goes on with the one above)" } else { "" };
    let (restores, came_to) = (count(run.total, "restore"), run.verdict.words());
    format!("{} by {}{goes_on}: {restores}, {came_to}", run.id, run.opened_by)
}

/// What is known of a shard of which there is no run.
pub(super) fn missing_words(shard: &MissingShard) -> String {
    format!("MISSING: no run of it is here, so nobody knows what became of its {}", count(shard.total, "restore"))
}

/// Which part of the plan a run carried out.
pub(super) fn shard_words(shard: &ShardReport) -> String {
    let here = count(shard.here(), "restore");
    format!("{}, with {here} of {}", shard.shard.words(), shard.total())
}

/// `shard 3 of 4 is missing, with 2 restores`.
pub(super) fn lacking(missing: &[MissingShard]) -> String {
    let restores = count(missing.iter().map(|shard| shard.total).fold(0, usize::saturating_add), "restore");
    match missing {
        [one] => format!("shard {} is missing, with {restores}", one.shard.words()),
        more => {
            let names: Vec<String> = more.iter().take(NAMED).map(|shard| shard.shard.to_string()).collect();
            let rest = more.len().saturating_sub(NAMED);
            let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            format!("shards {}{rest} are missing, with {restores}", names.join(", "))
        }
    }
}

/// That a run is no more than one shard of its plan.
pub(super) fn only_a_part(shard: &ShardReport) -> String {
    let which = format!("this is shard {} of the plan", shard.shard.words());
    match shard.elsewhere() {
        0 => format!("{which}, and no other has a restore"),
        1 => format!("{which}, and 1 restore belongs to another"),
        more => format!("{which}, and {more} restores belong to the others"),
    }
}
