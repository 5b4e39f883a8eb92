//! Files: bounded reads, private and whole writes.

#![allow(clippy::disallowed_methods, reason = "this is where files are read and written")]

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// The largest plan, environment, changeset or secret that is read, in bytes.
pub(super) const LARGEST: u64 = 256 * 1024 * 1024;

/// Reads a regular file of at most `limit` bytes. Folders, pipes and devices are refused, so that a read always ends.
///
/// # Errors
/// When it can't be read, isn't a regular file, or is larger.
pub(super) fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let about = || format!("`{}` can't be read", path.display());
    // The kind is asked for before opening: opening a pipe would wait for somebody to write to it.
    let kind = std::fs::metadata(path).with_context(about)?.file_type();
    if !kind.is_file() {
        bail!("`{}` is not a regular file", path.display());
    }
    let file = std::fs::File::open(path).with_context(about)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).with_context(about)?;
    if bytes.len() as u64 > limit {
        bail!("`{}` is larger than {limit} bytes", path.display());
    }
    Ok(bytes)
}

/// Writes a file that only its owner may read, whole or not at all: beside it first, then renamed over it.
///
/// # Errors
/// When it can't be written.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let about = || format!("`{}` can't be written", path.display());
    let name = path.file_name().with_context(|| format!("`{}` names no file", path.display()))?;
    let mut beside = path.to_owned();
    beside.set_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    let written = write();
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written.with_context(about)
}

/// Makes a folder that only its owner may enter, with its parents.
///
/// # Errors
/// When it can't be made.
pub(super) fn make_private_folder(path: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("folder `{}` can't be made", path.display()))
}

/// Folders beside plans that hold none: environments, and recorded snapshots.
const NO_PLANS: [&str; 2] = ["environments", "snapshots"];

/// What a test file's name ends in; before that it is the name of its plan.
const TEST_ENDINGS: [&str; 2] = [".test.yaml", ".test.yml"];

/// The plans below a path: the file itself, or every `*.yaml` and `*.yml` in the folder and below, sorted. Folders of
/// environments and snapshots are passed over, and so are test files wherever they are, so that `plans/*.yaml` means
/// the plans.
///
/// # Errors
/// When the path can't be read.
pub(super) fn plans_in(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = files_in(path)?;
    found.retain(|path| !is_test(path));
    Ok(found)
}

/// The test files below a path: the file itself, that of a plan, or every one in the folder and below, sorted.
///
/// # Errors
/// When the path can't be read, or a plan has no test file beside it.
pub(super) fn tests_in(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = files_in(path)?;
    if found == [path] && !is_test(path) {
        let beside = TEST_ENDINGS.map(|ending| path.with_extension(ending.trim_start_matches('.')));
        return match beside.iter().find(|path| path.exists()) {
            Some(test) => Ok(vec![test.clone()]),
            None => bail!("`{}` has no test file beside it: there is no {}", path.display(), names(&beside)),
        };
    }
    found.retain(|path| is_test(path));
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

/// The file itself, or every `*.yaml` and `*.yml` in the folder and below, sorted.
fn files_in(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let about = || format!("`{}` can't be read", path.display());
    if !std::fs::metadata(path).with_context(about)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).with_context(about)? {
        let entry = entry.with_context(about)?.path();
        if entry.is_dir() {
            if entry.file_name().is_some_and(|name| NO_PLANS.iter().all(|folder| name != *folder)) {
                found.extend(files_in(&entry)?);
            }
        } else if is_yaml(&entry) {
            found.push(entry);
        }
    }
    found.sort();
    Ok(found)
}

/// Paths in a sentence.
pub(super) fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ")
}

/// The environments beside a plan, sorted. Names that begin with `_` are bases that others extend; nothing runs in them.
pub(super) fn environments_beside(plan: &Path) -> Vec<PathBuf> {
    let folder = plan.parent().unwrap_or(Path::new("")).join("environments");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries.filter(|path| is_yaml(path) && !is_base(path)).collect();
    found.sort();
    found
}

/// The names of the environments beside a plan, sorted.
pub(super) fn environment_names(plan: &Path) -> Vec<String> {
    let beside = environments_beside(plan);
    beside.iter().filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect()
}

fn is_base(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('_'))
}

fn is_test(path: &Path) -> bool {
    path.file_name().is_some_and(|name| TEST_ENDINGS.iter().any(|ending| name.to_string_lossy().ends_with(ending)))
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}
