//! Templates: Handlebars in single scalars, after the YAML is parsed, so that a value can never change
//! the structure of a plan.
//!
//! Strict: every name must be there. A scalar that is exactly one expression keeps its type. Compiled
//! templates are kept by their text, because `for_each` renders the same text once for every element.

pub(in crate::plan) mod check;
pub(in crate::plan) mod helper;
pub(in crate::plan) mod scope;
mod slip;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::ops::Range;
use std::rc::Rc;

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use handlebars::{
    Context, Handlebars, Helper, HelperResult, JsonTruthy as _, Output, Path, RenderContext, RenderErrorReason,
    Renderable as _,
};
use serde_json::Value;

use crate::diagnostic::{Sources, Span};

use crate::plan::budget::{Budget, size};
use crate::plan::findings::{Element, Findings, draft};
use crate::plan::node::{Entry, Node, Yaml};
use crate::plan::pointer::{Pointer, Trail};
use crate::plan::suggest::{listed, nearest};
use crate::plan::{LoaderLimits, locate, rule};
use check::{Checked, Reference, Shape, check, element_at, named};
use helper::{Metered, VALUE_HELPERS};
use scope::Scope;

/// Why a template gives nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct Problem {
    pub(in crate::plan) rule: &'static str,
    pub(in crate::plan) message: String,
    pub(in crate::plan) hint: Option<String>,
    /// Which part of the template it is about, in bytes; none: the whole.
    pub(in crate::plan) at: Option<Range<usize>>,
}

impl Problem {
    pub(in crate::plan) fn new(rule: &'static str, message: impl Into<String>) -> Self {
        Self { rule, message: message.into(), hint: None, at: None }
    }

    pub(in crate::plan) fn at(mut self, at: Range<usize>) -> Self {
        self.at = Some(at);
        self
    }

    pub(in crate::plan) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Renders scalars and whole trees of them.
pub(in crate::plan) struct Templates<'a> {
    registry: Handlebars<'a>,
    compiled: HashMap<String, Result<Rc<Checked>, Problem>>,
    used: Used,
    limits: &'a LoaderLimits,
    sources: &'a Sources,
    budget: &'a Budget,
    /// Bytes of the templates that are kept compiled.
    kept: usize,
}

/// How many bytes of templates are kept compiled; they take far more memory than their texts.
const MOST_KEPT: usize = 1 << 20;

/// What templates used of the names that they can see.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) struct Used {
    names: HashSet<String>,
    /// The names that each templated scalar uses.
    by_place: HashMap<Span, BTreeSet<String>>,
    /// Names that blocks give to what they go through, each with the first scalar in which one does.
    own_names: BTreeMap<String, (Span, Pointer)>,
    /// A template couldn't be read, so what it would use isn't known.
    unreadable: bool,
    /// The steps of paths that led nowhere.
    unknown: BTreeSet<String>,
}

/// How many of those are kept; with more, nobody knows what was meant.
const MOST_UNKNOWN: usize = 100;

impl Used {
    /// Whether any template used this name, as far as can be known: one that isn't there may be meant to be it.
    pub(in crate::plan) fn uses(&self, name: &str) -> bool {
        let meant = |unknown: &String| unknown.eq_ignore_ascii_case(name) || nearest(unknown, [name]).is_some();
        let too_many = self.unknown.len() >= MOST_UNKNOWN;
        self.unreadable || too_many || self.names.contains(name) || self.unknown.iter().any(meant)
    }

    /// The names that blocks give to what they go through, and where one first does.
    pub(in crate::plan) fn own_names(&self) -> impl Iterator<Item = (&str, Span, &Pointer)> {
        self.own_names.iter().map(|(name, (span, pointer))| (name.as_str(), *span, pointer))
    }

    /// The names that each templated scalar uses, in the order of their places.
    pub(in crate::plan) fn into_places(self) -> BTreeMap<Span, BTreeSet<String>> {
        self.by_place.into_iter().collect()
    }

    /// From now on it isn't known what was used.
    pub(in crate::plan) fn lose(&mut self) {
        self.unreadable = true;
    }

    /// Adds what other templates used.
    pub(in crate::plan) fn add(&mut self, other: Self) {
        self.names.extend(other.names);
        self.by_place.extend(other.by_place);
        for (name, place) in other.own_names {
            let first = self.own_names.entry(name).or_insert_with(|| place.clone());
            if place.0 < first.0 {
                *first = place;
            }
        }
        self.unreadable |= other.unreadable;
        self.unknown.extend(other.unknown);
    }
}

impl<'a> Templates<'a> {
    pub(in crate::plan) fn new(limits: &'a LoaderLimits, sources: &'a Sources, budget: &'a Budget) -> Self {
        let mut registry = Handlebars::new();
        registry.register_escape_fn(handlebars::no_escape);
        registry.set_strict_mode(true);
        for name in ["log", "lookup", "raw"] {
            registry.unregister_helper(name);
        }
        registry.register_helper("if", Box::new(strict_if));
        registry.register_helper("unless", Box::new(strict_unless));
        for helper in VALUE_HELPERS {
            registry.register_helper(helper.name, Box::new(Metered { helper: *helper, budget }));
        }
        Self { registry, compiled: HashMap::new(), used: Used::default(), limits, sources, budget, kept: 0 }
    }

    /// What was used so far.
    pub(in crate::plan) fn into_used(self) -> Used {
        self.used
    }

    /// Renders every scalar of a tree where it stands. What can't be rendered is broken then, and a finding.
    pub(in crate::plan) fn tree(
        &mut self,
        node: &mut Node,
        trail: Trail<'_>,
        scope: &Scope,
        element: Option<Element<'_>>,
        findings: &mut Findings,
    ) {
        match &mut node.value {
            Yaml::String(text) if text.contains("{{") => {
                self.note(text, node.span, trail);
                let rendered = self.scalar(text, scope);
                *node = match rendered {
                    Ok(Some(value)) => Node::from_json(&value, node.span),
                    Ok(None) => Node::broken(node.span),
                    Err(problem) => {
                        let part = problem.at.and_then(|at| locate::part(self.sources, node.span, text, &at));
                        let span = part.unwrap_or(node.span);
                        let found = draft(problem.rule, span, trail.pointer().as_str(), problem.message);
                        findings.add_for(element, found.maybe_hint(problem.hint));
                        Node::broken(node.span)
                    }
                };
            }
            Yaml::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.tree(item, Trail::Index(&trail, index), scope, element, findings);
                }
            }
            Yaml::Map(entries) => {
                for Entry { key, value, .. } in entries {
                    self.tree(value, Trail::Key(&trail, key), scope, element, findings);
                }
            }
            _ => {}
        }
    }

    /// Renders one scalar. `Ok(None)`: it can't be rendered, and that was reported elsewhere.
    pub(in crate::plan) fn scalar(&mut self, text: &str, scope: &Scope) -> Result<Option<Value>, Problem> {
        let rendered = if self.budget.is_spent() { Ok(None) } else { self.within_budget(text, scope) };
        // What is spent is reported for the whole plan.
        if self.budget.is_spent() { Ok(None) } else { rendered }
    }

    fn within_budget(&mut self, text: &str, scope: &Scope) -> Result<Option<Value>, Problem> {
        let checked = self.compile(text)?;
        let mut all_there = true;
        for reference in &checked.references {
            let here = |problem: Problem| Problem { at: problem.at.or(reference.at.clone()), ..problem };
            let path = match reference.path.as_slice() {
                [root, ..] if reference.optional => std::slice::from_ref(root),
                whole => whole,
            };
            let found = scope.find(path).inspect_err(|_| {
                if self.used.unknown.len() < MOST_UNKNOWN {
                    self.used.unknown.extend(path.iter().take(2).cloned());
                }
            });
            let Some(value) = found.map_err(here)? else {
                all_there = false;
                continue;
            };
            if reference.printed && checked.shape != Shape::Path {
                printable(reference, value).map_err(here)?;
            }
        }
        if !all_there || !self.budget.go_through(text, passes(&checked, scope)) {
            return Ok(None);
        }
        let value = match (&checked.shape, checked.references.as_slice()) {
            (Shape::Path, [reference]) => scope.find(&reference.path)?.cloned().unwrap_or_default(),
            (Shape::Call(call), _) => evaluate(call, scope, self.budget)?,
            _ => Value::String(self.text(text, scope)?),
        };
        self.budget.pay(size(&value));
        Ok(Some(value))
    }

    /// The path that a scalar consists of, where it is exactly one name.
    pub(in crate::plan) fn path_of(&mut self, node: &Node) -> Option<Vec<String>> {
        let checked = self.compile(node.as_str()?).ok()?;
        match (&checked.shape, checked.references.as_slice()) {
            (Shape::Path, [reference]) => Some(reference.path.clone()),
            _ => None,
        }
    }

    /// Notes which names a templated scalar uses.
    fn note(&mut self, text: &str, span: Span, trail: Trail<'_>) {
        if self.used.by_place.contains_key(&span) {
            return;
        }
        let names: BTreeSet<String> = match self.compile(text) {
            Ok(checked) => {
                for name in &checked.own_names {
                    let first = self.used.own_names.entry(name.clone()).or_insert_with(|| (span, trail.pointer()));
                    if span < first.0 {
                        *first = (span, trail.pointer());
                    }
                }
                checked.references.iter().filter_map(|reference| reference.path.first().cloned()).collect()
            }
            Err(_) => BTreeSet::new(),
        };
        self.used.by_place.insert(span, names);
    }

    fn compile(&mut self, text: &str) -> Result<Rc<Checked>, Problem> {
        if let Some(known) = self.compiled.get(text) {
            return known.clone();
        }
        if !self.budget.compile(text) {
            return Err(Problem::new(rule::LIMIT, "templates come to too much"));
        }
        self.kept += text.len();
        if self.kept > MOST_KEPT {
            self.kept = text.len();
            self.compiled.clear();
            self.registry.clear_templates();
        }
        let result = check(text, self.limits.template_bytes).map(|(template, checked)| {
            self.registry.register_template(text, template);
            Rc::new(checked)
        });
        match &result {
            Ok(checked) => {
                let roots = checked.references.iter().filter_map(|reference| reference.path.first().cloned());
                self.used.names.extend(roots);
            }
            Err(_) => self.used.unreadable = true,
        }
        self.compiled.insert(text.to_owned(), result.clone());
        result
    }

    fn text(&self, template: &str, scope: &Scope) -> Result<String, Problem> {
        let mut out = Bounded { bytes: Vec::new(), left: self.limits.template_output_bytes, full: false };
        let outcome = self.registry.render_with_context_to_write(template, scope.context(), &mut out);
        if out.full {
            self.budget.pay((0, out.bytes.len()));
            let limit = self.limits.template_output_bytes;
            let problem = Problem::new(rule::LIMIT, format!("this template gives more than {limit} bytes"));
            return Err(problem.hint(LoaderLimits::raise("", "template-output-bytes")));
        }
        outcome.map_err(|error| {
            let problem = explain(error.reason(), scope);
            match (error.line_no, error.column_no) {
                (Some(line), Some(column)) => problem.at(element_at(template, line, column)),
                _ => problem,
            }
        })?;
        String::from_utf8(out.bytes)
            .map_err(|_| Problem::new(rule::TEMPLATE_RENDER, "this template gives no UTF-8 text"))
    }
}

/// What a call of a helper gives. Its names were looked for before.
fn evaluate(call: &HelperTemplate, scope: &Scope, budget: &Budget) -> Result<Value, Problem> {
    let Some(helper) = call.name.as_name().and_then(helper::find) else {
        return Err(Problem::new(rule::TEMPLATE, "there is no such helper"));
    };
    let mut values = Vec::with_capacity(call.params.len());
    for parameter in &call.params {
        values.push(match parameter {
            Parameter::Literal(value) => value.clone(),
            Parameter::Subexpression(inner) => match inner.as_element() {
                TemplateElement::Expression(call) => evaluate(call, scope, budget)?,
                _ => Value::Null,
            },
            Parameter::Path(Path::Relative((steps, _))) => {
                // Only `default` may get as far as this with something that is missing.
                scope.find(&named(steps)).ok().flatten().cloned().unwrap_or_default()
            }
            _ => Value::Null,
        });
    }
    let values: Vec<&Value> = values.iter().collect();
    Metered { helper: *helper, budget }.call(&values).map_err(|why| Problem::new(rule::TEMPLATE_RENDER, why))
}

/// How often a template is gone through at most: once, and once more for each element of the longest thing in it.
fn passes(checked: &Checked, scope: &Scope) -> usize {
    let lengths = checked.references.iter().filter_map(|reference| match scope.find(&reference.path) {
        Ok(Some(Value::Array(items))) => Some(items.len()),
        Ok(Some(Value::Object(map))) => Some(map.len()),
        _ => None,
    });
    match checked.shape {
        Shape::Path => 1,
        _ => 1 + lengths.max().unwrap_or(0),
    }
}

/// How many keys of a map are proposed.
const KEYS_SHOWN: usize = 4;

/// A list or a map in the middle of a text would read `[object]`; an empty value would read as nothing.
fn printable(reference: &Reference, value: &Value) -> Result<(), Problem> {
    let path = reference.path.join(".");
    let what = match value {
        Value::Null => "empty",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
        _ => return Ok(()),
    };
    let problem = Problem::new(rule::TEMPLATE_RENDER, format!("`{path}` is {what} and can't be part of a text"));
    Err(match value {
        Value::Array(_) => problem.hint(format!(
            "put it into `for_each` and write `{{{{item}}}}`, or go through it with `{{{{#each {path}}}}}`"
        )),
        Value::Object(map) if !map.is_empty() => {
            let keys = map.keys().take(KEYS_SHOWN).map(|key| format!("{{{{{path}.{key}}}}}"));
            problem.hint(format!(
                "write one of its values, like {}",
                listed(keys.collect::<Vec<_>>().iter().map(String::as_str), "or")
            ))
        }
        _ => problem,
    })
}

fn explain(reason: &RenderErrorReason, scope: &Scope) -> Problem {
    let message = match reason {
        RenderErrorReason::MissingVariable(Some(name)) => {
            let path: Vec<String> = name.split('.').map(str::to_owned).collect();
            match scope.find(&path) {
                Ok(Some(value)) => format!("`{name}` is {}; this needs a list or a map", helper::kind(value)),
                _ => format!("this template uses `{name}`, which isn't there"),
            }
        }
        RenderErrorReason::HelperNotFound(name) => {
            let problem = Problem::new(rule::TEMPLATE_RENDER, format!("there is no helper `{name}`"));
            return problem.hint("a helper is called without brackets, like `{{upper name}}`");
        }
        RenderErrorReason::MissingVariable(None) => "this template uses a name that isn't there".to_owned(),
        RenderErrorReason::ParamNotFoundForIndex(helper, index) => {
            format!("`{helper}` has no usable argument number {}", index + 1)
        }
        RenderErrorReason::ParamNotFoundForName(helper, name) => format!("`{helper}` has no usable argument `{name}`"),
        RenderErrorReason::Other(why) => why.clone(),
        _ => "this template can't be rendered".to_owned(),
    };
    Problem::new(rule::TEMPLATE_RENDER, message)
}

/// Takes so many bytes and no more.
struct Bounded {
    bytes: Vec<u8>,
    left: usize,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if more.len() > self.left {
            self.full = true;
            return Err(io::Error::other("full"));
        }
        self.left -= more.len();
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The library's own `if` takes a missing name for a false one, even when it is strict.
fn strict_if<'reg, 'rc>(
    helper: &Helper<'rc>,
    registry: &'reg Handlebars<'reg>,
    context: &'rc Context,
    state: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    choose(true, helper, registry, context, state, out)
}

/// As [`strict_if`], the other way round.
fn strict_unless<'reg, 'rc>(
    helper: &Helper<'rc>,
    registry: &'reg Handlebars<'reg>,
    context: &'rc Context,
    state: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    choose(false, helper, registry, context, state, out)
}

fn choose<'reg, 'rc>(
    wanted: bool,
    helper: &Helper<'rc>,
    registry: &'reg Handlebars<'reg>,
    context: &'rc Context,
    state: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    let name = if wanted { "if" } else { "unless" };
    let asked = helper.param(0).ok_or(RenderErrorReason::ParamNotFoundForIndex(name, 0))?;
    if asked.is_value_missing() {
        return Err(RenderErrorReason::MissingVariable(asked.relative_path().cloned()).into());
    }
    let branch = if asked.value().is_truthy(false) == wanted { helper.template() } else { helper.inverse() };
    branch.map_or(Ok(()), |template| template.render(registry, context, state, out))
}
