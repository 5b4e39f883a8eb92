//! Takes files in: bytes to a text that diagnostics can point into, and that to values. What may be secret in a file
//! that can't be understood is masked.

use crate::diagnostic::{FileId, Sources, Span};

use super::LoaderLimits;
use super::findings::{Findings, draft};
use super::node::Node;
use super::parse::{Parsed, Window, parse};
use super::rule;

/// Who may see a file's values in excerpts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Privacy {
    /// Everybody.
    Open,
    /// It may hold secrets where it shouldn't: what can't be told apart is masked.
    Guarded,
}

/// Takes a file in and reads it. None: it can't be read at all, and a finding says why.
pub(super) fn load(
    path: &str,
    bytes: Vec<u8>,
    privacy: Privacy,
    limits: &LoaderLimits,
    sources: &mut Sources,
    findings: &mut Findings,
) -> Option<Node> {
    let file = take_in(path, bytes, privacy, limits, sources, findings)?;
    whole(file, privacy, limits, sources, findings)
}

/// Takes a file in, so that diagnostics can point into it. None: it holds no text that could be read.
pub(super) fn take_in(
    path: &str,
    bytes: Vec<u8>,
    privacy: Privacy,
    limits: &LoaderLimits,
    sources: &mut Sources,
    findings: &mut Findings,
) -> Option<FileId> {
    if bytes.len() > limits.file_bytes {
        let file = sources.add(path, String::new());
        let message = format!("the file has more than {} bytes", limits.file_bytes);
        let limit = draft(rule::LIMIT, Span { file, start: 0, end: 0 }, "", message);
        findings.add(limit.hint(LoaderLimits::raise("", "file-bytes")));
        return None;
    }
    let (text, wrong) = match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        // Up to the first wrong byte the replacement changes no offset.
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(at))
        }
    };
    let file = sources.add(path, text);
    let text = sources.text(file);
    let refused = match wrong {
        Some(at) => Some((at, "the file is not UTF-8 text from here on", "save it as UTF-8")),
        None => text.find('\0').map(|at| (at, "a NUL character can't stand in a plan", "remove it")),
    };
    let Some((at, message, hint)) = refused else { return Some(file) };
    let end = text.get(at..).and_then(|rest| rest.chars().next()).map_or(at, |c| at + c.len_utf8());
    findings.add(draft(rule::UNREADABLE, Span { file, start: at, end }, "", message).hint(hint));
    hide_values(file, privacy, sources);
    None
}

/// Reads a text that was taken in, as one.
pub(super) fn whole(
    file: FileId,
    privacy: Privacy,
    limits: &LoaderLimits,
    sources: &mut Sources,
    findings: &mut Findings,
) -> Option<Node> {
    let Parsed { root, hidden, .. } = parse(file, Window::whole(sources.text(file)), limits, findings);
    if privacy == Privacy::Guarded {
        hidden.into_iter().for_each(|span| sources.mask(span));
    }
    match root {
        Ok(root) => Some(root),
        Err(fatal) => {
            findings.add_fatal(*fatal);
            hide_values(file, privacy, sources);
            None
        }
    }
}

/// Masks whatever may be a value, line by line, in a file whose structure isn't known.
fn hide_values(file: FileId, privacy: Privacy, sources: &mut Sources) {
    if privacy == Privacy::Open {
        return;
    }
    let mut start = 0;
    let mut spans = Vec::new();
    for line in sources.text(file).split_inclusive('\n') {
        let kept = line.find(':').map_or(line.len() - line.trim_start().len(), |colon| colon + 1);
        let from = kept + line.get(kept..).map_or(0, |rest| rest.len() - rest.trim_start().len());
        let to = line.trim_end().len();
        if from < to {
            spans.push(Span { file, start: start + from, end: start + to });
        }
        start += line.len();
    }
    for span in spans {
        sources.mask(span);
    }
}
