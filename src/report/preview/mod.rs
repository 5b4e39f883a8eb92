//! What a changeset would do, shown before anybody approves it: one typed [`Preview`], and every form made from that.

mod build;
mod comparison;
mod document;
mod human;
mod markdown;
mod markdown_text;
mod objectives;
mod words;

pub use build::{Beside, Since, preview};
pub use comparison::{COMPARISON_SCHEMA, changes_human, changes_json, changes_markdown};
pub use document::{
    EstimateReport, ForecastReport, ItemPreview, LeftOutReport, ObjectSize, ObjectivePreview, PREVIEW_SCHEMA,
    PREVIEW_VERSION, Preview, PreviewEnvironment, SelectionReport, SinceReport, StrayReport, preview_json,
};
pub use human::preview_human;
pub(super) use human::target;
pub use markdown::preview_markdown;
pub(super) use words::{Group, change, expected, forecast, origin, selection, since, stray, summary};
