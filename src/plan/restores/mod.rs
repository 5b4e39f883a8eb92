//! Restores, from what the author wrote to items: rendered, validated and typed one by one, by as many
//! processors as there are. What comes of it doesn't depend on how many there were.

mod gathered;
mod inherited;
mod reader;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::diagnostic::{FileId, Sources, Span};
use crate::model::{Item, Millis};

use super::budget::Budget;
use super::expand::{Author, FromElement};
use super::findings::{Element, Findings, draft};
use super::inputs::Inputs;
use super::node::Node;
use super::pieces::Piece;
use super::places::Places;
use super::pointer::Pointer;
use super::template::Used;
use super::{LoaderLimits, rule};
use gathered::Gathered;
use reader::{Reader, UnitRead};

pub(super) use inherited::Inherited;

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

/// What stays of a restore beside its item.
pub(super) struct Restore {
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
    /// What each of them is. None: something is wrong with it, and was reported, or it is a probe.
    pub(super) items: Vec<Option<Item>>,
    pub(super) findings: Findings,
    pub(super) used: Used,
}

impl Listed<'_> {
    /// How many restores there are before `for_each`.
    fn len(&self) -> usize {
        match self {
            Self::Nodes(nodes) => nodes.len(),
            Self::Pieces(_, pieces) => pieces.iter().map(|piece| piece.count).sum(),
        }
    }
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
    let many = lists.iter().map(Listed::len).sum();
    let gathered = Mutex::new(Gathered::new(many));
    let work = || {
        let mut reader = Reader::new(setting);
        while let Some((number, unit)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, units.get(n)?)))
        {
            let read = reader.unit(unit);
            gathered.lock().unwrap_or_else(PoisonError::into_inner).take(number, read);
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
        return Ok(Read { restores: Vec::new(), items: Vec::new(), findings: Findings::new(), used });
    }
    let gathered = gathered.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, not_alone)) = gathered.refused {
        return Err(not_alone);
    }
    let UnitRead { mut restores, mut items, mut findings, nodes } = gathered.all;
    bounded(&mut restores, nodes, setting.limits, &mut findings);
    items.truncate(restores.len());
    Ok(Read { restores, items, findings, used })
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
        findings.add(
            draft(rule::LIMIT, span, "/restores", message).hint(LoaderLimits::raise("split the plan, or ", "nodes")),
        );
        // As where a document is read as one: nothing else is said of it.
        restores.clear();
    }
}

fn too_many_restores(span: Span, pointer: &Pointer, limits: &LoaderLimits) -> crate::diagnostic::Draft {
    let message = format!("the plan gives more than {} restores", limits.restores);
    draft(rule::LIMIT, span, pointer.as_str(), message).hint(LoaderLimits::raise("split the plan, or ", "restores"))
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
