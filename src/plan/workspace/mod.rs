//! All stages in their order, for as many plans and environments as there are. Each file is read once.

mod as_written;
mod files;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use jiff::Timestamp;
use serde_json::Value;

use crate::diagnostic::{Diagnostics, Draft, Sources, Span};
use crate::model;
use crate::plan::allow::{self, Allow};
use crate::plan::around::around;
use crate::plan::budget::Budget;
use crate::plan::document::Document;
use crate::plan::environment::laid_over;
use crate::plan::findings::{Findings, draft};
use crate::plan::inputs::{self, Inputs};
use crate::plan::node::{Node, Yaml};
use crate::plan::origin::{self, Made, Origin};
use crate::plan::restores::{Inherited, Listed, NotAlone, Read, Setting};
use crate::plan::rules::{self, Entry, Frame, Names};
use crate::plan::template::{Templates, Used};
use crate::plan::{LoaderLimits, ReadFile, Resolution, render, restores, rule, schema, typed};

pub(in crate::plan) use files::unreadable;

/// Plans and environments that are resolved together.
pub struct Workspace<'a> {
    pub(in crate::plan) limits: LoaderLimits,
    now: Timestamp,
    with_origins: bool,
    /// What names are compared with.
    snapshot: Option<model::Snapshot>,
    read: &'a mut ReadFile<'a>,
    pub(in crate::plan) sources: Sources,
    documents: HashMap<String, Rc<Document>>,
    environments: HashMap<String, Rc<Bound>>,
    /// The names of the plans that were resolved: the file of each, and where it says so.
    named: HashMap<model::Slug, (String, Span)>,
}

/// An environment, read once.
pub(in crate::plan) struct Bound {
    /// With its bases under it.
    pub(in crate::plan) layers: Option<Node>,
    pub(in crate::plan) typed: Option<model::Environment>,
    pub(in crate::plan) findings: Findings,
    pub(in crate::plan) allows: Vec<Allow>,
}

/// A plan with what it includes.
struct Composed {
    /// Laid over each other, without the restores.
    root: Node,
    /// In the order of their restores.
    documents: Vec<Rc<Document>>,
}

/// Where everything in a composed plan comes to.
struct Typed {
    /// Its name, and where that stands.
    name: Option<(model::Slug, Span)>,
    plan: Option<model::Plan>,
    names: BTreeMap<String, Vec<model::Slug>>,
    origins: Vec<Origin>,
    inputs: Inputs,
    /// The names that each templated scalar uses.
    templated: BTreeMap<Span, BTreeSet<String>>,
    inherited: Inherited,
}

impl<'a> Workspace<'a> {
    /// A workspace without files. `now` is what templates take for the moment.
    pub fn new(limits: LoaderLimits, now: Timestamp, read: &'a mut ReadFile<'a>) -> Self {
        let (sources, documents, environments, named) = Default::default();
        Self { limits, now, with_origins: false, snapshot: None, read, sources, documents, environments, named }
    }

    /// From now on, resolutions tell where every value comes from.
    pub fn keep_origins(&mut self) {
        self.with_origins = true;
    }

    /// From now on, names are compared with what a recorded snapshot shows.
    pub fn check_against(&mut self, snapshot: Option<model::Snapshot>) {
        self.snapshot = snapshot;
    }

    /// Resolves a plan for an environment, both by their paths.
    pub fn resolve(&mut self, plan: &str, environment: Option<&str>, inputs: &[(String, String)]) -> Resolution {
        loop {
            match self.attempt(plan, environment, inputs) {
                Ok(resolution) => return resolution,
                // It is read as one from now on, so this ends.
                Err(NotAlone(file)) => self.read_as_one(file),
            }
        }
    }

    fn attempt(
        &mut self,
        plan: &str,
        environment: Option<&str>,
        given: &[(String, String)],
    ) -> Result<Resolution, NotAlone> {
        let mut findings = Findings::new();
        let composed = self.compose(plan, &mut findings);
        let other = composed.as_ref().and_then(|composed| other_kind(&composed.root));
        if let Some(span) = other {
            let message = "this reads like an environment, not like a plan";
            let found = draft(rule::MISSING_KEY, span, "", message);
            findings.add(found.hint("name it with `--env`, and a plan before it"));
        }
        let composed = composed.filter(|_| other.is_none());
        let bound = environment.map(|path| self.bound(path));
        let layers = bound.as_ref().and_then(|bound| bound.layers.as_ref());
        bound.iter().for_each(|bound| findings.take(bound.findings.clone()));
        let documents = composed.as_ref().map(|composed| composed.documents.clone()).unwrap_or_default();
        let mut typed = match composed {
            Some(composed) => {
                let unread = bound.as_ref().filter(|bound| bound.layers.is_none());
                let unread = unread.map(|_| Node::broken(composed.root.span));
                let own = unread.as_ref().or_else(|| layers?.get("inputs"));
                let Self { limits, sources, .. } = self;
                let mut inputs = inputs::resolve(&composed.root, own, given, limits, sources, &mut findings);
                inputs.values.insert("now".to_owned(), Value::String(self.now.to_string()));
                let over = layers.and_then(|layers| layers.get("limits"));
                Some(self.typed(composed, inputs, over, &mut findings)?)
            }
            None => None,
        };
        if let Some((name, span)) = typed.as_mut().and_then(|typed| typed.name.take()) {
            self.named_once(name, span, plan, &mut findings);
        }
        let failed = findings.has_errors();
        let dropped = findings.dropped();
        let mut drafts = findings.into_drafts();
        if let Some(typed) = &typed {
            drafts.iter_mut().for_each(|found| typed.complete(found, &self.sources));
        }
        let origins = typed.as_mut().map(|typed| std::mem::take(&mut typed.origins)).unwrap_or_default();
        let allows = documents.iter().flat_map(|document| &document.allows);
        let allows: Vec<Allow> = allows.chain(bound.iter().flat_map(|bound| &bound.allows)).cloned().collect();
        let allowed = allow::apply(&allows, &mut drafts, &self.sources);
        let inputs = typed.iter().flat_map(|typed| &typed.inputs.declared).map(|(name, _)| name.clone()).collect();
        let plan = typed.and_then(|typed| Some((typed.plan?, typed.names))).filter(|_| !failed);
        let (plan, names) = plan.unzip();
        Ok(Resolution {
            plan,
            names: names.unwrap_or_default(),
            inputs,
            environment: bound.and_then(|bound| bound.typed.clone()),
            diagnostics: Diagnostics::new(self.sources.clone(), drafts, self.limits.diagnostics)
                .and_allowed(allowed)
                .and_more(dropped.0, dropped.1),
            origins,
        })
    }

    /// Reports a plan that has the name of another file's.
    fn named_once(&mut self, name: model::Slug, span: Span, plan: &str, findings: &mut Findings) {
        let message = format!("another plan is named `{name}` too, so their restores couldn't be told apart");
        let (first, place) = self.named.entry(name).or_insert_with(|| (plan.to_owned(), span));
        if first != plan {
            let found = draft(rule::PLAN_NAME_TWICE, span, "/name", message).related(*place, "the first is here");
            findings.add(found.hint("rename one of them, and not one that has run"));
        }
    }

    /// From a composed plan to the model.
    fn typed(
        &self,
        composed: Composed,
        inputs: Inputs,
        limits_over: Option<&Node>,
        findings: &mut Findings,
    ) -> Result<Typed, NotAlone> {
        let Self { limits: loader, sources, .. } = self;
        let Composed { root, documents } = composed;
        let mut used = Used::default();
        let budget = Budget::new(loader);
        let templates = Templates::new(loader, sources, &budget);
        let (mut root, defaults) = around(root, &inputs, templates, &mut used, findings);
        schema::validate(&schema::PLAN, &mut root, &|at| (at.clone(), None), findings);
        let limits_node = match (root.get("limits"), limits_over) {
            (Some(own), Some(over)) => Some(laid_over(own.clone(), over.clone())),
            (own, over) => own.or(over).cloned(),
        };
        let limits = typed::limits(limits_node.as_ref(), sources, findings);
        let name = typed::name(&root, sources, findings);
        let objectives = typed::objectives(root.get("objectives"), sources, findings);
        let setting = Setting {
            limits: loader,
            budget: &budget,
            sources,
            inputs: &inputs,
            defaults: defaults.as_ref(),
            source: root.get("source"),
            target: root.get("target"),
            deadline_ms: limits.as_ref().map_or(model::Limits::default().deadline_ms, |limits| limits.deadline_ms),
        };
        let lists: Vec<Listed<'_>> = documents.iter().map(|document| document.listed()).collect();
        let Read { restores, mut items, findings: more, used: by_restores } = restores::read(&lists, setting)?;
        findings.take(more);
        used.add(by_restores);
        let key = documents.iter().rev().find_map(|document| document.restores_key);
        if budget.is_spent() {
            findings.add(budget.finding(key.unwrap_or(root.span)));
        }
        // Nobody looks for templates in what should be a list of restores and isn't.
        if root.get("restores").is_some_and(|list| !matches!(list.value, Yaml::List(_))) {
            used.lose();
        }
        rules::unused_inputs(root.span.file, &inputs, &used, findings);
        rules::hidden_inputs(&inputs, &used, findings);
        rules::nothing_selected(key, &restores, findings);

        let mut names = Names::collect(&restores, loader, findings);
        for (restore, item) in restores.iter().zip(&mut items).filter(|(restore, _)| !restore.probe) {
            let after = names.after(restore, findings);
            if let Some(item) = item {
                item.after = after;
            }
        }
        let frame = Frame {
            root: &root,
            limits_node: limits_node.as_ref(),
            limits: limits.as_ref(),
            objectives: objectives.as_ref(),
            restores: &restores,
            sources,
        };
        let read = restores.iter().zip(&items);
        let entries: Vec<Entry<'_>> =
            read.filter_map(|(restore, item)| Some(Entry { item: item.as_ref()?, restore, frame: &frame })).collect();
        rules::check(&entries, &frame, findings);
        if let Some(snapshot) = &self.snapshot {
            rules::check_catalogue(&entries, snapshot, findings);
        }

        let text = |key: &str| root.get(key).and_then(Node::as_str).map(str::to_owned);
        let purpose = objectives.map(|objectives| model::Purpose {
            description: text("description"),
            owner: text("owner"),
            contact: text("contact"),
            criticality: text("criticality"),
            ticket: text("ticket"),
            objectives,
        });
        let read = restores.iter().zip(&items).filter(|(_, item)| item.is_some()).map(|(restore, _)| restore).collect();
        // Nothing is missing any more, and then it happens in place: the items of a large plan would stand in memory twice.
        items.retain(Option::is_some);
        let items: Vec<model::Item> = items.into_iter().map_while(|item| item).collect();
        let place = root.get("name").map_or(root.span, |name| name.span);
        let named = name.clone().map(|name| (name, place));
        let plan = match (name, purpose, limits.clone()) {
            (Some(name), Some(purpose), Some(limits)) => Some(model::Plan { name, purpose, limits, items }),
            _ => None,
        };
        let inherited = Inherited::of(defaults.as_ref(), root.get("source"), root.get("target"));
        let templated = used.into_places();
        let origins = match &plan {
            Some(plan) if self.with_origins => {
                let (root, limits) = (&root, limits_node.as_ref());
                let made = Made { sources, root, limits, restores: read, inputs: &inputs, templated: &templated };
                origin::origins(&render::document(plan), &made)
            }
            _ => Vec::new(),
        };
        Ok(Typed { name: named, plan, names: names.stand_for(), origins, inputs, templated, inherited })
    }
}

impl Typed {
    /// Completes a finding with what only the whole tells: the pointer of an inherited value, and where the inputs
    /// have their values that made a text what it is, and what the source shows and the value doesn't.
    fn complete(&self, found: &mut Draft, sources: &Sources) {
        self.inherited.place(found);
        let Some(span) = found.span else { return };
        let rest = sources.text(span.file).get(span.start..).unwrap_or("");
        let text = rest.get(..span.end.saturating_sub(span.start)).unwrap_or("");
        if let Some(better) = as_written::hint(found, text, rest) {
            found.hint = Some(better.to_owned());
        }
        let until = Span { start: span.start, end: usize::MAX, ..span };
        let Some((around, names)) = self.templated.range(..=until).next_back() else { return };
        if around.file != span.file || around.end < span.end {
            return;
        }
        for (name, node) in names.iter().filter_map(|name| Some((name, self.inputs.nodes.get(name)?))) {
            let told = found.related.iter().any(|(other, _)| {
                other.file == node.span.file && node.span.start <= other.start && other.end <= node.span.end
            });
            let inside = node.span.file == span.file && node.span.start <= span.start && span.end <= node.span.end;
            if !inside && !told {
                found.related.push((node.span, format!("`{name}` has its value here")));
            }
        }
    }
}

/// What shows that a document is an environment: a key of those, where no plan's is.
fn other_kind(root: &Node) -> Option<Span> {
    let of_plan = |key: &&str| root.entry(key).is_some();
    if ["name", "restores", "source", "target", "include"].iter().any(of_plan) {
        return None;
    }
    ["api", "guard", "webhooks", "extends"].iter().find_map(|key| root.entry(key)).map(|entry| entry.key_span)
}
