//! What a command needs to work with a site: the client and the store.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::state::Place;
use super::terminal::Terminal;
use super::{Global, files, secrets};
use crate::baas::Client;
use crate::journal::StateStore;
use crate::model::Environment;

/// A client for an environment, with its secrets resolved, that makes at most so many requests a minute.
///
/// # Errors
/// When the environment has no API, a secret can't be had, or the address may not be used.
pub(super) fn client(
    environment: &Environment,
    requests_per_minute: Option<u32>,
    terminal: Terminal,
) -> anyhow::Result<Arc<Client>> {
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
    let client = client.map_err(|why| anyhow::anyhow!("environment `{}`: {why}", environment.name))?;
    Ok(Arc::new(client.at_most(requests_per_minute)))
}

/// The store at the place that the user names, or at the usual one.
///
/// # Errors
/// When it can't be opened.
pub(super) async fn store(global: &Global) -> anyhow::Result<StateStore> {
    Place::of(global)?.open(global.state_patience, global.terminal()).await
}
