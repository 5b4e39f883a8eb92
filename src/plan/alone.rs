//! An environment without a plan, for what talks to a site before there is one.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::node::Node;
use super::{LoaderLimits, ReadFile, SourceFile, Workspace, allow, typed};
use crate::diagnostic::Diagnostics;
use crate::model::{Environment, Limits};

/// What an environment says by itself.
#[derive(Debug, Clone)]
pub struct EnvironmentResolution {
    /// The environment; none where anything is wrong with it.
    pub environment: Option<Environment>,
    /// The limits, where nothing is said those that hold by default.
    pub limits: Limits,
    /// The values that it gives to the inputs of plans.
    pub inputs: Map<String, Value>,
    /// Everything that was found.
    pub diagnostics: Diagnostics,
}

impl Workspace<'_> {
    /// Resolves an environment by its path, without a plan.
    pub fn environment(&mut self, path: &str) -> EnvironmentResolution {
        let bound = self.bound(path);
        let part = |key: &str| bound.layers.as_ref().and_then(|layers| layers.get(key));
        let mut findings = bound.findings.clone();
        let limits = typed::limits(part("limits"), &self.sources, &mut findings);
        let inputs = match part("inputs").map(Node::to_json) {
            Some(Value::Object(inputs)) => inputs,
            _ => Map::new(),
        };
        let environment = bound.typed.clone().filter(|_| !findings.has_errors());
        let (errors, warnings) = findings.dropped();
        let mut drafts = findings.into_drafts();
        let allowed = allow::apply(&bound.allows, &mut drafts, &self.sources);
        let diagnostics = Diagnostics::new(self.sources.clone(), drafts, self.limits.diagnostics).and_allowed(allowed);
        EnvironmentResolution {
            environment,
            limits: limits.unwrap_or_default(),
            inputs,
            diagnostics: diagnostics.and_more(errors, warnings),
        }
    }
}

/// Resolves one environment without a plan; [`Workspace::environment`] resolves many.
pub fn resolve_environment(file: &SourceFile, limits: LoaderLimits, read: &mut ReadFile<'_>) -> EnvironmentResolution {
    let mut given = |path: &str, below: Option<&Path>| {
        if path == file.path { Ok(file.bytes.clone()) } else { read(path, below) }
    };
    // No template is rendered in an environment, so no moment is asked for.
    Workspace::new(limits, Timestamp::UNIX_EPOCH, &mut given).environment(&file.path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Millis;

    fn resolved(text: &str) -> EnvironmentResolution {
        let file = SourceFile { path: "environments/prod.yaml".to_owned(), bytes: text.as_bytes().to_vec() };
        let base = b"version: 1\nlimits: {poll_interval: 9s, retries: 2}\ninputs: {site: A, other: 1}\n";
        resolve_environment(&file, LoaderLimits::default(), &mut |path, _| {
            assert_eq!(path, "environments/_base.yaml");
            Ok(base.to_vec())
        })
    }

    #[test]
    fn says_what_it_and_its_base_say() {
        let found = resolved("version: 1\nextends: _base\nlimits: {poll_interval: 3s}\ninputs: {site: B}\n");
        assert!(found.diagnostics.is_empty());
        assert_eq!(found.environment.map(|environment| environment.name), Some("prod".to_owned()));
        assert_eq!((found.limits.poll_interval_ms, found.limits.retries), (Millis(3000), 2));
        assert_eq!(Value::Object(found.inputs), serde_json::json!({"site": "B", "other": 1}));
    }

    #[test]
    fn what_is_wrong_with_it_is_found_and_it_is_not_used() {
        let found = resolved("version: 1\nlimits: {poll_interval: soon}\napi: {url: x}\n");
        assert!(found.environment.is_none());
        assert_eq!(found.diagnostics.errors(), 2);
        let unreadable = resolved("a: b: c\n");
        assert!(
            unreadable.environment.is_none() && unreadable.diagnostics.has_errors() && unreadable.inputs.is_empty()
        );
    }
}
