//! Reports, made of the store, and given out as files in every format.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use tokio::sync::OwnedSemaphorePermit;

use super::Shared;
use super::failure::Failure;
use crate::journal::{Entry, Reader as _, Run, StoreError};
use crate::model::{RunId, harmless};
use crate::report::{self, FILES, Report, ReportError, ReportFile};

/// The report of a run as a file.
pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    Path((run, file)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let nothing = || Failure::NotFound(format!("There is no `{file}` of a run."));
    // Whatever it is, a browser shows none of it as a page.
    let ReportFile { name, kind, write, .. } =
        FILES.into_iter().find(|known| known.name == file).ok_or_else(nothing)?;
    let text =
        made(&shared, &RunId::new(run.as_str()), move |report| write(&report)).await?.ok_or_else(|| unknown(&run))?;
    let text = text.ok_or_else(|| Failure::Report("This run is too large for this format.".to_owned()))?;
    let named = format!("attachment; filename=\"{}-{name}\"", plain(&run));
    let mut response = ([(header::CONTENT_TYPE, kind)], text).into_response();
    if let Ok(named) = HeaderValue::from_str(&named) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, named);
    }
    let policy = HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// That there is no such run.
pub(super) fn unknown(run: &str) -> Failure {
    Failure::NotFound(format!("There is no run `{run}`: it may have been pruned."))
}

/// A name that no file system and no header minds.
fn plain(run: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    run.chars().take(100).map(letter).collect()
}

/// Makes something of the report of a run; none where there is no such run.
///
/// # Errors
/// When the store can't be read, or no report can be made.
pub(super) async fn made<T: Send + 'static>(
    shared: &Shared,
    id: &RunId,
    of: impl FnOnce(Report) -> T + Send + 'static,
) -> Result<Option<T>, Failure> {
    make(shared, id, of).await.map_err(|error| failure(shared, error))
}

/// What an error of [`make`] or [`build`] is to whoever asked.
pub(super) fn failure(shared: &Shared, error: anyhow::Error) -> Failure {
    match error.downcast::<ReportError>() {
        Ok(error) => Failure::report(error),
        Err(error) => match error.downcast::<StoreError>() {
            Ok(error) => Failure::store(shared, error),
            // A task that broke off.
            Err(error) => {
                (shared.say)(&harmless(&format!("error: {error:#}")));
                Failure::Report("No report could be made of this run. Why is in the server's log.".to_owned())
            }
        },
    }
}

/// As [`made`], with the error as it came.
pub(super) async fn make<T: Send + 'static>(
    shared: &Shared,
    id: &RunId,
    of: impl FnOnce(Report) -> T + Send + 'static,
) -> anyhow::Result<Option<T>> {
    let turn = Arc::clone(&shared.making).acquire_owned().await?;
    let Some((run, entries, _)) = shared.store.begin(id).await? else { return Ok(None) };
    build(shared, (run, entries), turn, of).await.map(Some)
}

/// Makes something of the report of a run that was read.
pub(super) async fn build<T: Send + 'static>(
    shared: &Shared,
    (run, entries): (Run, Vec<Entry>),
    turn: OwnedSemaphorePermit,
    of: impl FnOnce(Report) -> T + Send + 'static,
) -> anyhow::Result<T> {
    let now = (shared.now)();
    Ok(aside(turn, move || report::build(&run, &entries, now).map(of)).await??)
}

/// Has something done that takes a core for a second or more, beside the answers to others. It keeps its turn until it is
/// done, also where nobody waits for it any more.
pub(super) async fn aside<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    what: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    let done = tokio::task::spawn_blocking(move || {
        let done = what();
        drop(turn);
        done
    });
    Ok(done.await?)
}
