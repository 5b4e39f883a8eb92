//! Shows what a run did and what a changeset would do, to people and to programs.
//!
//! [`build()`] folds the journal of a run into one typed [`Report`], and every form is made from that: [`brief()`] and [`human()`] for a
//! terminal, [`html`] as one self-contained file, [`json`] for programs, [`markdown()`] for tickets, [`junit()`], [`tap()`] and
//! [`github_summary`] for CI. The same code serves the end of a live run, a run that was killed, and a run of last year.
//! [`merge()`] joins the reports of several runs into one, and `watch` has the pages of `serve`. Nothing here has effects: the moment of making comes in, text goes
//! out.
//!
//! Names, reasons and messages come from plans and from the service. They reach a terminal or a document through one
//! gate only ([`harmless`](crate::model::harmless), then the format's own escaping), so that no foreign text can draw, hide or forge
//! anything.

mod attempt;
mod brief;
mod build;
mod compare;
mod document;
mod event;
mod human;
mod junit;
mod live;
mod markdown;
mod merge;
mod next;
mod notice;
mod objective;
mod otlp;
mod page;
mod preview;
mod progress;
mod runs;
mod screen;
mod shards;
mod standing;
mod tap;
#[cfg(test)]
mod tests;
mod urgency;
mod verdict;
mod watch;
mod wording;

pub use brief::brief;
pub use build::{ReportError, build, build_of};
pub use compare::{
    Change, CompareError, ComparedItem, ComparedRun, Comparison, LastRuns, Measure, Portion, RunsLeftOut, comparable,
    compare, comparison_human, comparison_json,
};
pub use document::{
    AnswerKind, AnswerReport, AttemptReport, CheckReport, CheckResult, DataLossReport, EnvironmentReport, ItemReport,
    MayStillRun, MergedReport, MergedRun, MissingShard, NotExecuted, NoteReport, ObjectReport, PlanReport,
    REPORT_SCHEMA, REPORT_VERSION, ReadError, Report, RunFacts, RunProgress, ServiceReport, ShardReport, SourceReport,
    SubTaskReport, VerdictReport, json, read,
};
pub use event::{EVENTS_SCHEMA, EVENTS_VERSION, Ending, Events};
pub use human::human;
pub use junit::junit;
pub use live::{Live, columns};
pub use markdown::{STEP_LIMIT, github_summary, markdown};
pub use merge::{MergeError, merge};
pub use notice::{NOTICE_SCHEMA, NOTICE_VERSION, Notice, Notices};
pub use objective::{ObjectiveKind, ObjectiveReport, ObjectiveVerdict};
pub use otlp::{Telemetry, TraceParent, otlp_metrics, otlp_traces};
pub use page::{html, preview_html};
pub use preview::{
    Beside, COMPARISON_SCHEMA, EstimateReport, ForecastReport, ItemPreview, LeftOutReport, ObjectSize,
    ObjectivePreview, PREVIEW_SCHEMA, PREVIEW_VERSION, Preview, PreviewEnvironment, SelectionReport, Since,
    SinceReport, StrayReport, changes_human, changes_json, changes_markdown, preview, preview_human, preview_json,
    preview_markdown,
};
pub use progress::{event_line, is_news};
pub use runs::{ListedRun, run_json, runs_human};
pub use screen::{Cell, Screen, Style, Tone};
pub use standing::Standing;
pub use tap::tap;
pub use verdict::Verdict;
pub use watch::{
    FILES, Follow, HISTORY, HistoryPage, Life, PAGE, Parts, ReportFile, RunRow, RunSummary, RunsPage, Served,
    history_page, login_page, message_page, plans_page, report_page, runs_page,
};
pub use wording::{Zone, shell_word};
