//! One processor's work: from the text or the trees of some restores to items.

use super::{NotAlone, Restore, Setting, Unit, too_many_restores};

use crate::model::Item;
use crate::plan::environment::lay_under;
use crate::plan::expand::{Author, Expanded, FromElement, Room, TooMany, expand};
use crate::plan::findings::Findings;
use crate::plan::inputs::Inputs;
use crate::plan::node::{Entry, Node, Yaml};
use crate::plan::parse::simple;
use crate::plan::parse::{Parsed, Window, parse};
use crate::plan::places::Places;
use crate::plan::pointer::Pointer;
use crate::plan::template::Templates;
use crate::plan::template::scope::Scope;
use crate::plan::{LoaderLimits, schema, typed_item};

/// What became of a unit.
pub(super) struct UnitRead {
    pub(super) restores: Vec<Restore>,
    pub(super) items: Vec<Option<Item>>,
    pub(super) findings: Findings,
    /// How many values a piece had; nothing for what was read, and counted, before.
    pub(super) nodes: usize,
}

/// What one processor reads with.
pub(super) struct Reader<'a> {
    setting: Setting<'a>,
    pub(super) templates: Templates<'a>,
    scope: Scope,
    /// The size of what every restore takes from the plan.
    inherited: (usize, usize),
}

impl<'a> Reader<'a> {
    pub(super) fn new(setting: Setting<'a>) -> Self {
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

    pub(super) fn unit(&mut self, unit: &Unit<'_>) -> Result<UnitRead, NotAlone> {
        let mut findings = Findings::new();
        self.scope.guess_again();
        match unit {
            Unit::Nodes { nodes, first } => Ok(self.nodes(nodes.iter().cloned(), *first, findings)),
            Unit::Piece { file, piece, first } => {
                let text = self.setting.sources.text(*file).get(piece.bytes.clone()).unwrap_or("");
                let window = Window { text, base: piece.bytes.start, gap: (usize::MAX, 0), first: Some(piece.first) };
                // The list stands one level deeper in the whole document.
                let limits =
                    LoaderLimits { depth: self.setting.limits.depth.saturating_sub(1), ..*self.setting.limits };
                let (root, nodes) = match simple::read(*file, text, piece.bytes.start, &limits) {
                    Some(read) => read,
                    // The parser would read nearly the whole text, and perhaps all of it once more.
                    None if piece.is_all => return Err(NotAlone(*file)),
                    None => {
                        let Parsed { root, nodes, .. } = parse(*file, window, &limits, &mut findings);
                        (root.map_err(|_| NotAlone(*file))?, nodes)
                    }
                };
                match root.value {
                    Yaml::List(list) if list.len() == piece.count => {
                        Ok(UnitRead { nodes, ..self.nodes(list.into_iter(), *first, findings) })
                    }
                    _ => Err(NotAlone(*file)),
                }
            }
        }
    }

    fn nodes(&mut self, nodes: impl Iterator<Item = Node>, first: Author, mut findings: Findings) -> UnitRead {
        let many = nodes.size_hint().0;
        let (mut restores, mut items) = (Vec::with_capacity(many), Vec::with_capacity(many));
        let Setting { budget, defaults, .. } = self.setting;
        let laid_under = defaults.map_or((0, 0), Node::size);
        for (offset, mut node) in nodes.enumerate() {
            if !budget.pay(laid_under) {
                break;
            }
            let author = Author { number: first.number + offset, index: first.index + offset };
            if let Some(defaults) = defaults
                && matches!(node.value, Yaml::Map(_))
            {
                lay_under(&mut node, defaults, &mut vec!["restores"]);
            }
            let span = node.get("for_each").map_or(node.span, |list| list.span);
            let most = self.setting.limits.restores.saturating_sub(restores.len());
            let room = Room { written: &self.setting.inputs.nodes, most, budget };
            match expand(author, node, room, &mut self.templates, &mut self.scope, &mut findings) {
                Ok(expanded) => {
                    for restore in expanded.into_iter().take_while(|_| budget.pay(self.inherited)) {
                        let (restore, item) = self.one(restore, &mut findings);
                        restores.push(restore);
                        items.push(item);
                    }
                }
                Err(TooMany) => {
                    findings.add(too_many_restores(span, &author.pointer(), self.setting.limits));
                    break;
                }
            }
        }
        UnitRead { restores, items, findings, nodes: 0 }
    }

    fn one(&self, restore: Expanded, findings: &mut Findings) -> (Restore, Option<Item>) {
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
        let restore = Restore {
            places: Places::of(&node),
            author,
            name,
            after: after.iter().filter_map(|name| Some((name.as_str()?.to_owned(), name.span))).collect(),
            short_name,
            element,
            probe,
        };
        (restore, item)
    }
}

/// Lays a restore's own part over the plan's, key by key.
fn inherit(restore: &mut Node, key: &str, plan: Option<&Node>) {
    let (Some(plan), Yaml::Map(entries)) = (plan, &mut restore.value) else { return };
    match entries.iter_mut().find(|entry| entry.key == key) {
        Some(own) if plan.is_broken() => own.value = plan.clone(),
        Some(own) => lay_under(&mut own.value, plan, &mut vec!["restores"]),
        None => entries.push(Entry { key: key.to_owned(), key_span: plan.span, value: plan.clone() }),
    }
}
