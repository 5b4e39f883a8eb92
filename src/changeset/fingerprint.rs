//! An item's meaning in a few letters.

use serde_json::{Value, json};

use crate::model::{ExecutionId, FINGERPRINT_DIGITS, Item, Mode, ObjectName, RestoreObject, Slug, digest};

/// How many of the digits tell of the environment.
const OF_ENVIRONMENT: usize = 3;

/// The beginning of all fingerprints of an environment. One plan may be carried out in several environments of one service,
/// and restores between their sites may be listed at a site of both: what the one restored says nothing of the other.
pub fn environment_mark(environment: &str) -> String {
    let hash = digest(&environment).unwrap_or_default();
    hash.trim_start_matches("sha256:").chars().take(OF_ENVIRONMENT).collect()
}

/// The environment's mark, and a hash over all that a create would send, the execution it would restore from, and the names of plan
/// and item: the meaning, not the bytes of the file. Names are folded, because the database compares them
/// without case.
///
/// The layout below is part of what is kept at sites for years, inside job names: a change to it would make every
/// finished restore look changed, and so restore everything again. It carries a version, and a test holds it.
///
/// # Errors
/// Never for items that a plan can express; see [`digest`].
pub fn fingerprint(
    (plan, environment): (&Slug, &str),
    item: &Item,
    execution: &ExecutionId,
) -> Result<String, serde_json::Error> {
    marked((plan, &environment_mark(environment)), item, execution)
}

/// As [`fingerprint`], for whoever knows the environment's mark.
pub(super) fn marked(
    (plan, mark): (&Slug, &str),
    item: &Item,
    execution: &ExecutionId,
) -> Result<String, serde_json::Error> {
    let folded = |name: &Option<ObjectName>| name.as_ref().map(ObjectName::folded);
    let object = |object: &RestoreObject| -> Value {
        json!({
            "type": object.object_type.wire(),
            "name": object.name.folded(),
            "parent": object.parent.folded(),
            "parent_type": object.parent_type.wire(),
            "exclude": object.exclude.iter().map(ObjectName::folded).collect::<Vec<_>>(),
            "include_all": object.include_all,
            "rename_to": folded(&object.rename_to),
        })
    };
    let meaning = json!({
        "version": 1,
        "plan": plan.as_str(),
        "item": item.name.as_str(),
        "source": {"site": item.source.site.as_str(), "job": item.source.job.as_str(), "execution": execution.as_str()},
        "target": {"site": item.target.site.as_str(), "database": folded(&item.target.database)},
        "objects": item.objects.iter().map(object).collect::<Vec<_>>(),
        "copy": item.mode == Mode::Copy,
        "continue_on_access_right_violation": item.options.continue_on_access_right_violation,
        "skip_statistics": item.options.skip_statistics,
        "skip_join_or_hash_indexes": item.options.skip_join_or_hash_indexes,
    });
    let hash = digest(&meaning)?;
    let hash = hash.trim_start_matches("sha256:").chars().take(FINGERPRINT_DIGITS.saturating_sub(OF_ENVIRONMENT));
    Ok(mark.chars().chain(hash).collect())
}
