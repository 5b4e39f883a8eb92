//! Finds plans below folders, and the environments beside them.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::files::Unreadable;
use crate::plan;

/// The folder of environments.
const ENVIRONMENTS: &str = "environments";

/// Folders beside plans that hold none: environments, and recorded snapshots.
const NO_PLANS: [&str; 2] = [ENVIRONMENTS, "snapshots"];

/// What a test file's name ends in; before that it is the name of its plan.
const TEST_ENDINGS: [&str; 2] = [".test.yaml", ".test.yml"];

/// What is below some paths.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Plans, or tests of plans, in the order of the paths, sorted below each of them, each once.
    pub(super) files: Vec<PathBuf>,
    /// Folders that can't be read.
    pub(super) unreadable: Vec<Unreadable>,
}

/// The plans below some paths: a file itself, or every `*.yaml` and `*.yml` below a folder. What is no plan is passed
/// over: folders of environments and snapshots, files that plans include (their names begin with `_`), and tests, also
/// where they are named, so that `plans/*.yaml` means the plans.
pub(super) fn plans_below(paths: &[PathBuf]) -> Found {
    let mut found = yaml_below(paths);
    found.files.retain(|path| !is_test(path) && (paths.contains(path) || !is_base(path)));
    found
}

/// The test files below some paths: a file itself, that of a plan, or every one below a folder.
///
/// # Errors
/// When a plan that is named has no test file beside it.
pub(super) fn tests_below(paths: &[PathBuf]) -> anyhow::Result<Found> {
    let mut own = Vec::with_capacity(paths.len());
    for path in paths {
        if path.is_dir() || is_test(path) {
            own.push(path.clone());
            continue;
        }
        let beside = TEST_ENDINGS.map(|ending| path.with_extension(ending.trim_start_matches('.')));
        match beside.iter().find(|path| path.exists()) {
            Some(test) => own.push(test.clone()),
            None if !path.exists() => bail!("`{}` can't be read: there is no such file", path.display()),
            None => bail!("`{}` has no test file beside it: there is no {}", path.display(), names(&beside)),
        }
    }
    let mut found = yaml_below(&own);
    found.files.retain(|path| is_test(path));
    Ok(found)
}

/// The plan that a test file is for.
pub(super) fn plan_of(test: &Path) -> PathBuf {
    let name = test.file_name().unwrap_or_default().to_string_lossy();
    let stem = TEST_ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    let beside = ["yaml", "yml"].map(|ending| test.with_file_name(format!("{stem}.{ending}")));
    let [usual, _] = &beside;
    beside.iter().find(|path| path.exists()).unwrap_or(usual).clone()
}

/// Paths in a sentence.
pub(super) fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ")
}

fn yaml_below(paths: &[PathBuf]) -> Found {
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
        // By the file itself: what links and detours lead to twice is one plan.
        let file = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.components().collect());
        found.files.extend(plans.into_iter().filter(|plan| known.insert(file(plan))));
    }
    found
}

/// How many folders are gone through. Who names one with more has named the wrong one.
const MOST_FOLDERS: usize = 2_000;

/// Goes through a folder; `seen` holds those gone through, because links may lead back into one.
fn walk(folder: &Path, seen: &mut HashSet<PathBuf>, plans: &mut Vec<PathBuf>, unreadable: &mut Vec<Unreadable>) {
    if seen.len() >= MOST_FOLDERS {
        if seen.insert(PathBuf::new()) {
            let why = format!("more than {MOST_FOLDERS} folders were gone through before it: name a folder of plans");
            unreadable.push(Unreadable::new(folder, why));
        }
        return;
    }
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
            if entry.file_name().is_some_and(|name| NO_PLANS.iter().all(|folder| name != *folder)) {
                walk(&entry, seen, plans, unreadable);
            }
        } else if is_yaml(&entry) {
            plans.push(entry);
        }
    }
}

/// The folder that a plan's environments are in: the nearest `environments` beside it or beside a folder that it is in, no
/// farther up than what it may include.
pub(super) fn environments_folder(plan: &Path) -> PathBuf {
    let own = plan.parent().unwrap_or(Path::new(""));
    let root = plan::root_of(&plan.display().to_string());
    let up = own.ancestors().take_while(|folder| folder.starts_with(&root));
    let found = up.map(|folder| folder.join(ENVIRONMENTS)).find(|folder| folder.is_dir());
    found.unwrap_or_else(|| own.join(ENVIRONMENTS))
}

/// A plan's environments, sorted. Names that begin with `_` are bases that others extend; nothing runs in them.
///
/// # Errors
/// When their folder is there and can't be read.
pub(super) fn environments_of(plan: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    let folder = environments_folder(plan);
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

/// The names of a plan's environments, sorted; none where they can't be read.
pub(super) fn environment_names(plan: &Path) -> Vec<String> {
    let found = environments_of(plan).unwrap_or_default();
    found.iter().filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect()
}

/// Whether a file is a plan's test.
pub(super) fn is_test(path: &Path) -> bool {
    path.file_name().is_some_and(|name| TEST_ENDINGS.iter().any(|ending| name.to_string_lossy().ends_with(ending)))
}

/// Whether a file is there for others: to be included, or extended.
pub(super) fn is_base(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('_'))
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}
