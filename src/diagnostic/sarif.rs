//! For code scanning: SARIF 2.1.0.

use std::collections::HashMap;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::json::written;
use super::path::uri;
use super::{Collation, Finding, Place, Rule, plain};
use crate::model::{harmless, hexadecimal};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Everything that was found, as one run of a tool that knows these rules.
pub fn sarif(collation: &Collation, rules: &[Rule]) -> String {
    let index: HashMap<&str, usize> = rules.iter().enumerate().map(|(index, rule)| (rule.id, index)).collect();
    let mut alike = HashMap::new();
    let mut result = |finding: &Finding, reason: Option<&str>| {
        let times = alike.entry(fingerprint(finding)).or_insert(0usize);
        *times += 1;
        result(finding, &index, *times, reason)
    };
    let mut results: Vec<Value> = collation.findings().iter().map(|finding| result(finding, None)).collect();
    for allowed in collation.allowed() {
        results.push(result(&Finding::alone(allowed.diagnostic.clone()), Some(&allowed.reason)));
    }
    written(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "restorectl",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": {
                "errors": collation.errors(),
                "warnings": collation.warnings(),
                "notListed": collation.not_kept(),
            },
        }],
    }))
}

/// A rule as code scanning wants it: GitHub refuses one without a description and a help text.
fn rule(rule: &Rule) -> Value {
    let help = format!("{} `restorectl explain {}` shows an example.", rule.mend, rule.id);
    json!({
        "id": rule.id,
        "shortDescription": {"text": message(rule.title)},
        "fullDescription": {"text": message(rule.why)},
        "help": {"text": message(&help)},
        "defaultConfiguration": {"level": rule.severity},
    })
}

/// One result; with a reason, it is a warning that is allowed.
fn result(finding: &Finding, rules: &HashMap<&str, usize>, times: usize, reason: Option<&str>) -> Value {
    let suppression =
        |reason: &str| json!([{"kind": "inSource", "status": "accepted", "justification": harmless(reason)}]);
    let diagnostic = &finding.diagnostic;
    let related = diagnostic.related.iter().map(
        |(place, what)| json!({"physicalLocation": physical(place), "message": {"text": message(&harmless(what))}}),
    );
    object([
        ("ruleId", Some(json!(diagnostic.rule))),
        ("ruleIndex", rules.get(diagnostic.rule).map(|index| json!(index))),
        ("level", Some(json!(diagnostic.severity))),
        ("message", Some(json!({"text": message(&plain::message(finding).join("\n"))}))),
        ("locations", diagnostic.place.as_ref().map(|place| json!([location(place, &diagnostic.pointer)]))),
        ("relatedLocations", (!diagnostic.related.is_empty()).then(|| related.collect())),
        ("partialFingerprints", Some(json!({"restorectl/v1": format!("{}:{times}", fingerprint(finding))}))),
        ("suppressions", reason.map(suppression)),
        ("properties", (!finding.only_in.is_empty()).then(|| json!({"environments": finding.only_in}))),
    ])
}

/// An object with those of its fields that are there.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let there = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect())
}

fn location(place: &Place, pointer: &str) -> Value {
    object([
        ("physicalLocation", Some(physical(place))),
        ("logicalLocations", (!pointer.is_empty()).then(|| json!([{"fullyQualifiedName": pointer}]))),
    ])
}

fn physical(place: &Place) -> Value {
    json!({
        "artifactLocation": {"uri": uri(&place.file)},
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    })
}

/// A text as SARIF takes it in a message: braces stand for placeholders unless they are doubled, and a link of somebody
/// else's is none.
fn message(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}").replace("](", "] (")
}

/// Keeps its value when lines move and when a message is reworded.
fn fingerprint(finding: &Finding) -> String {
    let diagnostic = &finding.diagnostic;
    let file = diagnostic.place.as_ref().map(|place| uri(&place.file)).unwrap_or_default();
    let hash = Sha256::digest(format!("{}\0{file}\0{}", diagnostic.rule, diagnostic.pointer));
    hexadecimal(hash.into_iter().take(8))
}
