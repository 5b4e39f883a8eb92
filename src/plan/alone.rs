//! An environment without a plan, for what talks to a site before there is one.

use serde_json::{Map, Value};

use super::findings::Findings;
use super::node::Node;
use super::{LoaderLimits, ReadFile, SourceFile, environment, typed, typed_environment};
use crate::diagnostic::{Diagnostics, Sources};
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

/// Resolves an environment with its bases.
pub fn resolve_environment(file: &SourceFile, limits: LoaderLimits, read: &mut ReadFile<'_>) -> EnvironmentResolution {
    let mut sources = Sources::default();
    let mut findings = Findings::new();
    let layers = environment::load_chain(file, read, &limits, &mut sources, &mut findings);
    let part = |key: &str| layers.as_ref().and_then(|layers| layers.get(key));
    let name = environment::name_of(&file.path);
    let typed =
        layers.as_ref().and_then(|layers| typed_environment::environment(name, layers, &sources, &mut findings));
    let given = typed::limits(part("limits"), &mut findings);
    let inputs = match part("inputs").map(Node::to_json) {
        Some(Value::Object(inputs)) => inputs,
        _ => Map::new(),
    };
    EnvironmentResolution {
        environment: typed.filter(|_| !findings.has_errors()),
        limits: given.unwrap_or_default(),
        inputs,
        diagnostics: findings.finish(sources, limits.diagnostics),
    }
}
