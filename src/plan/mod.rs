//! Text to plan, and every problem on the way.
//!
//! Pure: no files, no environment, no clock. What must be read is handed in; what is found comes back
//! as a value. The stages, in their order:
//!
//! `parse` reads bytes into values that know their places · `environment` lays an environment over its
//! bases · `inputs` gives every declared input its value · `template` renders single scalars · `expand`
//! carries out `for_each` · `schema` validates what came of it · `typed` turns it into the model ·
//! `rules` look at what reads well and is still wrong.
//!
//! No stage stops at the first problem, and none stops another: what can't be had is marked as broken
//! where it stands, reported once, and passed over by everybody after that.

mod environment;
mod expand;
mod findings;
mod inputs;
mod limits;
mod node;
mod parse;
mod pointer;
mod render;
mod rule;
mod rules;
mod scalar;
mod schema;
mod schema_message;
mod schema_sample;
mod suggest;
mod template;
mod template_check;
mod typed;
mod typed_environment;
mod typed_item;
mod typed_object;
mod yaml_text;

#[cfg(test)]
mod tests;

pub use limits::LoaderLimits;
pub use rule::RULES;
pub use schema::{ENVIRONMENT_SCHEMA, PLAN_SCHEMA};
pub use yaml_text::render_yaml;

use crate::diagnostic::{Diagnostics, Sources};
use crate::model;

use expand::Expanded;
use findings::Findings;
use node::{Node, Yaml};
use parse::{Privacy, load};
use pointer::Pointer;
use rules::{Entry, Names};
use template::{Scope, Templates};

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as the user gave it.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What to resolve.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The plan.
    pub plan: &'a SourceFile,
    /// The environment, where there is one.
    pub environment: Option<&'a SourceFile>,
    /// `--input NAME=VALUE`, in their order; of several for one name the last counts.
    pub inputs: &'a [(String, String)],
    /// How much is taken.
    pub limits: LoaderLimits,
}

/// Reads the file that an environment extends: a path next to the extending file. The error is a
/// short reason, like `no such file`.
pub type ReadFile<'a> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'a;

/// What came of it.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// The plan; none where anything is wrong with it or with the environment.
    pub plan: Option<model::Plan>,
    /// The environment; none where none was given or something is wrong with it.
    pub environment: Option<model::Environment>,
    /// The resolved plan in the plan language; there when the plan is.
    pub rendered: Option<serde_json::Value>,
    /// Everything that was found, in the plan and in the environment.
    pub diagnostics: Diagnostics,
}

/// Resolves a plan for an environment.
pub fn resolve(request: Request<'_>, read: &mut ReadFile<'_>) -> Resolution {
    let limits = request.limits;
    let mut sources = Sources::default();
    let mut findings = Findings::new();
    let root = load(&request.plan.path, &request.plan.bytes, Privacy::Open, &limits, &mut sources, &mut findings);
    let before_environment = findings.errors();
    let (layers, environment) = match request.environment {
        Some(file) => {
            let layers = environment::load_chain(file, read, &limits, &mut sources, &mut findings);
            let name = environment::name_of(&file.path);
            let typed = layers
                .as_ref()
                .and_then(|layers| typed_environment::environment(name, layers, &sources, &mut findings))
                .filter(|_| findings.errors() == before_environment);
            (layers, typed)
        }
        None => (None, None),
    };
    let plan = root.and_then(|root| {
        let inputs = layers.as_ref().and_then(|layers| layers.get("inputs"));
        let inputs = inputs::resolve(&root, inputs, request.inputs, &limits, &mut sources, &mut findings);
        let over = layers.as_ref().and_then(|layers| layers.get("limits"));
        plan(root, inputs, over, &limits, &sources, &mut findings)
    });
    let plan = plan.filter(|_| !findings.has_errors());
    let rendered = plan.as_ref().map(render::document);
    Resolution { plan, environment, rendered, diagnostics: findings.finish(sources, limits.diagnostics) }
}

/// From the parsed plan to the model.
fn plan(
    root: Node,
    inputs: inputs::Inputs,
    limits_over: Option<&Node>,
    loader: &LoaderLimits,
    sources: &Sources,
    findings: &mut Findings,
) -> Option<model::Plan> {
    let mut templates = Templates::new(loader);
    let mut scope = Scope::new(inputs.values.clone(), inputs.broken.clone());
    let (mut root, mut restores) = render(root, &mut templates, &mut scope, loader, findings);
    validate(&mut root, &mut restores, findings);
    rules::unused_inputs(&inputs, &templates, findings);
    rules::nothing_selected(&root, &restores, findings);

    let limits_node = match (root.get("limits"), limits_over) {
        (Some(own), Some(over)) => Some(environment::merge(own.clone(), over.clone(), &mut vec!["limits".to_owned()])),
        (own, over) => own.or(over).cloned(),
    };
    let limits = typed::limits(limits_node.as_ref(), findings);
    let name = typed::name(&root, findings);
    let objectives = typed::objectives(root.get("objectives"), findings);
    let defaults = typed_item::Defaults {
        source: root.get("source"),
        target: root.get("target"),
        deadline_ms: limits.as_ref().map_or(model::Limits::default().deadline_ms, |limits| limits.deadline_ms),
    };
    let mut names = Names::collect(&restores, loader, findings);
    let mut entries = Vec::with_capacity(restores.len());
    for restore in restores.iter().filter(|restore| !restore.probe) {
        let after = names.after(restore, findings);
        if let Some(item) = typed_item::item(restore, after, &defaults, sources, findings) {
            entries.push(Entry { item, restore });
        }
    }
    rules::check(&entries, limits.as_ref(), findings);

    let text = |key: &str| root.get(key).and_then(Node::as_str).map(str::to_owned);
    Some(model::Plan {
        name: name?,
        purpose: model::Purpose {
            description: text("description"),
            owner: text("owner"),
            contact: text("contact"),
            criticality: text("criticality"),
            ticket: text("ticket"),
            objectives: objectives?,
        },
        limits: limits?,
        items: entries.into_iter().map(|entry| entry.item).collect(),
    })
}

/// Renders everything but the declarations of inputs, and carries out `for_each`. Gives the plan
/// without its restores, and the restores.
fn render(
    root: Node,
    templates: &mut Templates<'_>,
    scope: &mut Scope,
    limits: &LoaderLimits,
    findings: &mut Findings,
) -> (Node, Vec<Expanded>) {
    let Yaml::Map(entries) = root.value else { return (root, Vec::new()) };
    let mut restores = Vec::new();
    let mut rendered = Vec::with_capacity(entries.len());
    for mut entry in entries {
        let pointer = Pointer::default().join(&entry.key);
        match (entry.key.as_str(), &entry.value.value) {
            ("inputs" | "version", _) => {}
            ("restores", Yaml::List(items)) => {
                restores = expand::expand(items, templates, scope, limits, findings);
                entry.value.value = Yaml::List(Vec::new());
            }
            _ => entry.value = templates.tree(&entry.value, &pointer, scope, None, findings),
        }
        rendered.push(entry);
    }
    (Node::new(root.span, Yaml::Map(rendered)), restores)
}

/// Validates the plan with its restores in place, and takes them out again.
fn validate(root: &mut Node, restores: &mut [Expanded], findings: &mut Findings) {
    let place = |root: &mut Node, nodes: Vec<Node>| {
        if let Some(list) = root.at_mut(["restores"])
            && matches!(list.value, Yaml::List(_))
        {
            list.value = Yaml::List(nodes);
        }
    };
    let taken = restores.iter_mut().map(|restore| {
        let span = restore.node.span;
        std::mem::replace(&mut restore.node, Node::broken(span))
    });
    place(root, taken.collect());
    let author = |at: &Pointer| {
        let mut steps = at.steps().into_iter();
        let restore = match (steps.next().as_deref(), steps.next()) {
            (Some("restores"), Some(index)) => index.parse::<usize>().ok().and_then(|index| restores.get(index)),
            _ => None,
        };
        let Some(restore) = restore else { return (at.clone(), None) };
        let mut own = restore.pointer();
        steps.for_each(|step| own.push(&step));
        (own, restore.element())
    };
    schema::validate(&schema::PLAN, root, &author, findings);
    let mut nodes =
        match root.at_mut(["restores"]).map(|list| std::mem::replace(&mut list.value, Yaml::List(Vec::new()))) {
            Some(Yaml::List(nodes)) => nodes,
            _ => Vec::new(),
        }
        .into_iter();
    for restore in restores {
        if let Some(node) = nodes.next() {
            restore.node = node;
        }
    }
}
