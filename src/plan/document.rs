//! One plan file, read once and used for every environment that the plan is resolved for.

use crate::diagnostic::{Draft, FileId, Sources, Span};

use super::allow::{self, Allow};
use super::findings::Findings;
use super::load::{Privacy, take_in, whole};
use super::node::{Node, Yaml};
use super::parse::{Window, parse};
use super::pieces::{Piece, Pieces, cut_large};
use super::{LoaderLimits, include};

/// A plan, or a file that plans include.
pub(super) struct Document {
    pub(super) path: String,
    /// Everything but the restores. None: the file can't be read, and that is among the findings.
    pub(super) root: Option<Node>,
    pub(super) restores: Restores,
    /// The key `restores`.
    pub(super) restores_key: Option<Span>,
    pub(super) findings: Findings,
    /// What is wrong with it where it is included.
    pub(super) as_included: Vec<Draft>,
    pub(super) allows: Vec<Allow>,
}

/// The restores of a file.
pub(super) enum Restores {
    Nodes(Vec<Node>),
    Pieces(FileId, Vec<Piece>),
}

impl Document {
    /// Takes a plan's text in and reads it, in pieces where it is large.
    pub(super) fn read(path: &str, bytes: Vec<u8>, limits: &LoaderLimits, sources: &mut Sources) -> Self {
        let mut findings = Findings::new();
        let file = take_in(path, bytes, Privacy::Open, limits, sources, &mut findings);
        let Some(file) = file else { return Self::unreadable(path, findings) };
        let pieces = cut_large(sources.text(file), limits.piece_from_bytes);
        if let Some(pieces) = pieces
            && let Some(document) = Self::in_pieces(path, file, pieces, limits, sources)
        {
            return document;
        }
        Self::as_one(path, file, limits, sources)
    }

    /// A file that isn't there.
    pub(super) fn unreadable(path: &str, findings: Findings) -> Self {
        Self {
            path: path.to_owned(),
            root: None,
            restores: Restores::Nodes(Vec::new()),
            restores_key: None,
            findings,
            as_included: Vec::new(),
            allows: Vec::new(),
        }
    }

    /// Reads a text that was taken in as one.
    pub(super) fn as_one(path: &str, file: FileId, limits: &LoaderLimits, sources: &mut Sources) -> Self {
        let mut findings = Findings::new();
        let root = whole(file, Privacy::Open, limits, sources, &mut findings);
        Self::new(path, file, root, None, findings, sources)
    }

    /// Reads everything around the restores. None: the cut was in the wrong place.
    fn in_pieces(path: &str, file: FileId, pieces: Pieces, limits: &LoaderLimits, sources: &Sources) -> Option<Self> {
        let text = sources.text(file);
        let Pieces { list, key, pieces } = pieces;
        let around = [text.get(..list.start)?, text.get(list.end..)?].concat();
        let window = Window { text: &around, base: 0, gap: (list.start, list.len()), first: None };
        let mut findings = Findings::new();
        let root = parse(file, window, limits, &mut findings).root.ok()?;
        let fits = root.entry("restores").is_some_and(|e| e.key_span.start == key && e.value.value == Yaml::Null);
        fits.then(|| Self::new(path, file, Some(root), Some((list.start..list.end, pieces)), findings, sources))
    }

    fn new(
        path: &str,
        file: FileId,
        mut root: Option<Node>,
        pieces: Option<(std::ops::Range<usize>, Vec<Piece>)>,
        mut findings: Findings,
        sources: &Sources,
    ) -> Self {
        let restores_key = root.as_ref().and_then(|root| root.entry("restores")).map(|entry| entry.key_span);
        let list = root.as_mut().and_then(|root| root.at_mut(["restores"]));
        let restores = match (list, pieces) {
            (Some(list), Some((bytes, pieces))) => {
                *list = Node::new(Span { file, start: bytes.start, end: bytes.end }, Yaml::List(Vec::new()));
                Restores::Pieces(file, pieces)
            }
            (Some(Node { value: Yaml::List(nodes), .. }), None) => Restores::Nodes(std::mem::take(nodes)),
            _ => Restores::Nodes(Vec::new()),
        };
        let (allows, wrong) = allow::read(file, sources);
        let as_included = root.as_ref().map(include::check).unwrap_or_default();
        wrong.into_iter().for_each(|found| findings.add(found));
        Self { path: path.to_owned(), root, restores, restores_key, findings, as_included, allows }
    }
}
