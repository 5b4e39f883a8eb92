//! Reports, made of the store, and given out as files in every format.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::Shared;
use super::failure::Failure;
use crate::journal::{Entry, Reader as _, Run, StoreError};
use crate::model::RunId;
use crate::report::{self, Report, ReportError, STEP_LIMIT, Style};

/// A format: how it is made, and what it is. Whatever it is, a browser shows none of it as a page.
type Format = (&'static str, &'static str, fn(&Report) -> Option<String>);

const FORMATS: [Format; 7] = [
    ("report.html", "text/html; charset=utf-8", |report| Some(report::html(report))),
    ("report.json", "application/json", |report| report::json(report).ok()),
    ("report.md", "text/markdown; charset=utf-8", |report| Some(report::markdown(report))),
    ("report.txt", "text/plain; charset=utf-8", |report| Some(report::human(report, Style::default()))),
    ("report.xml", "application/xml", |report| Some(report::junit(report))),
    ("report.tap", "text/plain; charset=utf-8", |report| Some(report::tap(report))),
    ("summary.md", "text/markdown; charset=utf-8", |report| report::github_summary(report, STEP_LIMIT)),
];

/// The report of a run as a file.
pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    Path((run, file)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let nothing = || Failure::NotFound(format!("There is no `{file}` of a run."));
    let (name, kind, write) = FORMATS.into_iter().find(|(name, ..)| *name == file).ok_or_else(nothing)?;
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
            Err(error) => Failure::Report(format!("No report could be made of this run: {error:#}")),
        },
    }
}

/// As [`made`], with the error as it came.
pub(super) async fn make<T: Send + 'static>(
    shared: &Shared,
    id: &RunId,
    of: impl FnOnce(Report) -> T + Send + 'static,
) -> anyhow::Result<Option<T>> {
    let _turn = shared.making.acquire().await?;
    let Some((run, entries, _)) = shared.store.begin(id).await? else { return Ok(None) };
    build(shared, (run, entries), of).await.map(Some)
}

/// Makes something of the report of a run that was read.
pub(super) async fn build<T: Send + 'static>(
    shared: &Shared,
    (run, entries): (Run, Vec<Entry>),
    of: impl FnOnce(Report) -> T + Send + 'static,
) -> anyhow::Result<T> {
    let now = (shared.now)();
    // A large run takes a second of a core, in which others are to be answered.
    Ok(tokio::task::spawn_blocking(move || report::build(&run, &entries, now).map(of)).await??)
}
