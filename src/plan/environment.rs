//! Environments: a file and its bases, laid over each other key by key.

use std::path::Path;

use crate::diagnostic::{FileId, Sources, Span};

use super::findings::{Findings, draft};
use super::load::{Privacy, load};
use super::node::{Entry, Node, Yaml};
use super::pointer::Pointer;
use super::typed_webhook::secret_addresses;
use super::{LoaderLimits, ReadFile, rule, schema};

/// How many bases may stand behind one another.
const LONGEST_CHAIN: usize = 16;

/// Reads an environment with its bases. Gives what could be read, also when there were errors, and in `files` the
/// files that it was read from.
pub(super) fn load_chain(
    path: &str,
    bytes: Vec<u8>,
    read: &mut ReadFile<'_>,
    limits: &LoaderLimits,
    sources: &mut Sources,
    files: &mut Vec<FileId>,
    findings: &mut Findings,
) -> Option<Node> {
    let mut layers: Vec<Node> = Vec::new();
    let mut names = vec![name_of(path)];
    let mut next = Some((path.to_owned(), bytes));
    while let Some((path, bytes)) = next.take() {
        let Some(root) = one(&path, bytes, limits, sources, findings) else { break };
        files.push(root.span.file);
        if let Some((base, span)) = root.get("extends").and_then(|node| Some((node.as_str()?.to_owned(), node.span))) {
            let wrong = |message: String| draft(rule::EXTENDS, span, "/extends", message);
            if names.contains(&base) {
                names.push(base);
                let circle = names.join(" → ");
                findings.add(wrong(format!("environments extend each other in a circle: {circle}")));
            } else if names.len() > LONGEST_CHAIN {
                findings.add(wrong(format!("more than {LONGEST_CHAIN} environments extend one another")));
            } else {
                let sibling = sibling(&path, &format!("{base}.yaml"));
                match read(&sibling, None) {
                    Ok(bytes) => next = Some((sibling, bytes)),
                    Err(why) => {
                        let missing = wrong(format!("the base environment `{sibling}` can't be read: {why}"));
                        findings.add(missing.hint("`extends` names a file in the same folder, without `.yaml`"));
                    }
                }
                names.push(base);
            }
        }
        layers.push(root);
    }
    layers.into_iter().rev().reduce(laid_over)
}

/// The name of an environment: its file's name without the ending.
pub fn name_of(path: &str) -> String {
    Path::new(path).file_stem().map_or_else(|| path.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// A path next to another, or the path itself where it starts at the root.
pub(super) fn sibling(path: &str, relative: &str) -> String {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    folder.join(relative).to_string_lossy().into_owned()
}

/// Reads and validates one file.
fn one(
    path: &str,
    bytes: Vec<u8>,
    limits: &LoaderLimits,
    sources: &mut Sources,
    findings: &mut Findings,
) -> Option<Node> {
    let mut root = load(path, bytes, Privacy::Guarded, limits, sources, findings)?;
    let secret = schema::validate(&schema::ENVIRONMENT, &mut root, &|at| (at.clone(), None), findings);
    secret.into_iter().for_each(|span: Span| sources.mask(span));
    for (span, found) in secret_addresses(&mut root) {
        sources.mask(span);
        findings.add(found);
    }
    refuse_templates(&mut root, &Pointer::default(), findings);
    Some(root)
}

/// Whoever writes a template here expects it to be rendered; sending it as it is would be worse than an error.
fn refuse_templates(node: &mut Node, pointer: &Pointer, findings: &mut Findings) {
    match &mut node.value {
        Yaml::String(text) if text.contains("{{") => {
            let message = "no templates are rendered in an environment";
            let found = draft(rule::TEMPLATE_IN_ENVIRONMENT, node.span, pointer.as_str(), message);
            findings.add(found.hint("write the value itself; plans can combine it with other inputs"));
            node.value = Yaml::Broken;
        }
        Yaml::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                refuse_templates(item, &pointer.join(&index.to_string()), findings);
            }
        }
        Yaml::Map(entries) => {
            for Entry { key, value, .. } in entries {
                refuse_templates(value, &pointer.join(key), findings);
            }
        }
        _ => {}
    }
}

/// The second value, with the first one under it.
pub(super) fn laid_over(base: Node, mut over: Node) -> Node {
    lay_under(&mut over, &base, &mut Vec::new());
    over
}

/// Lays one value under another: maps key by key, everything else as a whole. `path` leads to both.
pub(super) fn lay_under<'a>(over: &mut Node, base: &'a Node, path: &mut Vec<&'a str>) {
    let (Yaml::Map(entries), Yaml::Map(below)) = (&mut over.value, &base.value) else { return };
    if is_whole(path) {
        return;
    }
    for entry in below {
        match entries.iter_mut().find(|own| own.key == entry.key) {
            Some(own) => {
                path.push(&entry.key);
                lay_under(&mut own.value, &entry.value, path);
                path.pop();
            }
            None => entries.push(entry.clone()),
        }
    }
}

/// Values that only make sense as a whole: an input, a reference to a secret, a body, the choice of an execution.
fn is_whole(path: &[&str]) -> bool {
    matches!(
        path,
        ["inputs", _]
            | ["api", "headers", _]
            | ["api", "bearer" | "query_service"]
            | ["api", "restore_credentials", "password"]
            | ["api", "permission_query", "body"]
            // What belongs to one receiver never goes to another.
            | ["webhooks", _]
            | ["restores", "execution"]
    )
}
