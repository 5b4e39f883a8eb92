//! For people: one block for each problem, with the lines that it is on.

use annotate_snippets::{AnnotationKind, Group, Level, Message, Origin, Renderer, Snippet};

use super::collection::most_severe;
use super::{Diagnostic, Diagnostics, Place, Severity, Sources};
use crate::model::{count, harmless};

/// How a terminal wants its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether to write colours.
    pub colour: bool,
    /// How many columns there are.
    pub width: usize,
    /// How many problems are shown in full at most; the others are counted.
    pub most: usize,
    /// Whether warnings that are allowed are listed.
    pub allowed: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { colour: false, width: 80, most: 100, allowed: false }
    }
}

/// Stands for a place until the block is drawn. No text that is shown has it in it.
const HERE: &str = "\u{1}";

/// Everything that was found, and a line that sums it up. Empty when nothing was found.
pub fn human(diagnostics: &Diagnostics, look: Look) -> String {
    let mut out = String::new();
    let (shown, _) = most_severe(diagnostics.iter(), |diagnostic| diagnostic.severity, look.most);
    for diagnostic in &shown {
        out.push_str(&block(diagnostic, &[], diagnostics.sources(), look));
        out.push_str("\n\n");
    }
    if !diagnostics.is_empty() {
        let (errors, warnings) = (diagnostics.errors(), diagnostics.warnings());
        out.push_str(&found(errors, warnings));
        if errors + warnings > shown.len() {
            out.push_str(&format!(" ({} more, not shown)", errors + warnings - shown.len()));
        }
        out.push('\n');
    }
    out
}

/// `1 error, 2 warnings`: what there is of both.
pub(super) fn found(errors: usize, warnings: usize) -> String {
    match (errors, warnings) {
        (0, 0) => "nothing found".to_owned(),
        (0, warnings) => count(warnings, "warning"),
        (errors, 0) => count(errors, "error"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}

/// One problem: its title, an excerpt of each place, the notes, the hint.
pub(super) fn block(diagnostic: &Diagnostic, notes: &[String], sources: &Sources, look: Look) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let related = diagnostic.related.iter().map(|(place, label)| (place, Some(label.as_str())));
    let places: Vec<(&Place, Option<&str>)> =
        diagnostic.place.iter().map(|place| (place, None)).chain(related).collect();
    let gutter = places.iter().map(|(place, _)| place.end_line.to_string().len()).max().unwrap_or(1) + GUTTER;
    let mut group = Group::with_title(level.primary_title(harmless(&diagnostic.message)).id(diagnostic.rule));
    let mut names = Vec::with_capacity(places.len());
    for (index, (place, label)) in places.iter().enumerate() {
        let Some(excerpt) = sources.excerpt(place, look.width.saturating_sub(gutter)) else {
            names.push(harmless(&place.file));
            group = group.element(Origin::path(HERE));
            continue;
        };
        names.push(harmless(&place.to_string()));
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(excerpt.marked).label(label.map(harmless));
        group = group.element(Snippet::source(excerpt.text).path(HERE).line_start(place.line).annotation(annotation));
    }
    let notes = notes.iter().map(|note| Level::NOTE.message(harmless(note)));
    let hints = diagnostic.hint.iter().map(|hint| Level::HELP.message(harmless(hint)));
    let messages: Vec<Message<'_>> = notes.chain(hints).collect();
    let renderer = if look.colour { Renderer::styled() } else { Renderer::plain() };
    // Excerpts are as wide as they may be already.
    let drawn = renderer.term_width(usize::MAX / 4).render(&[group.elements(messages)]);
    named(&drawn, &names)
}

/// The columns beside an excerpt: the bar, the spaces around it, and what joins the lines of one place.
const GUTTER: usize = 5;

/// A drawn block with the places' names where they belong. The renderer counts columns in what it is given, which is cut
/// and masked, so what it writes there is replaced.
fn named(drawn: &str, names: &[String]) -> String {
    let mut pieces = drawn.split(HERE);
    let mut text = pieces.next().unwrap_or("").to_owned();
    for (piece, name) in pieces.zip(names) {
        text.push_str(name);
        text.push_str(piece.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Draft, FileId, Span};
    use super::*;

    fn draft(message: &str, span: Option<Span>) -> Draft {
        Draft {
            rule: "R301",
            severity: Severity::Error,
            message: message.into(),
            span,
            pointer: "/restores/1/name".into(),
            hint: None,
            related: vec![],
        }
    }

    /// The place of the first `part` behind `after` in a text.
    fn at(sources: &Sources, file: FileId, after: &str, part: &str) -> Span {
        let text = sources.text(file);
        let from = text.find(after).unwrap() + after.len();
        let start = from + text[from..].find(part).unwrap();
        Span { file, start, end: start + part.len() }
    }

    fn shown(sources: Sources, drafts: Vec<Draft>, look: Look) -> String {
        human(&Diagnostics::new(sources, drafts, 10), look)
    }

    #[test]
    fn shows_the_place_the_line_the_hint_and_what_is_related() {
        let mut sources = Sources::default();
        let file = sources.add("plans/a.yaml", "name: a\nrestores:\n  - name: x\n  - name: x\u{1b}[31m\n".into());
        let both = Draft {
            hint: Some("rename one".into()),
            related: vec![(at(&sources, file, "- name: ", "x"), "the first is here".into())],
            ..draft(
                "two restores are named `x\u{1b}[31m`",
                Some(at(&sources, file, "- name: x\n  - name: ", "x\u{1b}[31m")),
            )
        };
        let odd = Draft { severity: Severity::Warning, ..draft("two restores are named `x\u{9b}31m`", None) };
        let all = Diagnostics::new(sources, vec![both, odd], 10);
        insta::assert_snapshot!(human(&all, Look::default()));
        let coloured = human(&all, Look { colour: true, ..Look::default() });
        assert!(coloured.contains("\u{1b}[1m") && coloured.contains("plans/a.yaml:4:11"), "{coloured}");
        assert!(!coloured.contains("\u{1b}[31m`") && !coloured.contains(HERE), "{coloured}");
        assert_eq!(human(&Diagnostics::default(), Look::default()), "");
    }

    #[test]
    fn a_place_over_several_lines_is_shown_from_end_to_end() {
        let mut sources = Sources::default();
        let text = "restores:\n  - name: x\n    objects:\n      - table: a.b\n      - table: c.d\n    mode: copy\n    after: [y]\n    deadline: 1h\nlimits: {}\n";
        let file = sources.add("plans/a.yaml", text.into());
        let drafts = vec![
            draft("over two lines", Some(at(&sources, file, "", "table: a.b\n      - table: c.d\n"))),
            draft(
                "over many",
                Some(at(&sources, file, "- ", text[text.find("name").unwrap()..].split("limits").next().unwrap())),
            ),
        ];
        insta::assert_snapshot!(shown(sources, drafts, Look::default()));
    }

    #[test]
    fn wide_and_combined_letters_and_tabs_are_underlined_where_they_are() {
        let mut sources = Sources::default();
        let text = "名前: 表-x # 顧客\nne\u{301}e\u{301}: x\na:\t{b:\tc}\n";
        let file = sources.add("f.yaml", text.into());
        let drafts = vec![
            draft("wide", Some(at(&sources, file, "名前: ", "表-x"))),
            draft("combined", Some(at(&sources, file, "e\u{301}: ", "x"))),
            draft("tabs", Some(at(&sources, file, "b:\t", "c"))),
        ];
        insta::assert_snapshot!(shown(sources, drafts, Look::default()));
    }

    #[test]
    fn a_value_from_another_file_is_shown_in_both() {
        let mut sources = Sources::default();
        let plan = sources.add("plans/a.yaml", format!("{}inputs:\n  suffix: {{type: string}}\n", "#\n".repeat(120)));
        let environment = sources.add("plans/environments/prod.yaml", "inputs:\n  suffix: 12\n".into());
        let found = Draft {
            related: vec![(at(&sources, plan, "inputs:\n  ", "suffix"), "declared here".into())],
            hint: Some("put it in quotes".into()),
            ..draft("input `suffix` must be a text", Some(at(&sources, environment, "suffix: ", "12")))
        };
        insta::assert_snapshot!(shown(sources, vec![found], Look::default()));
    }

    #[test]
    fn the_column_is_the_files_own_where_an_excerpt_is_cut_or_masked() {
        let mut sources = Sources::default();
        let line = format!("{}: secret, b: é, c: 1 {}", "k".repeat(300), "z".repeat(300));
        let file = sources.add("f.yaml", line);
        let secret = at(&sources, file, "", "secret");
        sources.mask(secret);
        let found = draft("m f.yaml:1:321", Some(at(&sources, file, "é, ", "c")));
        for width in [0, 40, 60] {
            let text = shown(sources.clone(), vec![found.clone()], Look { width, ..Look::default() });
            assert!(text.contains("--> f.yaml:1:317\n"), "{text}");
            assert!(text.contains("m f.yaml:1:321\n"), "{text}");
            assert!(!text.contains("secret"), "{text}");
            let mut excerpt = text.lines().filter(|line| line.contains(" | "));
            assert!(excerpt.all(|line| line.chars().count() <= width.max(20 + GUTTER + 1)), "{width}:\n{text}");
        }
    }

    #[test]
    fn a_file_without_a_text_is_named_alone() {
        let mut sources = Sources::default();
        let file = sources.add("gone.yaml", String::new());
        let text = shown(sources, vec![draft("can't be read", Some(Span { file, start: 0, end: 0 }))], Look::default());
        assert!(text.contains("--> gone.yaml\n"), "{text}");
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let mut sources = Sources::default();
        let file = sources.add("f", "a\nb\nc\n".into());
        let one = |start, severity| Draft { severity, ..draft("m", Some(Span { file, start, end: start + 1 })) };
        let drafts = vec![one(0, Severity::Warning), one(2, Severity::Error), one(4, Severity::Error)];
        let text = shown(sources, drafts, Look { most: 2, ..Look::default() });
        assert_eq!(text.matches("error[R301]").count(), 2);
        assert!(text.ends_with("2 errors, 1 warning (1 more, not shown)\n"), "{text}");
    }
}
