//! From a validated document to cases. The schema has been through here: what it found wrong was reported, so a part
//! that can't be read is left out without a word, and the whole is not used.

use std::collections::HashMap;

use crate::diagnostic::Span;
use crate::model::{PastFate, RestoreRecord, RestoreStatus};
use crate::plan::findings::{Findings, draft};
use crate::plan::node::{Entry, Yaml};
use crate::plan::place::{Place, Placed};
use crate::plan::rule;
use crate::plan::snapshot::snapshot;

use super::expect::expect;
use super::{Case, Earlier, SnapshotSource, TestFile};

/// Reads the cases, each with what the file says for all of them.
pub(super) fn test_file(root: &Place<'_>, findings: &mut Findings) -> TestFile {
    let environment = root.child("environment").and_then(|place| place.placed_text());
    let snapshot = root.child("snapshot").and_then(|place| snapshot_source(&place, findings));
    let mut cases: Vec<Case> = Vec::new();
    let mut names: HashMap<String, Span> = HashMap::new();
    for place in root.child("cases").iter().flat_map(Place::items) {
        let Some(mut case) = case(&place, findings) else { continue };
        if let Some(first) = names.insert(case.name.value.clone(), case.name.span) {
            let message = format!("two cases are named `{}`", case.name.value);
            let found = draft(rule::CASE_TWICE, case.name.span, &case.name.pointer, message);
            findings.add(found.related(first, "the first is here").hint("rename one of them"));
        }
        case.environment = case.environment.or_else(|| environment.clone());
        case.snapshot = case.snapshot.or_else(|| snapshot.clone());
        cases.push(case);
    }
    TestFile { cases }
}

fn case(place: &Place<'_>, findings: &mut Findings) -> Option<Case> {
    let earlier = place.child("earlier");
    let earlier = earlier.iter().flat_map(Place::entries);
    let earlier = earlier.map(|(entry, at)| (at.placed(entry.key.clone(), entry.key_span), attempts(&at, findings)));
    let earlier = earlier.collect();
    let inputs = place.child("inputs");
    let inputs = inputs.iter().flat_map(Place::entries);
    let expected = place.child("expect").map(|expected| expect(&expected, findings));
    Some(Case {
        environment: place.child("environment").and_then(|place| place.placed_text()),
        inputs: inputs.map(|(entry, at)| at.placed((entry.key.clone(), as_input(entry)), entry.key_span)).collect(),
        snapshot: place.child("snapshot").and_then(|place| snapshot_source(&place, findings)),
        now: place.moment("now", findings),
        again: place.flag("again").unwrap_or(false),
        earlier,
        name: place.child("name")?.placed_text()?,
        expect: expected?,
    })
}

/// A value as `--input` takes it: text as it is, anything else in a form that is read as the same value.
fn as_input(entry: &Entry) -> String {
    match entry.value.as_str() {
        Some(text) => text.to_owned(),
        None => entry.value.to_json().to_string(),
    }
}

fn snapshot_source(place: &Place<'_>, findings: &mut Findings) -> Option<Placed<SnapshotSource>> {
    let source = match place.node.as_str() {
        Some(path) => SnapshotSource::File(path.to_owned()),
        None => SnapshotSource::Here(Box::new(snapshot(place, findings)?)),
    };
    Some(place.here(source))
}

/// One attempt, or several in their order.
fn attempts(place: &Place<'_>, findings: &mut Findings) -> Vec<Earlier> {
    let list: Vec<Place<'_>> = match &place.node.value {
        Yaml::List(_) => place.items().collect(),
        _ => vec![place.clone()],
    };
    (1u32..).zip(&list).filter_map(|(number, place)| attempt(place, number, findings)).collect()
}

fn attempt(place: &Place<'_>, number: u32, findings: &mut Findings) -> Option<Earlier> {
    let status = place.node.as_str().map(str::to_owned).or_else(|| place.text("status"));
    let fate = match place.text("journal").as_deref() {
        None => None,
        Some("open") => Some(PastFate::Open),
        Some("accepted") => Some(PastFate::Accepted),
        Some("odd") => Some(PastFate::Odd),
        Some("gone") => Some(PastFate::Gone),
        Some("failed") => Some(PastFate::Failed),
        Some("succeeded") => Some(PastFate::Succeeded),
        Some(_) => return None,
    };
    if status.is_none() && fate.is_none() && !place.node.holds_broken() {
        let message = "this attempt is neither at the site nor in the journal";
        let found = draft(rule::CASE_EARLIER, place.node.span, place.at.as_str(), message);
        findings.add(found.hint("add `status:` for what the site shows of it, or `journal:` for what we know of it"));
    }
    let sent = place.moment("sent", findings);
    let count = |key| place.child(key)?.number().and_then(|number| u32::try_from(number).ok());
    let shown = status.map(|status| RestoreRecord {
        execution_id: place.child("id").and_then(|id| id.id()),
        status: RestoreStatus(status),
        status_details: place.text("status_details"),
        start_time: place.moment("start_time", findings),
        end_time: place.moment("end_time", findings),
        ..RestoreRecord::default()
    });
    Some(Earlier {
        shown,
        journal: fate.map(|fate| (fate, sent)),
        same_definition: place.text("definition").is_none_or(|definition| definition == "this"),
        generation: count("generation").unwrap_or(1),
        attempt: count("attempt").unwrap_or(number),
    })
}
