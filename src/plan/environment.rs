//! Environments: a file and its bases, laid over each other key by key.

use std::path::Path;

use crate::diagnostic::{FileId, Sources, Span};

use super::findings::{Findings, draft};
use super::load::{Privacy, load};
use super::node::{Entry, Node, Yaml};
use super::pointer::Pointer;
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
                match read(&sibling) {
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
    layers.into_iter().rev().reduce(|base, over| merge(base, over, &mut Vec::new()))
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

/// Lays one value over another: maps key by key, everything else as a whole.
pub(super) fn merge(base: Node, over: Node, path: &mut Vec<String>) -> Node {
    match (base.value, over.value) {
        (Yaml::Map(mut base), Yaml::Map(over_entries)) if !is_whole(path) => {
            for Entry { key, key_span, value } in over_entries {
                match base.iter_mut().find(|entry| entry.key == key) {
                    Some(known) => {
                        path.push(key);
                        let old = std::mem::replace(&mut known.value, Node::broken(key_span));
                        known.value = merge(old, value, path);
                        known.key_span = key_span;
                        path.pop();
                    }
                    None => base.push(Entry { key, key_span, value }),
                }
            }
            Node::new(over.span, Yaml::Map(base))
        }
        (_, value) => Node::new(over.span, value),
    }
}

/// Values that only make sense as a whole: an input, a reference to a secret, a body, the choice of an execution.
fn is_whole(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(
        path.as_slice(),
        ["inputs", _]
            | ["api", "headers", _]
            | ["api", "bearer" | "query_service"]
            | ["api", "restore_credentials", "password"]
            | ["api", "permission_query", "body"]
            | ["restores", "execution"]
    )
}
