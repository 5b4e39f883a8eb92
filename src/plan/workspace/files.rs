//! The files of a workspace: each is read once, whoever asks for it.

use std::collections::HashSet;
use std::path::Path;
use std::rc::Rc;

use super::{Bound, Composed, Workspace};
use crate::diagnostic::{Draft, FileId, Sources, Span};
use crate::plan::document::{Document, Restores};
use crate::plan::environment::{self, laid_over};
use crate::plan::findings::{Findings, draft};
use crate::plan::include::{self, MOST_FILES};
use crate::plan::restores::Listed;
use crate::plan::{allow, rule, typed_environment};
impl Workspace<'_> {
    /// A plan file, from memory where it was read before; otherwise only if it is below a folder, where one is given.
    pub(super) fn document(&mut self, path: &str, below: Option<&Path>) -> Rc<Document> {
        if let Some(known) = self.documents.get(path) {
            return Rc::clone(known);
        }
        let document = match (self.read)(path, below) {
            Ok(bytes) => Document::read(path, bytes, &self.limits, &mut self.sources),
            Err(why) => {
                let mut findings = Findings::new();
                findings.add(unreadable(path, &why, &mut self.sources));
                Document::unreadable(path, findings)
            }
        };
        let document = Rc::new(document);
        self.documents.insert(path.to_owned(), Rc::clone(&document));
        document
    }

    pub(super) fn read_as_one(&mut self, file: FileId) {
        let path = self.sources.path(file).to_owned();
        let document = Document::as_one(&path, file, &self.limits, &mut self.sources);
        self.documents.insert(path, Rc::new(document));
    }

    /// An environment by its path, from memory where it was read before.
    pub(in crate::plan) fn bound(&mut self, path: &str) -> Rc<Bound> {
        if let Some(known) = self.environments.get(path) {
            return Rc::clone(known);
        }
        let mut findings = Findings::new();
        let mut allows = Vec::new();
        let bytes = (self.read)(path, None);
        let (mut layers, mut typed) = (None, None);
        match bytes {
            Ok(bytes) => {
                let mut files = Vec::new();
                let Self { read, limits, sources, .. } = self;
                layers = environment::load_chain(path, bytes, &mut **read, limits, sources, &mut files, &mut findings);
                for file in files {
                    let (more, wrong) = allow::read(file, &self.sources);
                    allows.extend(more);
                    wrong.into_iter().for_each(|found| findings.add(found));
                }
                let name = environment::name_of(path);
                typed = layers
                    .as_ref()
                    .and_then(|layers| typed_environment::environment(name, layers, &self.sources, &mut findings))
                    .filter(|_| !findings.has_errors());
            }
            Err(why) => findings.add(unreadable(path, &why, &mut self.sources)),
        }
        let bound = Rc::new(Bound { layers, typed, findings, allows });
        self.environments.insert(path.to_owned(), Rc::clone(&bound));
        bound
    }

    /// Reads a plan with all that it includes, and lays it over that.
    pub(super) fn compose(&mut self, plan: &str, findings: &mut Findings) -> Option<Composed> {
        let root_folder = include::root_of(plan);
        let mut gathered = Gathered { order: Vec::new(), open: Vec::new(), seen: HashSet::new() };
        self.gather(plan, &root_folder, None, &mut gathered, findings);
        let documents = gathered.order;
        for document in &documents {
            findings.take(document.findings.clone());
            if document.path != plan {
                document.as_included.iter().for_each(|found| findings.add(found.clone()));
            }
        }
        documents.last()?.root.as_ref()?;
        let roots = documents.iter().filter_map(|document| document.root.clone());
        let root = roots.reduce(laid_over)?;
        Some(Composed { root, documents })
    }

    fn gather(
        &mut self,
        path: &str,
        root_folder: &Path,
        from: Option<&include::Include>,
        gathered: &mut Gathered,
        findings: &mut Findings,
    ) {
        // What the plan itself names wrongly is reported where it is read.
        let refuse = |message: String, hint: Option<&str>, findings: &mut Findings| {
            if let Some(from) = from {
                let found = draft(rule::INCLUDE, from.span, &from.pointer, message);
                findings.add(found.maybe_hint(hint.map(str::to_owned)));
            }
        };
        if gathered.open.iter().any(|open| open == path) {
            let circle = gathered.open.iter().map(String::as_str).chain([path]).collect::<Vec<_>>().join(" → ");
            return refuse(format!("these files include each other in a circle: {circle}"), None, findings);
        }
        if gathered.seen.len() >= MOST_FILES {
            return refuse(format!("a plan can be made of {MOST_FILES} files at most"), None, findings);
        }
        if !gathered.seen.insert(path.to_owned()) {
            return;
        }
        let document = self.document(path, from.map(|_| root_folder));
        if let (None, Some(from), Some(why)) = (&document.root, from, document.findings.first())
            && why.rule == rule::UNREADABLE
        {
            let hint = "a path is seen from the folder of the file that it stands in";
            return refuse(format!("`{}` can't be included: {}", from.path, why.message), Some(hint), findings);
        }
        gathered.open.push(path.to_owned());
        let includes =
            document.root.as_ref().map(|root| include::entries(root, path, root_folder, findings)).unwrap_or_default();
        for one in &includes {
            self.gather(&one.path, root_folder, Some(one), gathered, findings);
        }
        gathered.open.pop();
        gathered.order.push(document);
    }
}

/// Files that make a plan, while they are gathered.
struct Gathered {
    order: Vec<Rc<Document>>,
    /// Those that wait for what they include.
    open: Vec<String>,
    seen: HashSet<String>,
}

impl Document {
    pub(super) fn listed(&self) -> Listed<'_> {
        match &self.restores {
            Restores::Nodes(nodes) => Listed::Nodes(nodes),
            Restores::Pieces(file, pieces) => Listed::Pieces(*file, pieces),
        }
    }
}

/// A file that can't be read at all.
pub(in crate::plan) fn unreadable(path: &str, why: &str, sources: &mut Sources) -> Draft {
    let file = sources.add(path, String::new());
    draft(rule::UNREADABLE, Span { file, start: 0, end: 0 }, "", why)
}
