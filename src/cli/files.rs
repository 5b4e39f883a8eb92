//! Files: bounded reads, private and whole writes.

#![allow(clippy::disallowed_methods, reason = "this is where files are read and written")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::model::suggest::nearest;

/// The largest plan, environment, changeset or secret that is read, in bytes.
pub(super) const LARGEST: u64 = 256 * 1024 * 1024;

/// A file or a folder that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("`{}` can't be read: {why}", path.display())]
pub(super) struct Unreadable {
    /// Its path.
    pub(super) path: PathBuf,
    /// Why not.
    pub(super) why: String,
    /// It has more bytes than are taken.
    pub(super) too_large: bool,
}

impl Unreadable {
    /// A path that isn't what it must be.
    pub(super) fn new(path: &Path, why: impl Into<String>) -> Self {
        Self { path: path.to_owned(), why: why.into(), too_large: false }
    }

    /// What the system said about a path.
    pub(super) fn system(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::new(path, format!("there is no such file{}", near(path))),
            _ => Self::new(path, error.to_string()),
        }
    }
}

/// The document beside a path that was probably meant, as the end of a sentence.
fn near(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).into_iter().flatten().take(MOST_BESIDE).flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    // By what stands before the ending, which is the same for all; an ending that was left out is no more than that.
    let stem = |name: &str| [".yaml", ".yml"].iter().find_map(|ending| name.strip_suffix(ending).map(str::to_owned));
    let wanted = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // A link that leads nowhere is there itself.
    names.retain(|name| *name != wanted && stem(name).is_some());
    names.sort();
    let stems: Vec<String> = names.iter().filter_map(|name| stem(name)).collect();
    let wanted = stem(&wanted).unwrap_or(wanted);
    let same = stems.iter().find(|stem| **stem == wanted).map(String::as_str);
    let meant = same.or_else(|| nearest(&wanted, stems.iter().map(String::as_str)));
    let meant = meant.and_then(|meant| names.iter().zip(&stems).find(|(_, stem)| *stem == meant));
    meant.map_or_else(String::new, |(name, _)| format!("; did you mean `{name}`?"))
}

/// How many files of a folder are looked at to find the one that was meant.
const MOST_BESIDE: usize = 1000;

/// Reads a regular file of at most `limit` bytes. Folders, pipes and devices are refused, so that a read always ends.
///
/// # Errors
/// When it can't be read, isn't a regular file, or is larger.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Unreadable> {
    let system = |error: std::io::Error| Unreadable::system(path, &error);
    // The kind is asked for before opening: opening a pipe would wait for somebody to write to it.
    let known = std::fs::metadata(path).map_err(system)?;
    if !known.is_file() {
        return Err(Unreadable::new(path, "it is not a regular file"));
    }
    let too_large =
        || Unreadable { too_large: true, ..Unreadable::new(path, format!("it is larger than {limit} bytes")) };
    if known.len() > limit {
        return Err(too_large());
    }
    let file = std::fs::File::open(path).map_err(system)?;
    let mut bytes = Vec::with_capacity(usize::try_from(known.len()).unwrap_or(0).saturating_add(1));
    // It may have grown since, or be one of those whose size isn't told.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(system)?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Whether a path leads to something below a folder, links followed; what isn't there is for whoever reads it to say.
///
/// # Errors
/// When it leads elsewhere, and where.
pub(super) fn must_be_below(path: &Path, folder: &Path) -> Result<(), String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (Ok(real), Ok(above)) = (std::fs::canonicalize(path), std::fs::canonicalize(folder)) else { return Ok(()) };
    if real.starts_with(&above) {
        return Ok(());
    }
    Err(format!("a link leads out of the folder `{}`, to `{}`", folder.display(), real.display()))
}

/// Writes a file that only its owner may read, whole or not at all: beside it first, then renamed over it.
///
/// # Errors
/// When it can't be written.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let about = || format!("`{}` can't be written", path.display());
    let name = path.file_name().with_context(|| format!("`{}` names no file", path.display()))?;
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        // A device or a pipe would be replaced by a file, and whoever reads it would wait.
        bail!("`{}` can't be written: it is there and is not a regular file", path.display());
    }
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

/// Writes a file that people share, like a plan in git, and the folders above it. A file that is there is written over only
/// with `over`.
///
/// # Errors
/// When it is there, or can't be written.
pub(super) fn write_shared(path: &Path, text: &str, over: bool) -> anyhow::Result<()> {
    let about = || format!("`{}` can't be written", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(about)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).truncate(true).create(over).create_new(!over);
    let mut file = match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => bail!(taken(path)),
        opened => opened.with_context(about)?,
    };
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(about)
}

/// What is said where a file must not be written over.
pub(super) fn taken(path: &Path) -> String {
    format!("`{}` is there already: choose another name, or write over it with `--force`", path.display())
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
