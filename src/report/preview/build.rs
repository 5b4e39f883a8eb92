//! From a changeset, and what is known beside it, to its preview.

use std::collections::{BTreeMap, HashMap};

use super::document::{
    EstimateReport, ForecastReport, ItemPreview, PREVIEW_VERSION, Preview, PreviewEnvironment, SelectionReport,
    SinceReport,
};
use super::objectives;
use crate::changeset::{Basis, Changeset, Decision, FieldChange, Forecast, Size};
use crate::model::{Action, Millis, RunId, Slug, bytes, count};
use crate::report::build::{loss_words, object_report, plan_report};
use crate::report::document::{DataLossReport, ShardReport, SourceReport};

/// What is known beside a changeset, from the engine and from the store.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// How long its run will probably take; none: as far as its own estimates tell, without a duration.
    pub forecast: Option<Forecast>,
    /// What of its items is another than when they were sent last.
    pub since: BTreeMap<Slug, Since>,
}

/// What of an item is another than when it was sent last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The run that sent it.
    pub run: RunId,
    /// The fields that are others.
    pub changes: Vec<FieldChange>,
}

/// Makes the preview of a changeset. The same inputs give the same preview.
///
/// # Errors
/// Never for changesets that `decide` makes: they hold nothing that JSON can't.
pub fn preview(changeset: &Changeset, beside: &Beside) -> Result<Preview, serde_json::Error> {
    let forecast = beside.forecast.unwrap_or_else(|| Forecast::known(changeset));
    let sent = || changeset.items.iter().filter(|decision| decision.action.sends());
    let environment = &changeset.environment;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for action in [Action::Create, Action::Retry, Action::Changed, Action::Adopt, Action::Satisfied, Action::Blocked] {
        counts.insert(action.word().to_owned(), changeset.count(action));
    }
    Ok(Preview {
        diff_version: PREVIEW_VERSION,
        generated_by: changeset.tool_version.clone(),
        digest: changeset.approval_digest()?,
        read_at: changeset.created_at,
        valid_until: changeset.expires_at,
        plan: plan_report(changeset),
        environment: PreviewEnvironment {
            name: environment.name.clone(),
            api_url: environment.api.as_ref().map(|api| api.url.clone()),
            plain_http: environment
                .api
                .as_ref()
                .is_some_and(|api| api.allow_plain_http && api.url.starts_with("http:")),
            protected: environment.guard.protected,
        },
        again: changeset.again,
        shard: ShardReport::of(changeset),
        selection: changeset.selection.as_ref().map(|selection| SelectionReport {
            only: selection.choice.only.clone(),
            exclude: selection.choice.exclude.clone(),
            only_failed: selection.choice.only_failed,
            left_out: selection.left_out.clone(),
        }),
        concurrency: changeset.limits.concurrency,
        total: changeset.items.len(),
        counts,
        bytes: sent().filter_map(|decision| decision.bytes).reduce(u64::saturating_add),
        unknown_sizes: sent().filter(|decision| decision.bytes.is_none()).count(),
        objectives: objectives::expected(changeset, &forecast),
        forecast: ForecastReport {
            duration_ms: forecast.duration_ms,
            pending: forecast.pending,
            by_own: forecast.by_own,
            by_throughput: forecast.by_throughput,
            unknown: forecast.unknown(),
            basis: forecast.basis(),
        },
        items: changeset.items.iter().map(|decision| item(changeset, decision, beside)).collect(),
        strays: changeset.strays.clone(),
    })
}

fn item(changeset: &Changeset, decision: &Decision, beside: &Beside) -> ItemPreview {
    let item = &decision.item;
    let sizes: HashMap<&str, &Size> = decision.sizes.iter().map(|size| (size.target.as_str(), size)).collect();
    let mut notes = decision.notes.clone();
    if let Some(estimate) = decision.estimate.filter(|estimate| estimate.duration_ms > item.deadline_ms) {
        notes.push(format!(
            "it will probably take {}, and its deadline is {}",
            about(estimate.duration_ms),
            item.deadline_ms
        ));
    }
    ItemPreview {
        name: item.name.to_string(),
        origin: item.origin.to_string(),
        action: decision.action,
        reason: decision.reason.clone(),
        refusal: decision.refusal.clone(),
        since: beside
            .since
            .get(&item.name)
            .map(|since| SinceReport { run: since.run.to_string(), changes: since.changes.clone() }),
        source: SourceReport::of(decision, changeset.created_at),
        target_site: item.target.site.to_string(),
        mode: item.mode,
        objects: item.objects.iter().map(|object| object_report(item, object)).collect(),
        sizes: decision.sizes.clone(),
        data_loss: DataLossReport {
            class: decision.data_loss,
            words: loss_words(decision.data_loss).to_owned(),
            losses: decision.losses.iter().map(|loss| sized(loss, &sizes)).collect(),
        },
        on_existing: item.on_existing,
        after: item.after.iter().map(Slug::to_string).collect(),
        group: item.group.clone(),
        bytes: decision.bytes,
        estimate: decision.estimate.map(|estimate| EstimateReport {
            duration_ms: estimate.duration_ms,
            basis: match estimate.basis {
                Basis::OwnRestores(1) => "as its last restore took".to_owned(),
                Basis::OwnRestores(restores) => format!("the median of its last {restores} restores"),
                Basis::Throughput { bytes_per_second, restores } => {
                    format!(
                        "by its size at {}/s, as {} of the plan went",
                        bytes(bytes_per_second),
                        count(restores, "restore")
                    )
                }
            },
        }),
        deadline_ms: item.deadline_ms,
        job_name: decision.request.as_ref().map(|request| request.job_name.to_string()),
        notes,
    }
}

/// A loss with how much the backup holds of what it names.
fn sized(loss: &str, sizes: &HashMap<&str, &Size>) -> String {
    // Names stand in backquotes.
    let Some(size) = loss.split('`').skip(1).step_by(2).find_map(|name| sizes.get(name)) else {
        return loss.to_owned();
    };
    let objects = (size.objects > 1).then(|| count(size.objects, "object"));
    let parts: Vec<String> = objects.into_iter().chain(size.bytes.map(bytes)).collect();
    if parts.is_empty() { loss.to_owned() } else { format!("{loss}: {} in the backup", parts.join(", ")) }
}

/// A length of time that nobody knows to the second.
pub(super) fn about(length: Millis) -> Millis {
    let coarse = if length.0 >= 3_600_000 { 60_000 } else { 1000 };
    Millis(length.0.div_ceil(coarse).saturating_mul(coarse))
}
