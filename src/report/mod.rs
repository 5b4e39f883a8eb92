//! Shows what a run did and what a changeset would do, to people and to programs.
//!
//! [`build()`] folds the journal of a run into one typed [`Report`], and every form is made from that: [`human()`] for a
//! terminal, [`html`] as one self-contained file, [`json`] for programs. The same code serves the end of a live run,
//! a run that was killed, and a run of last year. [`merge()`] joins the reports of several runs into one. Nothing here has effects: the moment of making comes in, text
//! goes out.
//!
//! Names, reasons and messages come from plans and from the service. They reach a terminal or a page through one
//! gate only ([`harmless`](crate::model::harmless), then the page's escaping), so that no foreign text can draw, hide or forge
//! anything.

mod attempt;
mod build;
mod document;
mod event;
mod human;
mod live;
mod merge;
mod next;
mod objective;
mod page;
mod preview;
mod progress;
mod runs;
mod screen;
mod shards;
mod standing;
#[cfg(test)]
mod tests;
mod verdict;
mod wording;

pub use build::{ReportError, build};
pub use document::{
    AnswerKind, AnswerReport, AttemptReport, CheckReport, CheckResult, DataLossReport, EnvironmentReport, ItemReport,
    MayStillRun, MergedReport, MergedRun, MissingShard, NotExecuted, NoteReport, ObjectReport, PlanReport,
    REPORT_SCHEMA, REPORT_VERSION, ReadError, Report, RunFacts, RunProgress, ServiceReport, ShardReport, SourceReport,
    SubTaskReport, VerdictReport, json, read,
};
pub use event::{EVENTS_SCHEMA, EVENTS_VERSION, Ending, Events};
pub use human::human;
pub use live::{Live, columns};
pub use merge::{MergeError, merge};
pub use objective::{ObjectiveKind, ObjectiveReport, ObjectiveVerdict};
pub use page::{html, preview_html};
pub use preview::{
    Beside, COMPARISON_SCHEMA, EstimateReport, ForecastReport, ItemPreview, LeftOutReport, ObjectSize,
    ObjectivePreview, PREVIEW_SCHEMA, PREVIEW_VERSION, Preview, PreviewEnvironment, SelectionReport, Since,
    SinceReport, StrayReport, comparison_human, comparison_json, comparison_markdown, preview, preview_human,
    preview_json, preview_markdown,
};
pub use progress::{event_line, is_news};
pub use runs::{runs_human, runs_json};
pub use screen::{Cell, Screen, Style, Tone};
pub use standing::Standing;
pub use verdict::Verdict;
pub use wording::shell_word;
