//! Any bytes as a plan, as an environment, and as the value of an input; and beside another YAML reader.

use restorectl::plan::SourceFile;
use serde_json::Value;

use super::check::{file, resolved, rules};

/// An environment whose only free value may be anything, ready for a document to be put in.
const AROUND: &str = "version: 1\napi:\n  url: https://x\n  permission_query:\n    body:\n";
/// A plan that wants one list.
const WITH_INPUT: &str = "version: 1\nname: test\ninputs: {list: {type: list}}\nsource: {site: A, job: 1}\ntarget: {site: B}\nrestores:\n  - {name: a, for_each: '{{list}}', objects: [{table: 'D.{{item}}'}]}\n";

/// Runs one input.
pub fn run(bytes: &[u8]) -> Vec<&'static str> {
    let plan = file("plan.yaml", bytes);
    let mut met = rules(&resolved(&plan, Some(&file("environment.yaml", bytes)), &[]));
    if let Ok(text) = std::str::from_utf8(bytes) {
        let inputs = [("list".to_owned(), text.to_owned())];
        met.extend(rules(&resolved(&file("plan.yaml", WITH_INPUT), None, &inputs)));
        met.extend(beside_the_oracle(text));
    }
    met
}

/// What both we and another YAML reader take, both read alike.
fn beside_the_oracle(text: &str) -> Vec<&'static str> {
    let indented: String = text.lines().map(|line| format!("      {line}\n")).collect();
    let environment = file("environment.yaml", format!("{AROUND}{indented}"));
    let resolution = resolved(&file("plan.yaml", WITH_INPUT), Some(&environment), &[]);
    let ours = resolution.environment.as_ref().and_then(|known| known.api.as_ref());
    if let (Some(api), Some(theirs)) = (ours, oracle(&environment)) {
        assert_eq!(
            api.permission_query.body,
            theirs,
            "read otherwise from\n{}",
            String::from_utf8_lossy(&environment.bytes)
        );
    }
    rules(&resolution)
}

/// The free value as the other reader takes it; none where it is known to follow YAML 1.1.
fn oracle(environment: &SourceFile) -> Option<Value> {
    let text = std::str::from_utf8(&environment.bytes).ok()?;
    let older = ["0b", "-0x", "+0x", "-0o", "+0o", "\u{85}", "\u{2028}", "\u{2029}", "\u{feff}"];
    if older.iter().any(|sign| text.contains(sign)) {
        return None;
    }
    let value: Value = serde_yaml::from_str(text).ok()?;
    value.pointer("/api/permission_query/body").cloned()
}
