//! What a case expects.

use crate::model::suggest::did_you_mean;
use crate::model::{Action, DataLoss, ExecutionId, JobName};
use crate::plan::findings::{Findings, draft};
use crate::plan::node::Yaml;
use crate::plan::place::{Place, Placed};
use crate::plan::rule;

use super::{Expect, ExpectedDecision, Others};

/// Reads what a case expects, and reports what can't be expected together.
pub(super) fn expect(place: &Place<'_>, findings: &mut Findings) -> Expect {
    let restores = place.child("restores");
    let errors = place.child("errors");
    if let (Some(errors), Some((key, contradicts))) = (&errors, decisions(place)) {
        let message = format!("`errors` and `{key}` exclude each other: a plan with errors gives no decisions");
        let found = draft(rule::CONTRADICTION, contradicts.node.span, contradicts.at.as_str(), message);
        findings.add(found.related(errors.node.span, "errors are expected here").hint("make two cases of it"));
    }
    let others = place.child("others").and_then(|others| {
        let value = match others.node.as_str()? {
            "none" => Others::None,
            word => Others::All(action(word)?),
        };
        Some(others.here(value))
    });
    Expect {
        restores: restores
            .iter()
            .flat_map(Place::entries)
            .map(|(entry, at)| (at.placed(entry.key.clone(), entry.key_span), decision(&at)))
            .collect(),
        others,
        errors: errors.map(|errors| errors.here(rules(&errors, findings))),
        warnings: place.child("warnings").map(|warnings| warnings.here(rules(&warnings, findings))),
    }
}

/// The first key that expects decisions.
fn decisions<'a>(place: &Place<'a>) -> Option<(&'static str, Place<'a>)> {
    ["restores", "others"].into_iter().find_map(|key| Some((key, place.child(key)?)))
}

/// The ids of rules, each of which there must be.
fn rules(place: &Place<'_>, findings: &mut Findings) -> Vec<Placed<String>> {
    let ids: Vec<Placed<String>> = place.items().filter_map(|item| item.placed_text()).collect();
    for id in &ids {
        if !rule::RULES.iter().any(|rule| rule.id == id.value) {
            let message = format!("there is no rule `{}`", id.value);
            let hint = did_you_mean(&id.value, rule::RULES.iter().map(|rule| rule.id));
            let hint = hint.unwrap_or_else(|| "`restorectl explain` lists every rule".to_owned());
            findings.add(draft(rule::EXPECTED_RULE, id.span, &id.pointer, message).hint(hint));
        }
    }
    ids
}

fn decision(place: &Place<'_>) -> ExpectedDecision {
    let action_of = |place: &Place<'_>| Some(place.here(action(place.node.as_str()?)?));
    if place.node.as_str().is_some() {
        return ExpectedDecision { action: action_of(place), ..ExpectedDecision::default() };
    }
    let words = |key: &str| place.child(key).map(|words| words_of(&words)).unwrap_or_default();
    let data_loss = |place: Place<'_>| {
        let class = match place.node.as_str()? {
            "none" => DataLoss::None,
            "replaces" => DataLoss::Replaces,
            "drops" => DataLoss::Drops,
            _ => return None,
        };
        Some(place.here(class))
    };
    ExpectedDecision {
        action: place.child("action").and_then(|place| action_of(&place)),
        reason: words("reason"),
        refused: words("refused"),
        data_loss: place.child("data_loss").and_then(data_loss),
        loses: words("loses"),
        notes: words("notes"),
        execution: place.child("execution").and_then(|at| Some(at.here(ExecutionId::new(at.id()?)))),
        job_name: place.child("job_name").and_then(|at| Some(at.here(JobName::new(at.node.as_str()?)))),
        attempt: place.child("attempt").and_then(|at| Some(at.here(u32::try_from(at.number()?).ok()?))),
    }
}

/// One part of a sentence, or several.
fn words_of(place: &Place<'_>) -> Vec<Placed<String>> {
    match &place.node.value {
        Yaml::List(_) => place.items().filter_map(|item| item.placed_text()).collect(),
        _ => place.placed_text().into_iter().collect(),
    }
}

fn action(word: &str) -> Option<Action> {
    use Action::{Adopt, Blocked, Changed, Create, Retry, Satisfied};
    [Create, Retry, Changed, Adopt, Satisfied, Blocked].into_iter().find(|action| action.word() == word)
}
