//! The line reader beside the parser.

use proptest::prelude::*;

use super::*;
use crate::diagnostic::Sources;
use crate::plan::findings::Findings;
use crate::plan::parse::{Parsed, Window, parse};

/// What this reader gives, after it was compared with what the parser gives.
fn compared(text: &str) -> Option<Node> {
    let limits = LoaderLimits::default();
    let file = Sources::default().add("f", text.to_owned());
    let window = Window { text, base: 7, gap: (usize::MAX, 0), first: Some(3) };
    let (node, nodes) = read(file, text, window.base, &limits)?;
    let mut findings = Findings::new();
    let Parsed { root, nodes: counted, hidden } = parse(file, window, &limits, &mut findings);
    assert_eq!(root.as_ref().ok(), Some(&node), "{text}");
    assert!(nodes == counted && hidden.is_empty(), "{nodes} {counted}\n{text}");
    assert!(findings.into_drafts().is_empty(), "{text}");
    Some(node)
}

#[test]
fn what_programs_and_people_write_is_simple() {
    for text in [
        "- a\n",
        "- a",
        "-   a: 1\n    b: [x, 'y z', \"{{z}}\"]  # told\n\n    # more\n  # less\n    c: {d: {}}\n"
            .replace("{}", "1")
            .as_str(),
        "  - name: table-000001\n    source:\n      job: 1000\n      execution: {within: 30d, pick: latest}\n    objects:\n      - table: W.t\n        rename_to: \"t{{suffix}}\"\n    priority: -1\n    ratio: +1.5\n    deadline: 1h30m\n  # the end\n\n",
        "- objects:\n  - table: a.b\n  - view: $c._d # told\n  after: [a]\n  before: {moment: 2026-11-01T00:00:00Z}\n- x: http://a.b/c?d=e&f,g [h] {i}\n",
        "- - a\n  - b: c\n    d: e\n-  - - f\n",
        "- a: 'it is #1'\n  b: \"x: y\"\n  c: x#y\n  d: null\n",
    ] {
        assert!(compared(text).is_some(), "{text}");
    }
}

#[test]
fn what_is_not_known_for_certain_is_left_to_the_parser() {
    for text in [
        "",
        "\n",
        "a: 1\n",
        "# only\n",
        "- \n",
        "-\n  a: 1\n",
        "- a\n b\n",
        "- a: b\n   c\n",
        "- a: b\n   c: d\n",
        "- a: b\n  - c\n",
        "- a:\n",
        "- a:\n- b\n",
        "- a:\n  b: c\n",
        "- a: 1\n  a: 2\n",
        "- a: &x 1\n",
        "- *x\n",
        "- !t a\n",
        "- |\n  a\n",
        "- >\n  a\n",
        "- 'it''s'\n",
        "- \"a\\tb\"\n",
        "- 'a\n  b'\n",
        "- [a,\n  b]\n",
        "- [a, ]\n",
        "- []\n",
        "- {}\n",
        "- {a}\n",
        "- {a: }\n",
        "- {a: 1, a: 2}\n",
        "- {a: b: c}\n",
        "- [a: b]\n",
        "- a: b: c\n",
        "- a: - b\n",
        "- a: ? b\n",
        "- ? a\n",
        "- \"a\": b\n",
        "- a : b\n",
        "- a:b: c\n",
        "- a\tb\n",
        "- a\r\n",
        "- größe\n",
        "- a: 'b' c\n",
        "- a: [b] c\n",
        "- 007\n",
        "- .inf\n",
        "- ---\n",
        "- @a\n",
        "- `a`\n",
        "- %a\n",
        "- a\nb\n",
        "- a\n...\n",
        "- <<: a\n",
        "- ~: a\n",
        "- a: [b #c]\n",
        "- [a b\n",
        "- \u{7f}\n",
        "- a: b\n c: d\n",
        " - a\n- b\n",
        "- a: 0x1ffffffffffffffff\n",
    ] {
        assert_eq!(compared(text), None, "{text}");
    }
    let deep = format!("- {}a{}\n", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
    assert_eq!(compared(&deep), None);
    let wide: String = (0..=MOST_KEYS).map(|n| format!("{}k{n}: 1\n", if n == 0 { "- " } else { "  " })).collect();
    assert_eq!(compared(&wide), None);
}

#[test]
fn limits_are_the_parsers_to_tell() {
    let text = "- a: [b, c]\n";
    let file = Sources::default().add("f", text.to_owned());
    let limits = LoaderLimits {
        nodes: 5,
        expanded_bytes: 2,
        depth: 3,
        keys: 1,
        key_bytes: 1,
        scalar_bytes: 1,
        ..LoaderLimits::default()
    };
    assert!(read(file, text, 0, &limits).is_some());
    for limits in [
        LoaderLimits { nodes: 4, ..limits },
        LoaderLimits { expanded_bytes: 1, ..limits },
        LoaderLimits { depth: 2, ..limits },
        LoaderLimits { keys: 0, ..limits },
        LoaderLimits { key_bytes: 0, ..limits },
        LoaderLimits { scalar_bytes: 0, ..limits },
    ] {
        assert_eq!(read(file, text, 0, &limits), None, "{limits:?}");
    }
}

fn line() -> impl Strategy<Value = String> {
    let indent = prop::sample::select(vec!["", "  ", "  ", "    ", "      ", " "]);
    let dash = prop::sample::select(vec!["", "", "- ", "- ", "-  ", "- - ", "-"]);
    let key = prop::sample::select(vec!["", "a: ", "b: ", "c:", "d-e: ", "_f:  ", "a:", "'g': ", "g : ", "? "]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "",
            "x",
            "x y",
            "1",
            "-2.5",
            "null",
            "x:y",
            "x: y",
            "x #y",
            "x#y",
            "'q'",
            "\"q\"",
            "'q",
            "\"q\\n\"",
            "'q''r'",
            "[x, y]",
            "[x,y]",
            "[]",
            "{a: b}",
            "{a: b, c: [d]}",
            "{a: b",
            "{a:b}",
            "[a: b]",
            "[ x , 'y' ]",
            "|",
            ">-",
            "&a x",
            "*a",
            "!!str x",
            "~",
            "007",
            "x,",
            "[x]]",
            "{a: 'b'}",
            "[1:2]",
            "- x",
            "x\t",
            "\u{e9}",
        ])
        .prop_map(str::to_owned),
        "[a-c:#,{}\\[\\]'\"& *!|>%@-]{0,8}",
    ];
    let comment = prop::sample::select(vec!["", "", "", " ", " # c", "# c", "  "]);
    (indent, dash, key, value, comment).prop_map(|(a, b, c, d, e)| format!("{a}{b}{c}{d}{e}\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn what_is_read_is_what_the_parser_reads(lines in prop::collection::vec(line(), 1..7)) {
        let text = format!("- {}", lines.concat());
        compared(&text);
        compared(&lines.concat());
        compared(text.trim_end());
    }

    #[test]
    fn any_text_is_read_alike_or_not_at_all(text in "[-ab:#,{}\\[\\]'\" \n]{0,40}") {
        compared(&format!("- {text}"));
    }
}
