//! Templates: Handlebars in single scalars, after the YAML is parsed, so that a value can never change
//! the structure of a plan.
//!
//! Strict: every name must be there. A scalar that is exactly one expression keeps its type. Compiled
//! templates are kept by their text, because `for_each` renders the same text once for every element.

pub(in crate::plan) mod check;
pub(in crate::plan) mod helper;
mod render;
pub(in crate::plan) mod scope;
mod slip;
mod used;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

use handlebars::Handlebars;
use serde_json::Value;

use crate::diagnostic::{Sources, Span};
use crate::plan::budget::{Budget, size};
use crate::plan::findings::{Element, Findings, draft};
use crate::plan::node::{Entry, Node, Yaml};
use crate::plan::pointer::Trail;
use crate::plan::{LoaderLimits, locate, rule};
use check::{Checked, Shape, check, element_at};
use helper::{Metered, VALUE_HELPERS};
use render::{Bounded, evaluate, explain, passes, printable, strict_if, strict_unless};
use scope::Scope;

pub(in crate::plan) use used::Used;

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
                    Err(problems) => {
                        for problem in problems {
                            let part = problem.at.and_then(|at| locate::part(self.sources, node.span, text, &at));
                            let span = part.unwrap_or(node.span);
                            let found = draft(problem.rule, span, trail.pointer().as_str(), problem.message);
                            findings.add_for(element, found.maybe_hint(problem.hint));
                        }
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
    /// The error is all that is wrong with it.
    pub(in crate::plan) fn scalar(&mut self, text: &str, scope: &Scope) -> Result<Option<Value>, Vec<Problem>> {
        let rendered = if self.budget.is_spent() { Ok(None) } else { self.within_budget(text, scope) };
        // What is spent is reported for the whole plan.
        if self.budget.is_spent() { Ok(None) } else { rendered }
    }

    fn within_budget(&mut self, text: &str, scope: &Scope) -> Result<Option<Value>, Vec<Problem>> {
        let alone = |problem| vec![problem];
        let checked = self.compile(text).map_err(alone)?;
        let (mut all_there, mut problems) = (true, Vec::new());
        for reference in &checked.references {
            let mut note = |problem: Problem| {
                problems.push(Problem { at: problem.at.or(reference.at.clone()), ..problem });
            };
            let path = match reference.path.as_slice() {
                [root, ..] if reference.optional => std::slice::from_ref(root),
                whole => whole,
            };
            match scope.find(path) {
                Ok(Some(value)) if reference.printed && checked.shape != Shape::Path => {
                    printable(reference, value).unwrap_or_else(&mut note);
                }
                Ok(Some(_)) => {}
                Ok(None) => all_there = false,
                Err(problem) => {
                    self.used.led_nowhere(path);
                    note(problem);
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        if !all_there || !self.budget.go_through(text, passes(&checked, scope)) {
            return Ok(None);
        }
        let value = match (&checked.shape, checked.references.as_slice()) {
            (Shape::Path, [reference]) => scope.find(&reference.path).map_err(alone)?.cloned().unwrap_or_default(),
            (Shape::Call(call), _) => evaluate(call, scope, self.budget).map_err(alone)?,
            _ => Value::String(self.text(text, scope).map_err(alone)?),
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
