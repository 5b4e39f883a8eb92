//! `# restorectl: allow R311 reason`: warnings that somebody has looked at and answers for.
//!
//! Behind a value it is about that line, on a line of its own about the next line that holds something.
//! Only warnings can be allowed, only with a reason, and one that allows nothing is reported, so that
//! none outlives what it was written for.

use std::collections::HashMap;

use granit_parser::{Event, Parser};

use crate::diagnostic::{Draft, FileId, Severity, Sources, Span};

use super::findings::draft;
use super::rule::{self, RULES, nearest_rule};
use super::suggest::nearest;

/// What every such comment begins with.
const MARK: &str = "restorectl:";

/// One comment that allows a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allow {
    rule: &'static str,
    /// The comment.
    span: Span,
    /// The line that it is about, from 1.
    line: usize,
    /// Why that is all right, in its author's words.
    reason: String,
}

/// The comments of a file that allow something, and what is wrong with those that try to.
pub(super) fn read(file: FileId, sources: &Sources) -> (Vec<Allow>, Vec<Draft>) {
    let text = sources.text(file);
    let (mut allows, mut wrong) = (Vec::new(), Vec::new());
    // Most files have no such comment, and reading them once more would take as long as reading them.
    let asks = |line: &str| line.split_once('#').is_some_and(|(_, comment)| comment.to_lowercase().contains("allow r"));
    if !text.contains(MARK) && !text.lines().any(asks) {
        return (allows, wrong);
    }
    let options = granit_parser::options! { emit_comments: true };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut below = Below { text, at: 0, line: 0 };
    // Where the text stops being YAML, the loader says so.
    while let Some(Ok((event, span))) = parser.next_event() {
        let Event::Comment(comment, _) = event else { continue };
        let Some(words) = words(&comment) else { continue };
        let start = span.start.byte_offset().unwrap_or(0);
        let end = span.end.byte_offset().unwrap_or(start).max(start);
        let span = Span { file, start, end };
        let near = |message: &str| (message.to_owned(), "begin it with `# restorectl: allow`".to_owned());
        match words.map_err(near).and_then(directive) {
            Ok((rule, reason)) => allows.push(Allow { rule, span, line: below.line_of(span, sources), reason }),
            Err((message, hint)) => wrong.push(draft(rule::ALLOW, span, "", message).hint(hint)),
        }
    }
    (allows, wrong)
}

/// The rule that a comment allows, and why.
fn directive(words: &str) -> Result<(&'static str, String), (String, String)> {
    let id = words.split_whitespace().nth(1).and_then(known_rule).unwrap_or("R311");
    let form = format!("write `# restorectl: allow {id} why that is all right`");
    let mut words = words.split_whitespace();
    match words.next() {
        Some("allow") => {}
        Some(other) => return Err((format!("`{other}` is nothing that a comment can ask for"), form)),
        None => return Err(("this comment asks for nothing".to_owned(), form)),
    }
    let Some(id) = words.next() else { return Err(("no rule is named here".to_owned(), form)) };
    let Some(known) = known_rule(id) else {
        let guess = nearest_rule(id).map(|meant| format!("did you mean `{meant}`?"));
        return Err((format!("there is no rule `{id}`"), guess.unwrap_or(form)));
    };
    let reason = words.collect::<Vec<_>>().join(" ");
    if let Some(second) = reason.split_whitespace().next().and_then(known_rule) {
        let hint = format!("give `{second}` a comment of its own, on the line above");
        return Err(("one comment allows one rule".to_owned(), hint));
    }
    if !reason.contains(char::is_alphanumeric) {
        return Err((format!("why `{known}` is allowed isn't said"), form));
    }
    Ok((known, reason))
}

fn known_rule(id: &str) -> Option<&'static str> {
    RULES.iter().find(|known| known.id.eq_ignore_ascii_case(id)).map(|known| known.id)
}

/// What follows the mark in a comment. Some: it begins with the mark, or with what must have been meant by it.
fn words(comment: &str) -> Option<Result<&str, &'static str>> {
    let comment = comment.trim();
    if let Some(words) = comment.strip_prefix(MARK) {
        return Some(Ok(words));
    }
    let (first, rest) = comment.split_once([' ', ':'])?;
    let asks = rest.trim_start_matches([' ', ':']).get(..5).is_some_and(|word| word.eq_ignore_ascii_case("allow"));
    let near = nearest(&first.to_lowercase(), ["restorectl"]).is_some();
    (asks && near).then_some(Err("this comment is nearly one that allows a warning"))
}

/// Finds the lines that comments are about, one comment after the other: each line is looked at once.
struct Below<'a> {
    text: &'a str,
    /// Where the next line that holds something begins.
    at: usize,
    /// Which line that is, from 1.
    line: usize,
}

impl Below<'_> {
    /// The line that a comment is about.
    fn line_of(&mut self, comment: Span, sources: &Sources) -> usize {
        let own = sources.place(comment.start_only()).line;
        let before = self.text.get(..comment.start).unwrap_or("");
        if before.rsplit('\n').next().is_some_and(|begin| !begin.trim().is_empty()) {
            return own;
        }
        // What was found for the comment above holds for this one, as long as nothing stands between them.
        if self.at < comment.end {
            let rest = self.text.get(comment.end..).unwrap_or("");
            (self.at, self.line) = (self.text.len(), own + 1);
            let mut at = comment.end + rest.find('\n').map_or(rest.len(), |end| end + 1);
            for line in self.text.get(at..).unwrap_or("").split_inclusive('\n') {
                if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
                    self.at = at;
                    break;
                }
                at += line.len();
                self.line += 1;
            }
        }
        self.line
    }
}

/// Takes out the warnings that are allowed, and adds what is to be said of the comments that allow them. Gives what was
/// taken out, each with the reason.
pub(super) fn apply(allows: &[Allow], drafts: &mut Vec<Draft>, sources: &Sources) -> Vec<(Draft, String)> {
    if allows.is_empty() {
        return Vec::new();
    }
    let mut by_line: HashMap<(FileId, usize, &str), Vec<usize>> = HashMap::new();
    for (index, allow) in allows.iter().enumerate() {
        by_line.entry((allow.span.file, allow.line, allow.rule)).or_default().push(index);
    }
    let mut used = vec![false; allows.len()];
    let mut errors = vec![false; allows.len()];
    let mut taken_out = Vec::new();
    for found in std::mem::take(drafts) {
        let line = |span: Span| (span.file, sources.place(span.start_only()).line, found.rule);
        let allowed = found.span.and_then(|span| by_line.get(&line(span))).map_or(&[][..], Vec::as_slice);
        let marks = if found.severity == Severity::Warning { &mut used } else { &mut errors };
        allowed.iter().filter_map(|index| marks.get_mut(*index).map(|mark| *mark = true)).count();
        match allowed.first().and_then(|index| allows.get(*index)) {
            Some(allow) if found.severity == Severity::Warning => taken_out.push((found, allow.reason.clone())),
            _ => drafts.push(found),
        }
    }
    for (allow, (used, error)) in allows.iter().zip(used.into_iter().zip(errors)) {
        if error {
            let message = format!("`{}` is an error here, and only warnings can be allowed", allow.rule);
            drafts.push(draft(rule::ALLOW, allow.span, "", message).hint("mend what it is about"));
        } else if !used {
            let message = format!("there is no warning `{}` here to allow", allow.rule);
            drafts.push(draft(rule::ALLOW_UNUSED, allow.span, "", message).hint("remove the comment").warning());
        }
    }
    taken_out
}
