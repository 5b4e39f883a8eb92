//! What a changeset would do, shown before anybody approves it.

use std::collections::BTreeMap;

use super::build::loss_words;
use super::document::pretty;
use super::screen::{Screen, Style, Tone, pad};
use super::wording::{bytes, count, hours, moment};
use crate::changeset::{Changeset, Decision};
use crate::model::{Action, DataLoss, Level, Millis, Mode, RestoreObject};

/// The column at which an item's details begin.
const DETAILS: usize = 11;
/// How many objects of one item are listed when none of them destroys anything.
const OBJECTS: usize = 8;

/// A changeset as text for a terminal: every item in the plan's order, then what it sums up to.
pub fn changeset_human(changeset: &Changeset, style: Style) -> String {
    let mut screen = Screen::new(style);
    header(&mut screen, changeset);
    let names = changeset.items.iter().map(|decision| decision.item.name.as_str().len()).max().unwrap_or(0);
    let shared = shared_notes(changeset);
    let mut compact = false;
    for decision in &changeset.items {
        // What is there already takes a line; what would be done, or can't be, takes what it needs.
        let short = decision.action == Action::Satisfied;
        if !(short && compact) {
            screen.gap();
        }
        compact = short;
        item(&mut screen, changeset, decision, names, &shared);
    }
    if !shared.is_empty() {
        screen.gap();
        for (note, items) in &shared {
            let whom = if items.len() > 4 { count(items.len(), "restore") } else { items.join(", ") };
            screen.field(2, "note", DETAILS, &format!("{whom}: {note}"));
        }
    }
    summary(&mut screen, changeset);
    screen.finish()
}

/// A changeset as indented JSON with a line break at the end.
///
/// # Errors
/// Never for changesets that `decide` makes: they hold nothing that JSON can't.
pub fn changeset_json(changeset: &Changeset) -> Result<String, serde_json::Error> {
    pretty(changeset)
}

fn header(screen: &mut Screen, changeset: &Changeset) {
    let (plan, environment) = (&changeset.plan, &changeset.environment);
    screen.text(0, Tone::Strong, &format!("Changes for plan {} in environment {}", plan.name, environment.name));
    screen.field(2, "plan", DETAILS, &plan.file);
    match &environment.api {
        Some(api) => screen.field(2, "API", DETAILS, &api.url),
        None => screen.field(2, "API", DETAILS, "none: this environment can't be applied to"),
    }
    if let Some(part) = &changeset.part {
        let (here, total) = (count(part.here(), "restore"), part.total());
        screen.field(2, "shard", DETAILS, &format!("{}, with {here} of {total}", part.shard.words()));
        let (shards, limit) = (part.shard.count(), changeset.limits.concurrency);
        let most = u64::from(limit) * u64::from(shards);
        let text = format!("hold for this shard by itself: all {shards} together keep up to {most} restores in flight");
        screen.field(2, "limits", DETAILS, &text);
    }
    let read = format!("site read {}, valid until {}", moment(changeset.created_at), moment(changeset.expires_at));
    screen.field(2, "as of", DETAILS, &read);
    if environment.api.as_ref().is_some_and(|api| api.allow_plain_http && api.url.starts_with("http:")) {
        screen.labelled(2, "warning", DETAILS, Tone::Bad, "credentials travel unencrypted (`allow_plain_http`)");
    }
    if changeset.again {
        screen.labelled(2, "again", DETAILS, Tone::Open, "a new generation: what is there already is restored anew");
    }
}

/// Notes with the items that have them.
type Shared<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// Notes that all of several items have, or at least three: they are said once below, so that the others are seen.
fn shared_notes(changeset: &Changeset) -> Shared<'_> {
    let mut shared = Shared::new();
    for decision in &changeset.items {
        for note in &decision.notes {
            shared.entry(note).or_default().push(decision.item.name.as_str());
        }
    }
    let all = changeset.items.len().max(2);
    shared.retain(|_, items| items.len() >= 3 || items.len() >= all);
    shared
}

fn item(screen: &mut Screen, changeset: &Changeset, decision: &Decision, names: usize, shared: &Shared<'_>) {
    let (sign, tone) = sign(decision.action);
    let name = decision.item.name.as_str();
    let title = format!("{sign} {}", decision.action.word());
    if decision.action == Action::Satisfied {
        let label = format!("{}{name}", pad(&title, DETAILS + 2, false));
        screen.labelled(0, &label, DETAILS + 2 + names + 2, tone, &decision.reason);
        return own_notes(screen, decision, shared);
    }
    screen.labelled(0, &title, DETAILS + 2, tone, name);
    screen.field(2, "why", DETAILS, &decision.reason);
    source(screen, changeset, decision);
    targets(screen, decision);
    losses(screen, decision);
    if let Some(told) = decision.bytes {
        screen.field(2, "size", DETAILS, &bytes(told));
    }
    if !decision.item.after.is_empty() {
        let after: Vec<&str> = decision.item.after.iter().map(|name| name.as_str()).collect();
        screen.field(2, "after", DETAILS, &after.join(", "));
    }
    if let Some(request) = decision.request.as_ref().filter(|_| decision.action != Action::Blocked) {
        let label = if decision.action.sends() { "send as" } else { "named" };
        screen.field(2, label, DETAILS, request.job_name.as_str());
    }
    own_notes(screen, decision, shared);
}

fn own_notes(screen: &mut Screen, decision: &Decision, shared: &Shared<'_>) {
    for note in decision.notes.iter().filter(|note| !shared.contains_key(note.as_str())) {
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

fn source(screen: &mut Screen, changeset: &Changeset, decision: &Decision) {
    let source = &decision.item.source;
    let place = format!("site {} job {}", source.site, source.job);
    let Some(execution) = &decision.execution else {
        let text = format!("{place}, no execution (wanted: {})", source.execution);
        return screen.field(2, "from", DETAILS, &text);
    };
    screen.field(2, "from", DETAILS, &format!("{place} execution {}", execution.id));
    let Some(at) = execution.taken_at() else {
        return screen.labelled(2, "backup", DETAILS, Tone::Open, "its time is not known");
    };
    if at > changeset.created_at {
        let text = format!("{} (later than this reading: compare the clocks)", moment(at));
        return screen.labelled(2, "backup", DETAILS, Tone::Open, &text);
    }
    let age = Millis::between(at, changeset.created_at);
    screen.field(2, "backup", DETAILS, &format!("{}, {} old", moment(at), hours(age)));
    if let Some(most) = changeset.plan.purpose.objectives.rpo_ms.filter(|most| age > *most) {
        let text = format!("missed: the plan wants a backup at most {} old", hours(most));
        screen.labelled(2, "RPO", DETAILS, Tone::Bad, &text);
    }
}

fn targets(screen: &mut Screen, decision: &Decision) {
    let item = &decision.item;
    let mode = match item.mode {
        Mode::Copy => "copy",
        Mode::Restore => "restore in the narrow sense",
    };
    screen.field(2, "to", DETAILS, &format!("site {} ({mode})", item.target.site));
    for object in item.objects.iter().take(OBJECTS) {
        let from = match object.object_type.level() {
            Level::Database => object.name.to_string(),
            Level::Object => format!("{}.{}", object.parent, object.name),
        };
        let target = item.touched_by(object).to_string();
        let arrow = if item.is_in_place(object) {
            " (over itself)".to_owned()
        } else if from == target {
            String::new()
        } else {
            format!(" -> {target}")
        };
        let text = format!("{} {from}{arrow}{}", object.object_type, left_out(object));
        screen.field(2, "", DETAILS, &text);
    }
    if item.objects.len() > OBJECTS {
        let more = count(item.objects.len() - OBJECTS, "more object");
        screen.field(2, "", DETAILS, &format!("and {more} (`--format json` lists them all)"));
    }
}

fn left_out(object: &RestoreObject) -> String {
    let names: Vec<String> = object.exclude.iter().map(ToString::to_string).collect();
    let mut text = if names.is_empty() { String::new() } else { format!(", without {}", names.join(", ")) };
    if !object.include_all {
        text.push_str(", include_all off");
    }
    text
}

/// Losses are always said in full. A blocked item destroys nothing, but its reader will want to know what it would.
fn losses(screen: &mut Screen, decision: &Decision) {
    let blocked = decision.action == Action::Blocked;
    // Without a class, the words tell what can't be known.
    let calm = decision.data_loss == DataLoss::None;
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
    for words in &decision.losses {
        screen.labelled(2, label, DETAILS, tone, words);
    }
    if decision.losses.is_empty() && !blocked {
        let tone = if calm { Tone::Plain } else { Tone::Bad };
        screen.labelled(2, label, DETAILS, tone, loss_words(decision.data_loss));
    }
}

/// What the plan has beside this shard.
fn elsewhere(screen: &mut Screen, changeset: &Changeset) {
    let Some(part) = changeset.part.as_ref().filter(|part| part.elsewhere() > 0) else { return };
    let text = match part.elsewhere() {
        1 => "1 more restore of the plan belongs to another shard, and was not looked at".to_owned(),
        more => format!("{more} more restores of the plan belong to other shards, and were not looked at"),
    };
    screen.text(0, Tone::Open, &text);
}

fn summary(screen: &mut Screen, changeset: &Changeset) {
    screen.gap();
    let total = changeset.items.len();
    let there = changeset.count(Action::Satisfied);
    if there == total {
        let text = match total {
            0 if changeset.part.is_some() => "nothing to do: no restore of the plan falls into this shard".to_owned(),
            0 => "nothing to do: the plan has no restores".to_owned(),
            1 => "nothing to do: the one restore is there".to_owned(),
            _ => format!("nothing to do: all {total} restores are there"),
        };
        screen.text(0, Tone::Good, &text);
        return elsewhere(screen, changeset);
    }
    let parts = [
        (Action::Create, "to create"),
        (Action::Retry, "to retry"),
        (Action::Changed, "changed, to send anew"),
        (Action::Adopt, "to attach to"),
        (Action::Satisfied, "already there"),
        (Action::Blocked, "blocked"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(action, words)| (changeset.count(action), words))
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| format!("{number} {words}"))
        .collect();
    let mut text = parts.join(", ");
    let pending = || changeset.items.iter().filter(|decision| decision.action.sends());
    let told: Vec<u64> = pending().filter_map(|decision| decision.bytes).collect();
    if !told.is_empty() {
        let sum = told.iter().copied().fold(0, u64::saturating_add);
        let unknown = pending().count() - told.len();
        let rest = if unknown > 0 { format!(" and {unknown} of unknown size") } else { String::new() };
        text.push_str(&format!("; {} to restore{rest}", bytes(sum)));
    }
    screen.text(0, Tone::Strong, &text);
    let losing = |class: DataLoss| -> Vec<&str> {
        let items = changeset.items.iter().filter(|d| d.action.is_pending() && d.data_loss == class);
        items.map(|decision| decision.item.name.as_str()).collect()
    };
    for (class, one, more) in [(DataLoss::Drops, "DROPS", "DROP"), (DataLoss::Replaces, "REPLACES", "REPLACE")] {
        let names = losing(class);
        if !names.is_empty() {
            let what = count(names.len(), "restore");
            let does = if names.len() == 1 { one } else { more };
            let text = format!("DATA LOSS: {what} {does} data at the target: {}", names.join(", "));
            screen.text(0, Tone::Bad, &text);
        }
    }
    elsewhere(screen, changeset);
    if !changeset.has_changes() {
        screen.text(0, Tone::Open, "nothing can be sent: mend what blocks the rest");
    }
}
