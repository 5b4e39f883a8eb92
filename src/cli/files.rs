//! Files: bounded reads, private and whole writes.

#![allow(clippy::disallowed_methods, reason = "this is where files are read and written")]

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};

/// The largest plan, environment, changeset or secret that is read, in bytes.
pub(super) const LARGEST: u64 = 256 * 1024 * 1024;

/// Reads a regular file of at most `limit` bytes. Folders, pipes and devices are refused, so that a read always ends.
///
/// # Errors
/// When it can't be read, isn't a regular file, or is larger.
pub(super) fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let about = || format!("`{}` can't be read", path.display());
    // The kind is asked for before opening: opening a pipe would wait for somebody to write to it.
    let known = std::fs::metadata(path).with_context(about)?;
    if !known.is_file() {
        bail!("`{}` is not a regular file", path.display());
    }
    let too_large = |size: u64| {
        if size > limit { Err(anyhow!("`{}` is larger than {limit} bytes", path.display())) } else { Ok(()) }
    };
    too_large(known.len())?;
    let file = std::fs::File::open(path).with_context(about)?;
    let mut bytes = Vec::new();
    // It may have grown since, or be one of those whose size isn't told.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).with_context(about)?;
    too_large(bytes.len() as u64)?;
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

/// The plans below a path: the file itself, or every `*.yaml` and `*.yml` directly in the folder, sorted. Folders
/// named `environments` are passed over, because what is in them are no plans. A folder that links lead to twice is
/// entered once.
///
/// # Errors
/// When the path can't be read.
pub(super) fn plans_in(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    plans_below(path, &mut HashSet::new())
}

/// `entered` holds the folders that were entered: links can lead back to them.
fn plans_below(path: &Path, entered: &mut HashSet<PathBuf>) -> anyhow::Result<Vec<PathBuf>> {
    let about = || format!("`{}` can't be read", path.display());
    if !std::fs::metadata(path).with_context(about)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    if !entered.insert(std::fs::canonicalize(path).with_context(about)?) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).with_context(about)? {
        let entry = entry.with_context(about)?.path();
        if entry.is_dir() {
            if entry.file_name().is_some_and(|name| name != "environments") {
                found.extend(plans_below(&entry, entered)?);
            }
        } else if is_yaml(&entry) {
            found.push(entry);
        }
    }
    found.sort();
    Ok(found)
}

/// The environments beside a plan, sorted. Names that begin with `_` are bases that others extend; nothing runs in them.
pub(super) fn environments_beside(plan: &Path) -> Vec<PathBuf> {
    let folder = plan.parent().unwrap_or(Path::new("")).join("environments");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries.filter(|path| is_yaml(path) && !is_base(path)).collect();
    found.sort();
    found
}

fn is_base(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('_'))
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}
