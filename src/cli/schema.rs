//! `schema`: the JSON Schemas that are built in.

use super::Global;
use super::exit::Exit;
use crate::{diagnostic, plan, report};

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  restorectl schema plan > plan.schema.json")]
pub(super) struct Args {
    /// The document
    #[arg(value_enum)]
    document: Document,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Document {
    /// A plan
    Plan,
    /// An environment
    Environment,
    /// A test file beside a plan
    PlanTest,
    /// A recorded snapshot
    Snapshot,
    /// The report in JSON
    Report,
    /// A line of what `apply --events` writes
    Events,
    /// What webhooks are told
    Webhook,
    /// The difference in JSON, as `diff` prints it
    Diff,
    /// How two saved changesets differ, in JSON
    Comparison,
    /// The plan language as a page of documentation, in Markdown; made of the first two
    Language,
    /// What `validate` found, in JSON
    Diagnostics,
}

pub(super) fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let page;
    let schema = match args.document {
        Document::Plan => plan::PLAN_SCHEMA,
        Document::Environment => plan::ENVIRONMENT_SCHEMA,
        Document::PlanTest => plan::PLAN_TEST_SCHEMA,
        Document::Snapshot => plan::SNAPSHOT_SCHEMA,
        Document::Report => report::REPORT_SCHEMA,
        Document::Events => report::EVENTS_SCHEMA,
        Document::Webhook => report::NOTICE_SCHEMA,
        Document::Diff => report::PREVIEW_SCHEMA,
        Document::Comparison => report::COMPARISON_SCHEMA,
        Document::Language => {
            page = plan::language_page();
            &page
        }
        Document::Diagnostics => diagnostic::DIAGNOSTICS_SCHEMA,
    };
    global.terminal().result(schema)?;
    Ok(Exit::Done)
}
