//! A changeset as a file: canonical JSON with a digest over its content.

use serde::{Deserialize, Serialize};

use super::Changeset;
use crate::model::{canonical, digest};

/// The version of the format that this restorectl writes and reads.
pub(super) const VERSION: u32 = 1;

#[derive(Serialize)]
struct Writing<'a> {
    digest: &'a str,
    changeset: &'a Changeset,
}

#[derive(Deserialize)]
struct Reading {
    digest: String,
    changeset: serde_json::Value,
}

/// Why a file is not a changeset that may be carried out.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It isn't a changeset at all.
    #[error("it is not a saved changeset: {0}")]
    NotOne(#[source] serde_json::Error),
    /// It was changed after it was saved.
    #[error(
        "its content does not fit its digest {stated}: the file was changed after `diff --save` wrote it; make a new one"
    )]
    Changed {
        /// The digest that the file states.
        stated: String,
    },
    /// Another version wrote it.
    #[error("it has format version {0}, and this restorectl reads version {VERSION}: make a new one with this version")]
    Version(u64),
}

/// The digest of a changeset and its file's content, with a line break at the end.
///
/// # Errors
/// Never for changesets that [`super::decide()`] makes; see [`digest`].
pub fn save(changeset: &Changeset) -> Result<(String, String), serde_json::Error> {
    let digest = digest(changeset)?;
    let text = canonical(&Writing { digest: &digest, changeset })?;
    Ok((digest, format!("{text}\n")))
}

/// Reads a saved changeset; gives it with its digest.
///
/// # Errors
/// When it isn't one, was changed, or has another version.
pub fn load(text: &str) -> Result<(Changeset, String), LoadError> {
    let Reading { digest: stated, changeset } = serde_json::from_str(text).map_err(LoadError::NotOne)?;
    match changeset.get("version").and_then(serde_json::Value::as_u64) {
        Some(version) if version != u64::from(VERSION) => return Err(LoadError::Version(version)),
        _ => {}
    }
    if digest(&changeset).map_err(LoadError::NotOne)? != stated {
        return Err(LoadError::Changed { stated });
    }
    let changeset = serde_json::from_value(changeset).map_err(LoadError::NotOne)?;
    Ok((changeset, stated))
}
