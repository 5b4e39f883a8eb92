//! What every form of a preview says in the same words.

use super::build::about;
use super::document::{ItemPreview, Preview, SelectionReport, SinceReport, StrayReport};
use crate::changeset::FieldChange;
use crate::model::{Action, DataLoss, bytes, count};
use crate::report::wording::{Zone, hours};

/// What belongs together in a preview, in the order in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Group {
    Sent,
    Attached,
    Refused,
    There,
}

impl Group {
    pub(in crate::report) const ALL: [Self; 4] = [Self::Sent, Self::Attached, Self::Refused, Self::There];

    /// Its heading.
    pub(in crate::report) fn title(self) -> &'static str {
        match self {
            Self::Sent => "To be sent",
            Self::Attached => "Under way, to be waited for",
            Self::Refused => "Refused",
            Self::There => "There already",
        }
    }

    /// The items that belong there, in the plan's order.
    pub(in crate::report) fn of(self, preview: &Preview) -> Vec<&ItemPreview> {
        let belongs = |action: Action| match action {
            Action::Create | Action::Retry | Action::Changed => Self::Sent,
            Action::Adopt => Self::Attached,
            Action::Blocked => Self::Refused,
            Action::Satisfied => Self::There,
        };
        preview.items.iter().filter(|item| belongs(item.action) == self).collect()
    }
}

/// A changed field: `rename_to: model_v1 -> model_v2`.
pub(in crate::report) fn change(change: &FieldChange) -> String {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
    format!("{}: {} -> {}", change.field, shown(&change.before), shown(&change.after))
}

/// Since when fields are others.
pub(in crate::report) fn since(since: &SinceReport) -> String {
    match since.changes.len() {
        0 => format!("nothing of its definition, since run {}", since.run),
        fields => format!("{}, since run {}", count(fields, "field"), since.run),
    }
}

/// How long an item will probably take.
pub(in crate::report) fn expected(item: &ItemPreview) -> Option<String> {
    item.estimate.as_ref().map(|estimate| format!("about {} ({})", about(estimate.duration_ms), estimate.basis))
}

/// How long the run will probably take; none where nothing would be sent or waited for.
pub(in crate::report) fn forecast(preview: &Preview) -> Option<String> {
    let forecast = &preview.forecast;
    if forecast.pending == 0 {
        return None;
    }
    Some(match forecast.duration_ms {
        Some(length) => format!("about {} ({})", hours(about(length)), forecast.basis),
        None => format!("not known: {}", forecast.basis),
    })
}

/// Where an item's data comes from.
pub(in crate::report) fn origin(item: &ItemPreview) -> String {
    let source = &item.source;
    match &source.execution {
        Some(execution) => format!("site {} job {} execution {execution}", source.site, source.job),
        None => format!("site {} job {}, no execution (wanted: {})", source.site, source.job, source.selector),
    }
}

/// What was chosen.
pub(in crate::report) fn selection(selection: &SelectionReport) -> String {
    let mut parts: Vec<String> = selection.only.iter().map(|pattern| format!("`--only {pattern}`")).collect();
    parts.extend(selection.exclude.iter().map(|pattern| format!("`--exclude {pattern}`")));
    parts.extend(selection.only_failed.then(|| "`--only-failed`".to_owned()));
    format!("{}: {} left out", parts.join(", "), count(selection.left_out.len(), "restore"))
}

/// Restores that no item explains.
pub(in crate::report) fn stray(stray: &StrayReport, zone: Zone) -> String {
    let id = stray.execution_id.as_ref().map_or_else(String::new, |id| format!(", restore {id}"));
    let ended = stray.end_time.map_or_else(String::new, |at| format!(", ended {}", zone.moment(at)));
    let newest = format!("`{}`{id}: {}{ended}", stray.newest, stray.status);
    let (item, site) = (&stray.item, &stray.site);
    let running = match stray.running {
        0 => String::new(),
        running => format!(", {running} not over"),
    };
    match stray.restores {
        1 => format!("`{item}` at site {site}: {newest}"),
        restores => format!("`{item}` at site {site}: {} restores{running}, the newest {newest}", restores),
    }
}

/// What it sums up to.
pub(in crate::report) fn summary(preview: &Preview) -> String {
    let of = |action: Action| preview.counts.get(action.word()).copied().unwrap_or(0);
    let left_out = preview.selection.as_ref().map_or(0, |selection| selection.left_out.len());
    if of(Action::Satisfied) == preview.total {
        return match preview.total {
            0 if left_out > 0 => "nothing to do: nothing of the plan is chosen".to_owned(),
            0 if preview.shard.is_some() => "nothing to do: no restore of the plan falls into this shard".to_owned(),
            0 => "nothing to do: the plan has no restores".to_owned(),
            1 => "nothing to do: the one restore is there".to_owned(),
            total => format!("nothing to do: all {total} restores are there"),
        };
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
        .map(|(action, words)| (of(action), words))
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| format!("{number} {words}"))
        .collect();
    let mut text = parts.join(", ");
    if let Some(sum) = preview.bytes {
        let unknown = preview.unknown_sizes;
        let rest = if unknown > 0 { format!(" and {unknown} of unknown size") } else { String::new() };
        text.push_str(&format!("; {} to restore{rest}", bytes(sum)));
    }
    text
}

impl Preview {
    /// Whether nothing would be done because everything is there.
    pub(in crate::report) fn is_all_there(&self) -> bool {
        self.items.iter().all(|item| item.action == Action::Satisfied)
    }

    /// Whether anything would be sent or waited for.
    pub(in crate::report) fn has_changes(&self) -> bool {
        self.items.iter().any(|item| item.action.is_pending())
    }

    /// Who destroys data, in sentences, the worst first.
    pub(in crate::report) fn alarms(&self) -> Vec<String> {
        let losing = |class: DataLoss| -> Vec<&str> {
            let items = self.items.iter().filter(|item| item.action.is_pending() && item.data_loss.class == class);
            items.map(|item| item.name.as_str()).collect()
        };
        let classes = [(DataLoss::Drops, "DROPS", "DROP"), (DataLoss::Replaces, "REPLACES", "REPLACE")];
        let alarm = |(class, one, more): (DataLoss, &str, &str)| {
            let names = losing(class);
            let does = if names.len() == 1 { one } else { more };
            (!names.is_empty())
                .then(|| format!("{} {does} data at the target: {}", count(names.len(), "restore"), names.join(", ")))
        };
        classes.into_iter().filter_map(alarm).collect()
    }

    /// What the plan has beside this shard.
    pub(in crate::report) fn elsewhere(&self) -> Option<String> {
        let elsewhere = self.shard.as_ref().map_or(0, crate::report::ShardReport::elsewhere);
        match elsewhere {
            0 => None,
            1 => Some("1 more restore of the plan belongs to another shard, and was not looked at".to_owned()),
            more => Some(format!("{more} more restores of the plan belong to other shards, and were not looked at")),
        }
    }
}
