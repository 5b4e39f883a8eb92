//! Faults as words on a command line.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::{Call, Effect, Fault};

/// Why a text or document is not a fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FaultError(String);

impl FaultError {
    pub(super) fn new(problem: String) -> Self {
        Self(problem)
    }
}

/// The names of the calls in texts, in JSON and in the log of requests.
const CALLS: [(&str, Call); 14] = [
    ("create", Call::Create),
    ("restore", Call::Restore),
    ("list", Call::List),
    ("status", Call::Status),
    ("execution-restores", Call::ExecutionRestores),
    ("permissions", Call::Permissions),
    ("databases", Call::Databases),
    ("jobs", Call::Jobs),
    ("job", Call::Job),
    ("executions", Call::Executions),
    ("prepare-objects", Call::PrepareObjects),
    ("preparation-status", Call::PreparationStatus),
    ("objects", Call::Objects),
    ("any", Call::Any),
];

const EFFECTS: &str = "fail, partial, warn, status, slow, hang, vanish, delay, late-accept, lose-reply, drop, answer, \
                       garbage, truncate or redirect";

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CALLS.iter().find(|(_, call)| call == self).map_or("", |(name, _)| name))
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    /// Reads `CALL:EFFECT[=VALUE][,name=GLOB][,after=N][,times=N][,retry-after=SECONDS][,body=TEXT]`, or JSON.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let text = text.trim();
        if text.starts_with('{') {
            return serde_json::from_str(text).map_err(|error| FaultError(format!("this is no fault: {error}")));
        }
        let (call, rest) = text.split_once(':').ok_or_else(|| {
            FaultError(format!(
                "`{text}` is no fault: write `CALL:EFFECT`, like `create:lose-reply` or `restore:fail,name=dr_*`"
            ))
        })?;
        let known = CALLS.iter().find(|(name, _)| *name == call.trim());
        let (_, call) = known.ok_or_else(|| {
            let names: Vec<&str> = CALLS.iter().map(|(name, _)| *name).collect();
            FaultError(format!("`{call}` is no call: write one of {}", names.join(", ")))
        })?;
        let mut words = rest.split(',').map(|word| match word.split_once('=') {
            Some((key, value)) => (key.trim(), Some(value.trim())),
            None => (word.trim(), None),
        });
        let (name, value) = words.next().unwrap_or(("", None));
        let mut fault = Self { call: *call, name: None, after: 0, times: None, effect: effect(name, value)? };
        for (key, value) in words {
            let value =
                value.ok_or_else(|| FaultError(format!("`{key}` needs a value: write `{key}=...` (in `{text}`)")))?;
            fault.set(key, value)?;
        }
        fault.checked()
    }
}

impl Fault {
    fn set(&mut self, key: &str, value: &str) -> Result<(), FaultError> {
        match (key, &mut self.effect) {
            ("name", _) => self.name = Some(value.to_owned()),
            ("after", _) => self.after = number(key, value)?,
            ("times", _) => self.times = Some(number(key, value)?),
            ("retry-after", Effect::Answer { retry_after, .. }) => *retry_after = Some(number(key, value)?),
            ("body", Effect::Answer { body, .. }) => *body = Some(Value::String(value.to_owned())),
            _ => {
                return Err(FaultError(format!(
                    "`{key}` says nothing here: write `name`, `after` or `times`, and with `answer` also `retry-after` \
                     or `body`"
                )));
            }
        }
        Ok(())
    }
}

fn effect(name: &str, value: Option<&str>) -> Result<Effect, FaultError> {
    let owned = || value.map(str::to_owned);
    let needed = |what: &str| {
        value
            .filter(|value| !value.is_empty())
            .ok_or_else(|| FaultError(format!("`{name}` needs {what}: write `{name}=...`")))
    };
    let effect = match name {
        "fail" => Effect::Fail { details: owned() },
        "warn" => Effect::Warn { text: owned() },
        "status" => Effect::Status { word: needed("a status word")?.to_owned() },
        "slow" => {
            let factor = needed("a factor")?;
            let wrong = || FaultError(format!("`slow` needs a factor like `2.5`, not `{factor}`"));
            Effect::Slow { factor: factor.parse().map_err(|_| wrong())? }
        }
        "vanish" => Effect::Vanish { ms: millis(name, needed("a time")?)? },
        "delay" => Effect::Delay { ms: millis(name, needed("a time")?)? },
        "late-accept" => Effect::LateAccept { ms: millis(name, needed("a time")?)? },
        "answer" => Effect::Answer { status: number(name, needed("an HTTP status")?)?, body: None, retry_after: None },
        "redirect" => Effect::Redirect { to: needed("a URL")?.to_owned() },
        plain => {
            let effect = match plain {
                "partial" => Effect::Partial {},
                "hang" => Effect::Hang {},
                "lose-reply" => Effect::LoseReply {},
                "drop" => Effect::Drop {},
                "garbage" => Effect::Garbage {},
                "truncate" => Effect::Truncate {},
                other => return Err(FaultError(format!("`{other}` is no effect: write {EFFECTS}"))),
            };
            if value.is_some() {
                return Err(FaultError(format!("`{plain}` takes no value: write `{plain}` alone")));
            }
            effect
        }
    };
    Ok(effect)
}

fn number<T: FromStr>(key: &str, value: &str) -> Result<T, FaultError> {
    value.parse().map_err(|_| FaultError(format!("`{key}` needs a whole number, not `{value}`")))
}

/// A time in milliseconds, or with a unit: `250`, `250ms`, `2s`, `1m`.
fn millis(key: &str, value: &str) -> Result<u64, FaultError> {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let size: Option<u64> = match value.strip_prefix(digits) {
        Some("" | "ms") => Some(1),
        Some("s") => Some(1_000),
        Some("m") => Some(60_000),
        _ => None,
    };
    size.and_then(|size| digits.parse::<u64>().ok()?.checked_mul(size))
        .ok_or_else(|| FaultError(format!("`{key}` needs a time like `250ms`, `2s` or `1m`, not `{value}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Fault {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn reads_texts_and_json_alike() {
        for (text, json) in [
            ("create:lose-reply", r#"{"call": "create", "effect": "lose_reply"}"#),
            ("any:drop,after=2", r#"{"call": "any", "after": 2, "effect": {"drop": {}}}"#),
            ("restore:fail,name=dr-weekly_*", r#"{"call": "create", "name": "dr-weekly_*", "effect": "fail"}"#),
            ("restore:fail=no space", r#"{"call": "restore", "effect": {"fail": {"details": "no space"}}}"#),
            ("restore:slow=2.5,times=1", r#"{"call": "restore", "times": 1, "effect": {"slow": {"factor": 2.5}}}"#),
            ("list:delay=2s", r#"{"call": "list", "effect": {"delay": {"ms": 2000}}}"#),
            (
                "execution-restores:answer=404",
                r#"{"call": "execution-restores", "effect": {"answer": {"status": 404}}}"#,
            ),
            (
                "create:answer=429,times=2,retry-after=1,body=<p>slow down</p>",
                r#"{"call": "create", "times": 2,
                    "effect": {"answer": {"status": 429, "retry_after": 1, "body": "<p>slow down</p>"}}}"#,
            ),
        ] {
            assert_eq!(read(text), read(json), "{text}");
            let written = serde_json::to_string(&read(text)).unwrap();
            assert_eq!(read(&written), read(text), "{written}");
        }
    }

    #[test]
    fn every_effect_has_a_text() {
        for text in ["partial", "warn", "status=ODD", "hang", "vanish=5", "fail"] {
            assert_eq!(read(&format!("restore:{text}")).call, Call::Restore);
        }
        for text in ["late-accept=1m", "garbage", "truncate", "redirect=http://127.0.0.1:1/", "drop", "lose-reply"] {
            assert_eq!(read(&format!("create:{text}")).call, Call::Create);
        }
    }

    #[test]
    fn tells_what_is_wrong() {
        for (text, expected) in [
            ("lose-reply", "write `CALL:EFFECT`"),
            ("creat:drop", "`creat` is no call: write one of create, restore"),
            ("create:explode", "`explode` is no effect"),
            ("create:drop=1", "takes no value"),
            ("create:answer", "needs an HTTP status"),
            ("create:answer=many", "whole number"),
            ("create:answer=99", "from 200 to 599"),
            ("create:delay=2h", "a time like"),
            ("create:delay=99999999999999999999s", "a time like"),
            ("create:drop,times", "`times` needs a value"),
            ("create:drop,retry-after=1", "says nothing here"),
            ("list:hang", "write `restore:` before it"),
            ("restore:drop", "write the call before it"),
            ("list:late-accept=5", "strikes `create` only"),
            ("restore:slow=0", "above 0"),
            ("restore:slow=NaN", "above 0"),
            ("list:redirect=a b", "needs a URL"),
            ("{", "this is no fault"),
            (r#"{"call": "create", "effect": "drop", "tims": 1}"#, "unknown field `tims`"),
        ] {
            let problem = text.parse::<Fault>().unwrap_err().to_string();
            assert!(problem.contains(expected), "{text}: {problem:?} doesn't say {expected:?}");
        }
    }

    #[test]
    fn calls_are_named_as_in_json() {
        for (name, call) in CALLS {
            assert_eq!(serde_json::to_value(call).unwrap(), name);
            assert_eq!(call.to_string(), name);
        }
    }
}
