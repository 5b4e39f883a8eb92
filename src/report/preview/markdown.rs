//! A preview for a pull request: tables first, details folded away, and never more than a comment holds.

use super::document::{ItemPreview, Preview};
use super::human::target;
use super::markdown_text::{code, prose, text};
use super::words::{Group, change, expected, forecast, origin, selection, since, stray, summary};
use crate::model::{DataLoss, bytes, count};
use crate::report::wording::{Zone, hours, moment};

/// What a comment at GitHub holds, in characters. Bytes are counted here, which are never fewer.
pub(super) const LARGEST: usize = 65_536;
/// How many changed fields and objects of one item are shown.
const LISTED: usize = 20;

/// How much of a preview is shown.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Rows of each table.
    rows: usize,
    /// Items with their details.
    details: usize,
}

/// A preview in Markdown, cut to what a comment holds; what is cut is said.
pub fn preview_markdown(preview: &Preview) -> String {
    let all = preview.items.len().max(preview.strays.len());
    let all = all.max(preview.selection.as_ref().map_or(0, |chosen| chosen.left_out.len()));
    let fits = |extent: Extent| Some(page(preview, extent)).filter(|page| page.len() <= LARGEST);
    if let Some(whole) = fits(Extent { rows: all, details: all }) {
        return whole;
    }
    // Details go first: the tables tell what would be done.
    let with_details = |details: usize| fits(Extent { rows: all, details });
    let with_rows = |rows: usize| fits(Extent { rows, details: 0 });
    largest(all, with_details).or_else(|| largest(all, with_rows)).unwrap_or_else(|| {
        let mut short = String::new();
        head(&mut short, preview);
        short.truncate(short.floor_char_boundary(LARGEST / 2));
        short + "\n\n**Truncated**: `--format json` has all of it.\n"
    })
}

/// The text of the largest number that gives one; smaller numbers give shorter texts.
pub(super) fn largest(all: usize, text: impl Fn(usize) -> Option<String>) -> Option<String> {
    let mut found = text(0)?;
    let (mut fits, mut too_many) = (0, all);
    while too_many - fits > 1 {
        let middle = fits + (too_many - fits) / 2;
        match text(middle) {
            Some(text) => (fits, found) = (middle, text),
            None => too_many = middle,
        }
    }
    Some(found)
}

fn page(preview: &Preview, extent: Extent) -> String {
    let mut out = String::new();
    head(&mut out, preview);
    let hidden = preview.items.len().saturating_sub(extent.details);
    let cut = Group::ALL.iter().map(|group| group.of(preview).len().saturating_sub(extent.rows)).sum::<usize>();
    if hidden > 0 {
        let rows = if cut > 0 { format!(", and {cut} of them are not listed") } else { String::new() };
        out.push_str(&format!(
            "\n**Truncated** to what a comment holds: the details of {} are left out{rows}. `--format html` and `--format json` have all of it.\n",
            count(hidden, "restore")
        ));
    }
    let mut details = extent.details;
    for group in Group::ALL {
        let items = group.of(preview);
        if items.is_empty() {
            continue;
        }
        out.push_str(&format!("\n### {}: {}\n\n", group.title(), count(items.len(), "restore")));
        table(&mut out, group, &items, extent.rows);
        let shown: Vec<&ItemPreview> = items.into_iter().take(details).collect();
        details = details.saturating_sub(shown.len());
        if !shown.is_empty() && group != Group::There {
            out.push_str("\n<details><summary>Details</summary>\n");
            shown.iter().for_each(|item| detail(&mut out, item));
            out.push_str("\n</details>\n");
        }
    }
    lists(&mut out, preview, extent.rows);
    out
}

fn head(out: &mut String, preview: &Preview) {
    let (plan, environment) = (&preview.plan, &preview.environment);
    out.push_str(&format!("## Changes for plan {} in environment {}\n\n", code(&plan.name), code(&environment.name)));
    out.push_str(&format!("**{}**\n", text(&summary(preview))));
    for alarm in preview.alarms() {
        out.push_str(&format!("\n> [!CAUTION]\n> **DATA LOSS**: {}\n", text(&alarm)));
    }
    out.push_str("\n| | |\n|---|---|\n");
    let mut fact = |name: &str, value: String| out.push_str(&format!("| {name} | {value} |\n"));
    fact("Plan", code(&plan.file));
    fact(
        "API",
        environment.api_url.as_ref().map_or_else(|| "none: it can't be applied to".to_owned(), |url| code(url)),
    );
    if let Some(shard) = &preview.shard {
        let here = count(shard.here(), "restore");
        fact("Shard", text(&format!("{}, with {here} of {}", shard.shard.words(), shard.total())));
    }
    if let Some(chosen) = &preview.selection {
        fact("Chosen", prose(&selection(chosen)));
    }
    if preview.again {
        fact("Again", "a new generation: what is there already is restored anew".to_owned());
    }
    if environment.plain_http {
        fact("Warning", "**credentials travel unencrypted** (`allow_plain_http`)".to_owned());
    }
    fact("Site read", moment(preview.read_at));
    if let Some(words) = forecast(preview) {
        fact("Forecast", text(&words));
        for objective in &preview.objectives {
            let (verdict, most) = (objective.verdict.words(), hours(objective.objective_ms));
            let why = prose(&objective.reason);
            fact(objective.kind.words(), format!("**{verdict}**: at most {most} is wanted; {why}"));
        }
    }
    if preview.has_changes() {
        fact("Digest", code(&preview.digest));
    }
    if let Some(elsewhere) = preview.elsewhere() {
        out.push_str(&format!("\n{}\n", text(&elsewhere)));
    }
}

fn table(out: &mut String, group: Group, items: &[&ItemPreview], rows: usize) {
    let takes = matches!(group, Group::Sent | Group::Attached);
    let columns = if takes { " Data loss | Size | Takes |" } else { "" };
    out.push_str(&format!("| Action | Restore | Why |{columns}\n|---|---|---|"));
    out.push_str(if takes { "---|---|---|\n" } else { "\n" });
    for item in items.iter().take(rows) {
        out.push_str(&format!("| {} | {} | {} |", item.action.word(), code(&item.name), prose(&item.reason)));
        if takes {
            let size = item.bytes.map_or_else(|| "not known".to_owned(), bytes);
            let takes = expected(item).map_or_else(|| "not known".to_owned(), |takes| text(&takes));
            out.push_str(&format!(" {} | {size} | {takes} |", loss(item)));
        }
        out.push('\n');
    }
}

fn loss(item: &ItemPreview) -> String {
    let calm = item.data_loss.class == DataLoss::None;
    let words = match item.data_loss.losses.as_slice() {
        [] => text(&item.data_loss.words),
        losses => {
            let shown: Vec<String> = losses.iter().take(LISTED).map(|loss| prose(loss)).collect();
            let more = losses.len().saturating_sub(LISTED);
            shown.join("<br>") + &if more > 0 { format!("<br>and {more} more") } else { String::new() }
        }
    };
    if calm { words } else { format!("**{}** {words}", item.data_loss.class.to_string().to_uppercase()) }
}

fn detail(out: &mut String, item: &ItemPreview) {
    out.push_str(&format!("\n**{}**\n\n", code(&item.name)));
    let mut line = |name: &str, value: String| out.push_str(&format!("- {name}: {value}\n"));
    if let Some(earlier) = &item.since {
        line("changed", text(&since(earlier)));
        for each in earlier.changes.iter().take(LISTED) {
            line("changed", text(&change(each)));
        }
    }
    line("from", text(&origin(item)));
    if let Some(at) = item.source.backup_at {
        let age = item.source.backup_age_ms.map_or_else(String::new, |age| format!(", {} old", hours(age)));
        line("backup", format!("{}{age}", moment(at)));
    }
    line("to", text(&format!("site {}", item.target_site)));
    for object in item.objects.iter().take(LISTED) {
        line("object", text(&target(object)));
    }
    if item.objects.len() > LISTED {
        line("object", format!("and {} more", item.objects.len() - LISTED));
    }
    if !item.after.is_empty() {
        line("after", text(&item.after.join(", ")));
    }
    if let Some(name) = &item.job_name {
        line("name", code(name));
    }
    line("written at", code(&item.origin));
    for note in &item.notes {
        line("note", prose(note));
    }
}

fn lists(out: &mut String, preview: &Preview, rows: usize) {
    if let Some(chosen) = preview.selection.as_ref().filter(|chosen| !chosen.left_out.is_empty()) {
        let number = count(chosen.left_out.len(), "restore");
        out.push_str(&format!("\n<details><summary>Left out: {number}</summary>\n\n"));
        for each in chosen.left_out.iter().take(rows) {
            out.push_str(&format!("- {}: {}\n", code(each.item.as_str()), prose(&each.reason)));
        }
        out.push_str("\n</details>\n");
    }
    if !preview.strays.is_empty() {
        out.push_str("\n### At the site under this plan's names, but no item of the plan\n\n");
        for each in preview.strays.iter().take(rows) {
            out.push_str(&format!("- {}\n", prose(&stray(each, Zone::UTC))));
        }
    }
}
