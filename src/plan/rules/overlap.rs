//! What several restores of a plan do to one another's targets.
//!
//! Two restores that write the same thing need an order, or chance decides which one stays; and with an order, the
//! later one must not undo the earlier one's work.

use std::collections::{HashMap, HashSet};

use crate::model::{Level, ObjectName, OnExisting, SiteId, Touched};
use crate::plan::findings::Findings;
use crate::plan::rule;

use super::Entry;
use super::order::Order;

/// How many steps through `after` lists are followed before the rule says that it can't tell.
const ROOM: usize = 50_000_000;

/// One thing that an item writes.
struct Write<'a> {
    /// Where the item stands in an order that `after` allows.
    rank: usize,
    entry: usize,
    object: usize,
    touched: Touched,
    /// What in it stays as it is.
    exclude: HashSet<&'a ObjectName>,
}

/// Reports pairs without an order, and pairs in which the later undoes the earlier. Near-linear: only neighbours in the
/// order are compared, because if they are in order, so are all the others.
pub(super) fn check(entries: &[Entry<'_>], findings: &mut Findings) {
    let order = Order::new(entries);
    let mut databases: HashMap<(SiteId, ObjectName), Vec<Write<'_>>> = HashMap::new();
    for (entry, Entry { item, .. }) in entries.iter().enumerate() {
        for (index, object) in item.objects.iter().enumerate() {
            let touched = item.touched_by(object);
            let key = (touched.site.clone(), touched.database.clone());
            let (rank, exclude) = (order.rank(entry), object.exclude.iter().collect());
            databases.entry(key).or_default().push(Write { rank, entry, object: index, touched, exclude });
        }
    }
    let mut groups: Vec<Vec<Write<'_>>> = databases.into_values().filter(|writes| writes.len() > 1).collect();
    groups.iter_mut().for_each(|writes| writes.sort_by_key(|write| (write.rank, write.object)));
    groups.sort_by_key(|writes| writes.first().map(|write| (write.rank, write.object)));
    let mut room = ROOM;
    for writes in &groups {
        if one_database(entries, &order, writes, &mut room, findings).is_none() {
            if let Some(entry) = entries.iter().find(|entry| !entry.item.after.is_empty()) {
                let message = "the plan's `after` lists are too entangled to tell which restores are in order";
                let found = entry.draft(rule::LIMIT, &["after"], message);
                findings.add(found.hint("let a single restore stand between groups of restores, or split the plan"));
            }
            return;
        }
    }
}

/// Looks at the writes to one database. None: there was not enough room to tell.
fn one_database(
    entries: &[Entry<'_>],
    order: &Order,
    writes: &[Write<'_>],
    room: &mut usize,
    findings: &mut Findings,
) -> Option<()> {
    let mut whole: Option<&Write<'_>> = None;
    let mut since_whole: Vec<&Write<'_>> = Vec::new();
    let mut last_of_object: HashMap<&ObjectName, &Write<'_>> = HashMap::new();
    for write in writes {
        let mut earlier: Vec<&Write<'_>> = Vec::new();
        match &write.touched.object {
            None => {
                let stays = |name: &ObjectName| write.exclude.contains(name);
                let (left, taken) =
                    since_whole.into_iter().partition(|part| part.touched.object.as_ref().is_some_and(stays));
                (since_whole, earlier) = (left, taken);
                earlier.extend(whole);
                whole = Some(write);
                last_of_object.retain(|name, _| stays(name));
            }
            Some(object) => {
                let around = whole.filter(|whole| !whole.exclude.contains(object));
                earlier.extend(last_of_object.insert(object, write).or(around));
                since_whole.push(write);
            }
        }
        let mut compared = HashSet::new();
        for first in earlier {
            if first.entry == write.entry || !compared.insert(first.entry) {
                continue;
            }
            let (Some(one), Some(two)) = (entries.get(first.entry), entries.get(write.entry)) else { continue };
            if !order.reaches(first.entry, write.entry, room)? {
                unordered((one, first), (two, write), findings);
            } else if write.touched.object.is_none() || first.touched.object == write.touched.object {
                undone((one, first), (two, write), findings);
            }
        }
    }
    Some(())
}

fn unordered((one, first): (&Entry<'_>, &Write<'_>), (two, second): (&Entry<'_>, &Write<'_>), findings: &mut Findings) {
    let (one_name, two_name) = (&one.item.name, &two.item.name);
    let (message, hint) = if first.touched == second.touched {
        let message =
            format!("`{one_name}` and `{two_name}` both write `{}`, with no order between them", second.touched);
        (message, format!("add `after: [{one_name}]` to `{two_name}`, or the other way round"))
    } else {
        let whole_first = first.touched.object.is_none();
        let ((whole_name, whole), (part_name, part)) =
            if whole_first { ((one_name, first), (two_name, second)) } else { ((two_name, second), (one_name, first)) };
        let message = format!(
            "`{whole_name}` writes the whole database `{}` and `{part_name}` writes `{}` in it, with no order between them",
            whole.touched, part.touched
        );
        (message, format!("add `after: [{whole_name}]` to `{part_name}`, so that the database comes first"))
    };
    let hint = if one.restore.author == two.restore.author {
        "let the target hold `{{item}}`, so that each element has its own".to_owned()
    } else {
        hint
    };
    let found = two.draft(rule::UNORDERED_OVERLAP, &["objects", &second.object.to_string()], message).hint(hint);
    let place = one.span(&["objects", &first.object.to_string()]);
    two.report(found.related_elsewhere(place, format!("`{one_name}` writes it here")), findings);
}

/// Where the plan says `replace`, it may be meant; otherwise the later one would be refused.
fn undone((one, first): (&Entry<'_>, &Write<'_>), (two, second): (&Entry<'_>, &Write<'_>), findings: &mut Findings) {
    let (one_name, two_name) = (&one.item.name, &two.item.name);
    let what = if first.touched == second.touched {
        format!("writes `{}` again, so nothing stays of what `{one_name}` restored", second.touched)
    } else {
        format!(
            "writes the whole database `{}`, and with it `{}`, which `{one_name}` restored",
            second.touched, first.touched
        )
    };
    let message = format!("`{two_name}` comes after `{one_name}` and {what}");
    let found = two.draft(rule::OVERWRITTEN, &["objects", &second.object.to_string()], message);
    let hint = if first.touched == second.touched {
        "give one of them another target, or leave one out".to_owned()
    } else {
        format!("let `{one_name}` come after `{two_name}`, or leave `{}` out of it with `exclude`", first.touched)
    };
    let place = one.span(&["objects", &first.object.to_string()]);
    let found = found.hint(hint).related_elsewhere(place, format!("`{one_name}` writes it here"));
    two.report(if two.item.on_existing == OnExisting::Replace { found.warning() } else { found }, findings);
}

/// Reports copies that land on an object which the plan restores from a backup: it was there when the backup was made,
/// so it most likely still is, and the API can't show it.
pub(super) fn onto_known(entries: &[Entry<'_>], findings: &mut Findings) {
    let mut backed_up: HashMap<(&SiteId, &ObjectName, &ObjectName), (&Entry<'_>, usize)> = HashMap::new();
    let mut restored: HashSet<Touched> = HashSet::new();
    for entry in entries {
        for (index, object) in entry.item.objects.iter().enumerate() {
            if object.object_type.level() == Level::Object {
                let place = (&entry.item.source.site, &object.parent, &object.name);
                backed_up.entry(place).or_insert((entry, index));
            }
            if entry.item.is_in_place(object) {
                restored.insert(entry.item.touched_by(object));
            }
        }
    }
    for entry in entries.iter().filter(|entry| entry.item.on_existing == OnExisting::Fail) {
        for (index, object) in entry.item.objects.iter().enumerate() {
            let touched = entry.item.touched_by(object);
            let Some(name) = &touched.object else { continue };
            let known = backed_up.get(&(&touched.site, &touched.database, name));
            // Two restores that write the same thing are reported as such.
            let Some((other, at)) = known.filter(|_| !entry.item.is_in_place(object) && !restored.contains(&touched))
            else {
                continue;
            };
            let own = index.to_string();
            let steps = ["objects", &own, "rename_to"];
            let message = format!("`{touched}` is most likely there, since it was backed up, and would be replaced");
            let found = entry.draft(rule::REPLACES_KNOWN, &steps, message).warning();
            let place = other.span(&["objects", &at.to_string()]);
            let found = found.hint("choose a free name, or write `on_existing: replace` if that is meant");
            entry.report(found.related_elsewhere(place, "it is restored from its backup here"), findings);
        }
    }
}
