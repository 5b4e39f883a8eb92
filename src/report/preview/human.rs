//! A preview as text for a terminal: what is sent, what is refused, what is there, then what it sums up to.

use std::collections::BTreeMap;

use super::document::{ItemPreview, Preview};
use super::words::{Group, change, expected, forecast, origin, selection, since, stray, summary};
use crate::model::{Action, DataLoss, Mode, bytes, count};
use crate::report::document::ObjectReport;
use crate::report::screen::{Screen, Style, Tone, pad};
use crate::report::wording::hours;
use crate::report::{ObjectiveKind, ObjectiveVerdict};

/// The column at which an item's details begin.
const DETAILS: usize = 11;
/// How many objects of one item are listed when none of them destroys anything.
const OBJECTS: usize = 8;
/// How many of those that were left out are named.
const LEFT_OUT: usize = 12;

/// A preview as text for a terminal.
pub fn preview_human(preview: &Preview, style: Style) -> String {
    let mut screen = Screen::new(style);
    header(&mut screen, preview);
    let names = preview.items.iter().map(|item| item.name.len()).max().unwrap_or(0);
    let shared = shared_notes(preview);
    for group in Group::ALL {
        let items = group.of(preview);
        if items.is_empty() {
            continue;
        }
        screen.gap();
        screen.text(0, Tone::Strong, &format!("{}: {}", group.title(), count(items.len(), "restore")));
        let mut first = true;
        for item in items {
            if item.action == Action::Satisfied {
                short(&mut screen, item, names, &shared);
            } else {
                if !first {
                    screen.gap();
                }
                long(&mut screen, preview, item, &shared);
            }
            first = false;
        }
    }
    if !shared.is_empty() {
        screen.gap();
        for (note, items) in &shared {
            let whom = if items.len() > 4 { count(items.len(), "restore") } else { items.join(", ") };
            screen.field(2, "note", DETAILS, &format!("{whom}: {note}"));
        }
    }
    left_out(&mut screen, preview);
    strays(&mut screen, preview);
    end(&mut screen, preview);
    screen.finish()
}

fn header(screen: &mut Screen, preview: &Preview) {
    let (plan, environment) = (&preview.plan, &preview.environment);
    screen.text(0, Tone::Strong, &format!("Changes for plan {} in environment {}", plan.name, environment.name));
    screen.field(2, "plan", DETAILS, &plan.file);
    match &environment.api_url {
        Some(url) => screen.field(2, "API", DETAILS, url),
        None => screen.field(2, "API", DETAILS, "none: this environment can't be applied to"),
    }
    if let Some(shard) = &preview.shard {
        let (here, total) = (count(shard.here(), "restore"), shard.total());
        screen.field(2, "shard", DETAILS, &format!("{}, with {here} of {total}", shard.shard.words()));
        let shards = shard.shard.count();
        let most = u64::from(preview.concurrency) * u64::from(shards);
        let text = format!("hold for this shard by itself: all {shards} together keep up to {most} restores in flight");
        screen.field(2, "limits", DETAILS, &text);
    }
    if let Some(chosen) = &preview.selection {
        screen.labelled(2, "chosen", DETAILS, Tone::Open, &selection(chosen));
    }
    let read =
        format!("site read {}, valid until {}", screen.moment(preview.read_at), screen.moment(preview.valid_until));
    screen.field(2, "as of", DETAILS, &read);
    if environment.plain_http {
        screen.labelled(2, "warning", DETAILS, Tone::Bad, "credentials travel unencrypted (`allow_plain_http`)");
    }
    if preview.again {
        screen.labelled(2, "again", DETAILS, Tone::Open, "a new generation: what is there already is restored anew");
    }
}

/// Notes with the items that have them.
type Shared<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// Notes that all of several items have, or at least three: they are said once below, so that the others are seen.
fn shared_notes(preview: &Preview) -> Shared<'_> {
    let mut shared = Shared::new();
    for item in &preview.items {
        for note in &item.notes {
            shared.entry(note).or_default().push(item.name.as_str());
        }
    }
    let all = preview.items.len().max(2);
    shared.retain(|_, items| items.len() >= 3 || items.len() >= all);
    shared
}

/// What is there already takes a line; what would be done, or can't be, takes what it needs.
fn short(screen: &mut Screen, item: &ItemPreview, names: usize, shared: &Shared<'_>) {
    let (sign, tone) = sign(item.action);
    let title = format!("{sign} {}", item.action.word());
    let label = format!("{}{}", pad(&title, DETAILS + 2, false), item.name);
    screen.labelled(0, &label, DETAILS + 2 + names + 2, tone, &item.reason);
    own_notes(screen, item, shared);
}

fn long(screen: &mut Screen, preview: &Preview, item: &ItemPreview, shared: &Shared<'_>) {
    let (sign, tone) = sign(item.action);
    screen.labelled(0, &format!("{sign} {}", item.action.word()), DETAILS + 2, tone, &item.name);
    screen.field(2, "why", DETAILS, &item.reason);
    if let Some(earlier) = &item.since {
        screen.field(2, "changed", DETAILS, &since(earlier));
        for each in &earlier.changes {
            screen.labelled(2, "", DETAILS, Tone::Open, &change(each));
        }
    }
    screen.field(2, "from", DETAILS, &origin(item));
    backup(screen, preview, item);
    targets(screen, item);
    losses(screen, item);
    if let Some(told) = item.bytes {
        screen.field(2, "size", DETAILS, &bytes(told));
    }
    if let Some(text) = expected(item).filter(|_| item.action.is_pending()) {
        screen.field(2, "takes", DETAILS, &text);
    }
    if !item.after.is_empty() {
        screen.field(2, "after", DETAILS, &item.after.join(", "));
    }
    if let Some(name) = item.job_name.as_ref().filter(|_| item.action != Action::Blocked) {
        let label = if item.action.sends() { "send as" } else { "named" };
        screen.field(2, label, DETAILS, name);
    }
    if let Some(why) = item.refusal.as_ref().filter(|_| item.action == Action::Adopt) {
        screen.labelled(2, "once only", DETAILS, Tone::Open, &format!("no further attempt may follow: {why}"));
    }
    own_notes(screen, item, shared);
}

fn own_notes(screen: &mut Screen, item: &ItemPreview, shared: &Shared<'_>) {
    for note in item.notes.iter().filter(|note| !shared.contains_key(note.as_str())) {
        screen.field(2, "note", DETAILS, note);
    }
}

/// A sign for the eye that skims; the word stands beside it.
fn sign(action: Action) -> (&'static str, Tone) {
    match action {
        Action::Create => ("+", Tone::Good),
        Action::Retry => ("*", Tone::Open),
        Action::Changed => ("~", Tone::Open),
        Action::Adopt => (">", Tone::Open),
        Action::Satisfied => ("=", Tone::Faint),
        Action::Blocked => ("!", Tone::Bad),
    }
}

fn backup(screen: &mut Screen, preview: &Preview, item: &ItemPreview) {
    if item.source.execution.is_none() {
        return;
    }
    let Some(at) = item.source.backup_at else {
        return screen.labelled(2, "backup", DETAILS, Tone::Open, "its time is not known");
    };
    let Some(age) = item.source.backup_age_ms else {
        let text = format!("{} (later than this reading: compare the clocks)", screen.moment(at));
        return screen.labelled(2, "backup", DETAILS, Tone::Open, &text);
    };
    screen.field(2, "backup", DETAILS, &format!("{}, {} old", screen.moment(at), hours(age)));
    let most = preview.objectives.iter().find(|objective| objective.kind == ObjectiveKind::Rpo);
    if let Some(most) = most.map(|objective| objective.objective_ms).filter(|most| age > *most) {
        let text = format!("missed: the plan wants a backup at most {} old", hours(most));
        screen.labelled(2, "RPO", DETAILS, Tone::Bad, &text);
    }
}

fn targets(screen: &mut Screen, item: &ItemPreview) {
    let mode = match item.mode {
        Mode::Copy => "copy",
        Mode::Restore => "restore in the narrow sense",
    };
    screen.field(2, "to", DETAILS, &format!("site {} ({mode})", item.target_site));
    for object in item.objects.iter().take(OBJECTS) {
        screen.field(2, "", DETAILS, &target(object));
    }
    if item.objects.len() > OBJECTS {
        let more = count(item.objects.len() - OBJECTS, "more object");
        screen.field(2, "", DETAILS, &format!("and {more} (`--format json` lists them all)"));
    }
}

/// What becomes of one object.
pub(in crate::report) fn target(object: &ObjectReport) -> String {
    let arrow = if object.in_place {
        " (over itself)".to_owned()
    } else if object.name == object.target_name {
        String::new()
    } else {
        format!(" -> {}", object.target_name)
    };
    let without =
        if object.exclude.is_empty() { String::new() } else { format!(", without {}", object.exclude.join(", ")) };
    let all = if object.include_all { "" } else { ", include_all off" };
    format!("{} {}{arrow}{without}{all}", object.object_type, object.name)
}

/// Losses are always said in full. A blocked item destroys nothing, but its reader will want to know what it would.
fn losses(screen: &mut Screen, item: &ItemPreview) {
    let blocked = item.action == Action::Blocked;
    // Without a class, the words tell what can't be known.
    let calm = item.data_loss.class == DataLoss::None;
    let label = match (blocked, calm) {
        (true, _) => "would lose",
        (false, true) => "data loss",
        (false, false) => "DATA LOSS",
    };
    let tone = match (blocked, calm) {
        (true, _) => Tone::Plain,
        (false, true) => Tone::Open,
        (false, false) => Tone::Bad,
    };
    for words in &item.data_loss.losses {
        screen.labelled(2, label, DETAILS, tone, words);
    }
    if item.data_loss.losses.is_empty() && !blocked {
        let tone = if calm { Tone::Plain } else { Tone::Bad };
        screen.labelled(2, label, DETAILS, tone, &item.data_loss.words);
    }
}

fn left_out(screen: &mut Screen, preview: &Preview) {
    let Some(chosen) = preview.selection.as_ref().filter(|chosen| !chosen.left_out.is_empty()) else { return };
    screen.gap();
    screen.text(0, Tone::Strong, &format!("Left out: {}", count(chosen.left_out.len(), "restore")));
    for each in chosen.left_out.iter().take(LEFT_OUT) {
        screen.text(2, Tone::Faint, &format!("{}: {}", each.item, each.reason));
    }
    if chosen.left_out.len() > LEFT_OUT {
        let more = chosen.left_out.len() - LEFT_OUT;
        screen.text(2, Tone::Faint, &format!("and {more} more (`--format json` lists them all)"));
    }
}

fn strays(screen: &mut Screen, preview: &Preview) {
    if preview.strays.is_empty() {
        return;
    }
    screen.gap();
    screen.text(0, Tone::Strong, "At the site under this plan's names, but no item of the plan");
    for each in &preview.strays {
        let tone = if each.running > 0 { Tone::Open } else { Tone::Plain };
        screen.text(2, tone, &stray(each, screen.zone()));
    }
}

fn end(screen: &mut Screen, preview: &Preview) {
    screen.gap();
    let all_there = preview.is_all_there();
    screen.text(0, if all_there { Tone::Good } else { Tone::Strong }, &summary(preview));
    for alarm in preview.alarms() {
        screen.text(0, Tone::Bad, &format!("DATA LOSS: {alarm}"));
    }
    if let Some(text) = forecast(preview) {
        screen.field(0, "forecast", DETAILS, &text);
        for objective in &preview.objectives {
            let tone = match objective.verdict {
                ObjectiveVerdict::Met => Tone::Good,
                ObjectiveVerdict::Missed => Tone::Bad,
                ObjectiveVerdict::NotKnown => Tone::Open,
            };
            let (most, verdict) = (hours(objective.objective_ms), objective.verdict.words());
            let text = format!("{verdict}: at most {most} is wanted; {}", objective.reason);
            screen.labelled(0, objective.kind.words(), DETAILS, tone, &text);
        }
    }
    if let Some(text) = preview.elsewhere() {
        screen.text(0, Tone::Open, &text);
    }
    if preview.has_changes() {
        // In one piece on eighty columns, to be copied.
        screen.field(0, "digest", "digest  ".len(), &preview.digest);
    } else if !all_there {
        screen.text(0, Tone::Open, "nothing can be sent: mend what blocks the rest");
    }
}
