//! What a command needs to work with a site: the client, the store, and the right to be the only one.

#![allow(clippy::disallowed_methods, reason = "the lock file is opened here")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::terminal::Terminal;
use super::{files, secrets, system};
use crate::baas::Client;
use crate::journal::sqlite::SqliteStore;
use crate::model::{Environment, Slug};

/// A client for an environment, with its secrets resolved.
///
/// # Errors
/// When the environment has no API, a secret can't be had, or the address may not be used.
pub(super) fn client(environment: &Environment, terminal: Terminal) -> anyhow::Result<Arc<Client>> {
    let api = environment.api.as_ref();
    let api =
        api.with_context(|| format!("environment `{}` has no `api`: add `api: {{url: ...}}`", environment.name))?;
    if api.allow_plain_http && api.url.starts_with("http://") {
        terminal.say(&format!(
            "warning: `{}` is plain http; every password sent there can be read on the way (`api.allow_plain_http`)",
            api.url
        ));
    }
    let access = secrets::resolve(api)?;
    let authority = api.ca_file.as_ref().map(|path| files::read(Path::new(path), files::LARGEST)).transpose()?;
    let again = api.clone();
    let source = move || secrets::resolve(&again).map_err(|why| format!("{why:#}"));
    let client = Client::new(api, &access, authority.as_deref(), Some(Arc::new(source)));
    Ok(Arc::new(client.map_err(|why| anyhow::anyhow!("environment `{}`: {why}", environment.name))?))
}

/// The store at the place that the user names, or at the usual one.
///
/// # Errors
/// When it can't be opened.
pub(super) async fn store(state: Option<&Path>) -> anyhow::Result<SqliteStore> {
    let path = place(state)?;
    Ok(SqliteStore::open(&path).await?)
}

fn place(state: Option<&Path>) -> anyhow::Result<PathBuf> {
    match state {
        Some(path) => Ok(path.to_owned()),
        None => system::default_state(),
    }
}

/// Held while a plan is applied to an environment; the system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "kept open, which is what holds the lock")] std::fs::File);

/// Makes sure that no other process on this machine applies the same plan to the same environment.
///
/// # Errors
/// When one does, or the lock's file can't be made.
pub(super) fn lock(state: Option<&Path>, plan: &Slug, environment: &str) -> anyhow::Result<Lock> {
    // The store is open, so its file is there, and a link to it means the same lock.
    let store = place(state)?;
    let mut path = std::fs::canonicalize(&store).unwrap_or(store).into_os_string();
    path.push(format!(".{plan}.{}.lock", Slug::words(environment)));
    let path = PathBuf::from(path);
    let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("`{}` can't be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(std::fs::TryLockError::WouldBlock) => bail!(
            "another restorectl applies plan `{plan}` to environment `{environment}` right now; wait until it ends, or look at it with `restorectl runs list`"
        ),
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("`{}` can't be locked", path.display()))
        }
    }
}
