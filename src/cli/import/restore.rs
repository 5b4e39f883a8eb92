//! A plan from the record of a restore.

use std::sync::Arc;

use anyhow::Context as _;

use super::super::terminal::Terminal;
use super::{Args, Made, Origin, selector};
use crate::model::{DerivedName, JobId, RestoreRecord, SiteId};
use crate::model::{count, harmless};
use crate::plan::RestoreImport;
use crate::ports::{Repeat, Site};

/// How many restores are named where one isn't found.
const SHOWN: usize = 10;

/// A plan from the record of a restore.
///
/// # Errors
/// When there is no such restore, or its record gives no plan.
pub(super) async fn compose(args: &Args, wanted: &str, origin: &Origin, terminal: Terminal) -> anyhow::Result<Made> {
    let records = Site::restores(origin.client.as_ref(), &origin.site, Repeat::WhileItMayPass).await?;
    let found = matching(&records, wanted);
    let record = found.first().with_context(|| unknown(&records, wanted, &origin.site))?;
    if found.len() > 1 {
        let all = count(found.len(), "restore");
        let site = &origin.site;
        terminal.say(&harmless(&format!("warning: `{wanted}` is {all} of site {site}; the newest is taken")));
    }
    let job = args.job.as_ref().map(JobId::new);
    let made_by = record.job_name.as_ref().and_then(DerivedName::parse).and_then(|name| {
        let (plan, item) = name.item_key.split_once('_')?;
        Some(format!("restore `{item}` of plan `{plan}`"))
    });
    let name = args.plan_name();
    let import = RestoreImport {
        schema: origin.schema.as_deref(),
        name: name.as_ref(),
        record,
        site: &origin.site,
        job: job.as_ref(),
        execution: &selector(&args.execution),
        made_by: made_by.as_deref(),
    };
    let told = "a starting point: the record names no objects, so put in what you know where `REPLACE` stands";
    Ok(Made { text: import.compose()?, told: told.to_owned() })
}

/// The restores that a name or an id fits, newest first.
fn matching<'a>(records: &'a [Arc<RestoreRecord>], wanted: &str) -> Vec<&'a RestoreRecord> {
    let fits: [fn(&RestoreRecord) -> Option<&str>; 3] = [
        |record| record.execution_id.as_deref(),
        |record| Some(record.job_name.as_ref()?.as_str()),
        |record| record.job_id.as_deref(),
    ];
    let found = fits
        .iter()
        .map(|id| records.iter().map(Arc::as_ref).filter(|record| id(record) == Some(wanted)).collect::<Vec<_>>());
    let mut found = found.into_iter().find(|found| !found.is_empty()).unwrap_or_default();
    found.sort_by_key(|record| std::cmp::Reverse(record.start_time));
    found
}

/// What there is where a restore isn't.
fn unknown(records: &[Arc<RestoreRecord>], wanted: &str, site: &SiteId) -> String {
    let mut newest: Vec<&RestoreRecord> = records.iter().map(Arc::as_ref).collect();
    newest.sort_by_key(|record| std::cmp::Reverse(record.start_time));
    let names: Vec<String> =
        newest.iter().filter_map(|record| Some(format!("`{}`", record.job_name.as_ref()?))).take(SHOWN).collect();
    let shown = match names.len() {
        0 => String::new(),
        _ => format!("; the newest are {}", names.join(", ")),
    };
    format!(
        "no restore of site {site} has the name or id `{wanted}`; it shows {}{shown}",
        count(records.len(), "restore")
    )
}
