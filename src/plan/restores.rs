//! Restores, from what the author wrote to items: rendered, validated and typed one by one, by as many
//! processors as there are. What comes of it doesn't depend on how many there were.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::diagnostic::{FileId, Sources, Span};
use crate::model::{Item, Millis};

use super::budget::Budget;
use super::environment::merge;
use super::expand::{Author, Expanded, FromElement, Room, TooMany, expand};
use super::findings::{Element, Findings, draft};
use super::inputs::Inputs;
use super::node::{Node, Yaml};
use super::parse::{Parsed, Window, parse};
use super::pieces::Piece;
use super::places::Places;
use super::pointer::Pointer;
use super::template::{Templates, Used};
use super::template_scope::Scope;
use super::{LoaderLimits, rule, schema, typed_item};

/// How many restores one processor takes at a time.
const AT_A_TIME: usize = 512;

/// What every restore of a plan is read with.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) limits: &'a LoaderLimits,
    /// What templates and copies may cost.
    pub(super) budget: &'a Budget,
    pub(super) sources: &'a Sources,
    pub(super) inputs: &'a Inputs,
    /// The plan's `defaults`, as they are written.
    pub(super) defaults: Option<&'a Node>,
    /// The plan's `source`.
    pub(super) source: Option<&'a Node>,
    /// The plan's `target`.
    pub(super) target: Option<&'a Node>,
    pub(super) deadline_ms: Millis,
}

/// The restores of one file.
pub(super) enum Listed<'a> {
    /// Read already.
    Nodes(&'a [Node]),
    /// Still text.
    Pieces(FileId, &'a [Piece]),
}

/// One restore, read.
pub(super) struct Restore {
    /// None: something is wrong with it, and was reported.
    pub(super) item: Option<Item>,
    pub(super) places: Places,
    pub(super) author: Author,
    /// Its final name, as far as it is text.
    pub(super) name: Option<String>,
    /// The name that its author gave it, where that is another one.
    short_name: Option<String>,
    /// The names in `after`, with their places.
    pub(super) after: Vec<(String, Span)>,
    pub(super) element: Option<FromElement>,
    /// It stands for a list that gives no restore.
    pub(super) probe: bool,
}

impl Restore {
    /// The name that its author gave it, without the element.
    pub(super) fn author_name(&self) -> Option<&str> {
        self.short_name.as_deref().or(self.name.as_deref())
    }

    pub(super) fn element(&self) -> Option<Element<'_>> {
        self.element.as_ref().map(FromElement::told)
    }
}

/// All restores, with what was found on the way.
pub(super) struct Read {
    pub(super) restores: Vec<Restore>,
    pub(super) findings: Findings,
    pub(super) used: Used,
}

/// A piece can't be read alone: its file must be read as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotAlone(pub(super) FileId);

/// Some restores that are read together.
enum Unit<'a> {
    Nodes { nodes: &'a [Node], first: Author },
    Piece { file: FileId, piece: &'a Piece, first: Author },
}

/// Reads all restores of all files.
///
/// # Errors
/// When a file that was cut can't be read in pieces.
pub(super) fn read(lists: &[Listed<'_>], setting: Setting<'_>) -> Result<Read, NotAlone> {
    let units = units(lists);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<UnitRead, NotAlone>)>> = Mutex::new(Vec::new());
    let work = || {
        let mut reader = Reader::new(setting);
        while let Some((number, unit)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, units.get(n)?)))
        {
            let read = reader.unit(unit);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((number, read));
        }
        reader.templates.into_used()
    };
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(units.len());
    let mut used = Used::default();
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..processors).map(|_| scope.spawn(work)).collect();
        used.add(work());
        for other in others {
            match other.join() {
                Ok(more) => used.add(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    if setting.budget.is_spent() {
        used.lose();
        return Ok(Read { restores: Vec::new(), findings: Findings::new(), used });
    }
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    let (mut restores, mut findings, mut nodes) = (Vec::new(), Findings::new(), 0usize);
    for (_, read) in done {
        let read = read?;
        restores.extend(read.restores);
        findings.take(read.findings);
        nodes = nodes.saturating_add(read.nodes);
    }
    bounded(&mut restores, nodes, setting.limits, &mut findings);
    Ok(Read { restores, findings, used })
}

/// Holds the limits over all units.
fn bounded(restores: &mut Vec<Restore>, nodes: usize, limits: &LoaderLimits, findings: &mut Findings) {
    let too_many = restores.get(limits.restores).and_then(|restore| Some((restore, restore.places.whole()?)));
    if let Some((restore, span)) = too_many {
        findings.add(too_many_restores(span, &restore.author.pointer(), limits));
        restores.truncate(limits.restores);
    }
    if nodes > limits.nodes
        && let Some(span) = restores.first().and_then(|restore| restore.places.whole())
    {
        let message = format!("the document holds more than {} values", limits.nodes);
        findings.add(draft(rule::LIMIT, span, "/restores", message).hint("split the plan, or raise the limit"));
    }
}

fn too_many_restores(span: Span, pointer: &Pointer, limits: &LoaderLimits) -> crate::diagnostic::Draft {
    let message = format!("the plan gives more than {} restores", limits.restores);
    draft(rule::LIMIT, span, pointer.as_str(), message).hint("split the plan, or raise the limit")
}

fn units<'a>(lists: &[Listed<'a>]) -> Vec<Unit<'a>> {
    let mut units = Vec::new();
    let mut number = 0;
    for list in lists {
        match list {
            Listed::Nodes(nodes) => {
                for (chunk, nodes) in nodes.chunks(AT_A_TIME).enumerate() {
                    units.push(Unit::Nodes { nodes, first: Author { number, index: chunk * AT_A_TIME } });
                    number += nodes.len();
                }
            }
            Listed::Pieces(file, pieces) => {
                for piece in *pieces {
                    units.push(Unit::Piece { file: *file, piece, first: Author { number, index: piece.first } });
                    number += piece.count;
                }
            }
        }
    }
    units
}

struct UnitRead {
    restores: Vec<Restore>,
    findings: Findings,
    /// How many values a piece had; nothing for what was read, and counted, before.
    nodes: usize,
}

/// What one processor reads with.
struct Reader<'a> {
    setting: Setting<'a>,
    templates: Templates<'a>,
    scope: Scope,
    /// The size of what every restore takes from the plan.
    inherited: (usize, usize),
}

impl<'a> Reader<'a> {
    fn new(setting: Setting<'a>) -> Self {
        let Inputs { values, broken, .. } = setting.inputs;
        let of = |node: Option<&Node>| node.map_or((0, 0), Node::size);
        let (source, target) = (of(setting.source), of(setting.target));
        let inherited = (source.0 + target.0, source.1 + target.1);
        Self {
            setting,
            templates: Templates::new(setting.limits, setting.sources, setting.budget),
            inherited,
            scope: Scope::new(values.clone(), broken.clone()),
        }
    }

    fn unit(&mut self, unit: &Unit<'_>) -> Result<UnitRead, NotAlone> {
        let mut findings = Findings::new();
        self.scope.guess_again();
        match unit {
            Unit::Nodes { nodes, first } => {
                let restores = self.nodes(nodes.iter().cloned(), *first, &mut findings);
                Ok(UnitRead { restores, findings, nodes: 0 })
            }
            Unit::Piece { file, piece, first } => {
                let text = self.setting.sources.text(*file).get(piece.bytes.clone()).unwrap_or("");
                let window = Window { text, base: piece.bytes.start, gap: (usize::MAX, 0), first: Some(piece.first) };
                // The list stands one level deeper in the whole document.
                let limits =
                    LoaderLimits { depth: self.setting.limits.depth.saturating_sub(1), ..*self.setting.limits };
                let Parsed { root, nodes, .. } = parse(*file, window, &limits, &mut findings);
                let root = root.map_err(|_| NotAlone(*file))?;
                match root.value {
                    Yaml::List(list) if list.len() == piece.count => {
                        let restores = self.nodes(list.into_iter(), *first, &mut findings);
                        Ok(UnitRead { restores, findings, nodes })
                    }
                    _ => Err(NotAlone(*file)),
                }
            }
        }
    }

    fn nodes(&mut self, nodes: impl Iterator<Item = Node>, first: Author, findings: &mut Findings) -> Vec<Restore> {
        let mut all: Vec<Restore> = Vec::with_capacity(nodes.size_hint().0);
        let Setting { budget, defaults, .. } = self.setting;
        let laid_under = defaults.map_or((0, 0), Node::size);
        for (offset, mut node) in nodes.enumerate() {
            // What stands in `defaults` is compiled once for all.
            if !budget.pay(laid_under) || !budget.compile(&node) {
                break;
            }
            let author = Author { number: first.number + offset, index: first.index + offset };
            if let Some(defaults) = defaults
                && matches!(node.value, Yaml::Map(_))
            {
                node = merge(defaults.clone(), node, &mut vec!["restores".to_owned()]);
            }
            let span = node.get("for_each").map_or(node.span, |list| list.span);
            let most = self.setting.limits.restores.saturating_sub(all.len());
            let room = Room { written: &self.setting.inputs.nodes, most, budget };
            match expand(author, node, room, &mut self.templates, &mut self.scope, findings) {
                Ok(expanded) => {
                    let paid = expanded.into_iter().take_while(|_| budget.pay(self.inherited));
                    all.extend(paid.map(|restore| self.one(restore, findings)));
                }
                Err(TooMany) => {
                    findings.add(too_many_restores(span, &author.pointer(), self.setting.limits));
                    break;
                }
            }
        }
        all
    }

    fn one(&self, restore: Expanded, findings: &mut Findings) -> Restore {
        let Expanded { mut node, author, author_name, element, probe } = restore;
        let (pointer, told) = (author.pointer(), element.as_ref().map(FromElement::told));
        let place = |at: &Pointer| {
            let mut own = pointer.clone();
            at.steps().iter().for_each(|step| own.push(step));
            (own, told)
        };
        schema::validate(&schema::RESTORE, &mut node, &place, findings);
        inherit(&mut node, "source", self.setting.source);
        inherit(&mut node, "target", self.setting.target);
        let Setting { deadline_ms, sources, .. } = self.setting;
        let item = if probe { None } else { typed_item::item(&node, pointer, told, deadline_ms, sources, findings) };
        let after = node.get("after").map_or(&[][..], Node::items);
        let name = node.get("name").and_then(Node::as_str).map(str::to_owned);
        let short_name = author_name.filter(|own| name.as_ref() != Some(own));
        Restore {
            item,
            places: Places::of(&node),
            author,
            name,
            after: after.iter().filter_map(|name| Some((name.as_str()?.to_owned(), name.span))).collect(),
            short_name,
            element,
            probe,
        }
    }
}

/// Lays a restore's own part over the plan's, key by key.
fn inherit(restore: &mut Node, key: &str, plan: Option<&Node>) {
    let (Some(plan), Yaml::Map(entries)) = (plan, &mut restore.value) else { return };
    match entries.iter_mut().find(|entry| entry.key == key) {
        Some(own) if plan.is_broken() => own.value = plan.clone(),
        Some(own) => {
            let span = own.value.span;
            let value = std::mem::replace(&mut own.value, Node::broken(span));
            own.value = merge(plan.clone(), value, &mut vec!["restores".to_owned()]);
        }
        None => entries.push(super::node::Entry { key: key.to_owned(), key_span: plan.span, value: plan.clone() }),
    }
}

/// Where the values stand that restores take from the plan itself, to tell their places apart from the restores'.
#[derive(Debug, Default)]
pub(super) struct Inherited(HashMap<FileId, Vec<(Span, &'static str)>>);

impl Inherited {
    /// The values of a plan's `defaults`, `source` and `target`.
    pub(super) fn of(defaults: Option<&Node>, source: Option<&Node>, target: Option<&Node>) -> Self {
        let mut all = Self::default();
        for (node, pointer) in [(defaults, "/defaults"), (source, ""), (target, "")] {
            node.into_iter().for_each(|node| all.add(node, pointer));
        }
        all
    }

    /// Adds a value's parts; where files are laid over each other they may stand in several.
    fn add(&mut self, node: &Node, pointer: &'static str) {
        match &node.value {
            Yaml::Map(entries) if !entries.is_empty() => entries.iter().for_each(|entry| {
                self.0.entry(entry.key_span.file).or_default().push((entry.key_span, pointer));
                self.add(&entry.value, pointer);
            }),
            _ => self.0.entry(node.span.file).or_default().push((node.span, pointer)),
        }
    }

    /// Puts right the pointer of something that was found in a restore, and stands in the plan itself.
    pub(super) fn place(&self, draft: &mut crate::diagnostic::Draft) {
        let Some(span) = draft.span else { return };
        let Some(rest) = draft.pointer.strip_prefix("/restores/") else { return };
        let rest = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("");
        let areas = self.0.get(&span.file).into_iter().flatten();
        let inside = |area: &&(Span, &str)| area.0.start <= span.start && span.end <= area.0.end;
        if let Some((_, pointer)) = areas.into_iter().find(inside) {
            draft.pointer = format!("{pointer}{rest}");
        }
    }
}
