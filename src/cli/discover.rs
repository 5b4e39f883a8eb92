//! Finds plans below folders, and the environments beside them.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::files::Unreadable;

/// What is below some paths.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Plans in the order of the paths, sorted below each of them, each once.
    pub(super) plans: Vec<PathBuf>,
    /// Folders that can't be read.
    pub(super) unreadable: Vec<Unreadable>,
}

/// The plans below some paths: a file itself, or every `*.yaml` and `*.yml` below a folder. Folders named `environments`
/// are passed over, because what is in them are no plans.
pub(super) fn plans_below(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    let mut known = HashSet::new();
    for path in paths {
        let mut plans = Vec::new();
        // Whether it is there is for whoever reads it to say.
        if path.is_dir() {
            walk(path, &mut HashSet::new(), &mut plans, &mut found.unreadable);
        } else {
            plans.push(path.clone());
        }
        plans.sort();
        found.plans.extend(plans.into_iter().filter(|plan| known.insert(plan.components().collect::<PathBuf>())));
    }
    found
}

/// Goes through a folder; `seen` holds those gone through, because links may lead back into one.
fn walk(folder: &Path, seen: &mut HashSet<PathBuf>, plans: &mut Vec<PathBuf>, unreadable: &mut Vec<Unreadable>) {
    let listed = std::fs::canonicalize(folder).and_then(|canonical| match seen.insert(canonical) {
        true => std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect(),
        false => Ok(Vec::new()),
    });
    let entries: Vec<PathBuf> = match listed {
        Ok(entries) => entries,
        Err(error) => return unreadable.push(Unreadable::system(folder, &error)),
    };
    for entry in entries {
        if entry.is_dir() {
            if entry.file_name().is_some_and(|name| name != "environments") {
                walk(&entry, seen, plans, unreadable);
            }
        } else if is_yaml(&entry) {
            plans.push(entry);
        }
    }
}

/// The environments beside a plan, sorted. Names that begin with `_` are bases that others extend; nothing runs in them.
///
/// # Errors
/// When their folder is there and can't be read.
pub(super) fn environments_beside(plan: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    let folder = plan.parent().unwrap_or(Path::new("")).join("environments");
    let listed = std::fs::read_dir(&folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut found: Vec<PathBuf> = match listed {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(Unreadable::system(&folder, &error)),
    };
    found.retain(|path| is_yaml(path) && !is_base(path));
    found.sort();
    Ok(found)
}

fn is_base(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('_'))
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}
