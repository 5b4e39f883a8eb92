//! The pages: what each reads from the store.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::Shared;
use super::failure::{Failure, served};
use super::files::{aside, build, failure, make, unknown};
use super::summaries::{self, unreadable};
use crate::journal::{Entry, Filter, PlanRuns, Reader as _, Record};
use crate::model::RunId;
use crate::report::{
    self, Follow, HISTORY, HistoryPage, LastRuns, Life, PAGE, Portion, RunsPage, history_page, plans_page, report_page,
    runs_page,
};

/// No page of the list lies further back.
const LAST_PAGE: u64 = 1_000_000;

/// How many runs are looked at, for one that is compared, to find those that can be.
const LOOKED_AT: u64 = 3;

/// What the list's address may say.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    plan: Option<String>,
    env: Option<String>,
    page: Option<String>,
    view: Option<String>,
    shard: Option<String>,
}

/// The list.
pub(super) async fn runs(State(shared): State<Arc<Shared>>, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let failed = |error| Failure::store(&shared, error);
    let said = |text: Option<String>| text.filter(|text| !text.is_empty());
    let filter = Filter { plan: said(asked.plan), environment: said(asked.env) };
    let page = asked.page.and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, LAST_PAGE);
    let heads = shared.store.heads(&filter, (page - 1).saturating_mul(PAGE), PAGE).await.map_err(failed)?;
    let mut rows = Vec::with_capacity(heads.len());
    for head in &heads {
        rows.extend(summaries::row(&shared, head).await?);
    }
    let plans = shared.store.plans().await.map_err(failed)?;
    Ok(served(StatusCode::OK, runs_page(&RunsPage { rows, plans, filter, page })))
}

/// Somebody shortened an address.
pub(super) async fn to_the_list() -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response()
}

/// A run: live while it goes on, and its report otherwise.
pub(super) async fn run(
    State(shared): State<Arc<Shared>>,
    Path(run): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let failed = |error| Failure::store(&shared, error);
    let id = RunId::new(run.as_str());
    let wants_report = asked.view.as_deref() == Some("report");
    let turn = Arc::clone(&shared.making).acquire_owned().await.map_err(|_| Failure::Crowded)?;
    let begun = async || shared.store.begin(&id).await.map_err(failed)?.ok_or_else(|| unknown(&run));
    let (mut found, mut entries, _) = begun().await?;
    let mut life = match has_ended(&entries) {
        true => None,
        false => Some(shared.life(&id).await.map_err(failed)?),
    };
    if life == Some(Life::Gone) {
        // It may have come to its end and given its lease back between the two readings.
        (found, entries, _) = begun().await?;
        life = life.filter(|_| !has_ended(&entries));
    }
    let page = match life.filter(|life| *life != Life::Gone && !wants_report) {
        Some(life) => {
            let now = (shared.now)();
            let page = move || Follow::new(&found, &entries).map(|follow| follow.page(life, now));
            aside(turn, page).await.map_err(|error| failure(&shared, error))?.map_err(Failure::report)?
        }
        None => {
            let page = build(&shared, (found, entries), turn, move |report| report_page(&report, life)).await;
            page.map_err(|error| failure(&shared, error))?
        }
    };
    Ok(served(StatusCode::OK, page))
}

fn has_ended(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| matches!(entry.record, Record::Closed { .. }))
}

/// The plans.
pub(super) async fn plans(State(shared): State<Arc<Shared>>) -> Result<Response, Failure> {
    let plans = shared.store.plans().await.map_err(|error| Failure::store(&shared, error))?;
    Ok(served(StatusCode::OK, plans_page(&plans)))
}

/// A plan's last runs side by side.
pub(super) async fn history(
    State(shared): State<Arc<Shared>>,
    Path(plan): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let failed = |error| Failure::store(&shared, error);
    let plans = shared.store.plans().await.map_err(failed)?;
    let ours: Vec<&PlanRuns> = plans.iter().filter(|one| one.plan == plan).collect();
    let newest = ours.iter().max_by_key(|one| one.last_opened_at).map(|one| one.environment.as_str());
    let Asked { env: asked_env, shard: asked_shard, .. } = asked;
    let asked = asked_env.as_deref().filter(|name| !name.is_empty());
    let environment = asked.filter(|name| ours.iter().any(|one| one.environment == **name));
    let environment = match (asked, environment.or(newest.filter(|_| asked.is_none()))) {
        (_, Some(environment)) => environment,
        (Some(asked), None) => return Err(no_runs(&plan, Some(asked))),
        (None, None) => return Err(no_runs(&plan, None)),
    };
    let portion = asked_shard.filter(|text| !text.is_empty()).map(|text| {
        text.parse::<Portion>().map_err(|error| Failure::NotFound(format!("`{text}` is no part of a plan: {error}.")))
    });
    let last = last_runs(&shared, &plan, environment, portion.transpose()?).await?;
    let portion = last.portion();
    let total = ours.iter().find(|one| one.environment == environment).map_or(0, |one| one.runs);
    let (reports, left_out) = last.end(total);
    let comparison = report::compare(&reports).ok();
    let page = history_page(&HistoryPage {
        plan: &plan,
        environment,
        environments: ours.iter().map(|one| one.environment.as_str()).collect(),
        portion,
        comparison: comparison.as_ref(),
        left_out: &left_out,
    });
    Ok(served(StatusCode::OK, page))
}

fn no_runs(plan: &str, environment: Option<&str>) -> Failure {
    let place = environment.map_or_else(String::new, |environment| format!(" in environment `{environment}`"));
    Failure::NotFound(format!("There is no run of plan `{plan}`{place}."))
}

/// A plan's last runs. One that can't be read is left out, and why is said to whoever runs the server.
async fn last_runs(
    shared: &Shared,
    plan: &str,
    environment: &str,
    wanted: Option<Portion>,
) -> Result<LastRuns, Failure> {
    let filter = Filter { plan: Some(plan.to_owned()), environment: Some(environment.to_owned()) };
    let most = (HISTORY as u64).saturating_mul(LOOKED_AT);
    let heads = shared.store.heads(&filter, 0, most).await.map_err(|error| Failure::store(shared, error))?;
    let mut last = LastRuns::new(HISTORY, wanted);
    for head in heads {
        if last.is_full() {
            break;
        }
        match make(shared, &head.id, report::comparable).await {
            Ok(Some(report)) => last.add(report),
            Ok(None) => last.pass_pruned(),
            Err(error) if Failure::is_of_all(&error) => return Err(failure(shared, error)),
            Err(error) => {
                unreadable(shared, &head, &error);
                last.pass_unreadable();
            }
        }
    }
    Ok(last)
}

/// Whether the server and its store answer.
pub(super) async fn health(State(shared): State<Arc<Shared>>) -> Response {
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    match shared.store.check().await {
        Ok(()) => (StatusCode::OK, plain, "ok\n").into_response(),
        Err(error) => {
            Failure::store(&shared, error);
            (StatusCode::SERVICE_UNAVAILABLE, plain, "the state store can't be read\n").into_response()
        }
    }
}

/// No page.
pub(super) async fn nothing() -> Failure {
    Failure::NotFound("There is nothing at this address.".to_owned())
}
