//! Plans from object lists: goldens of the text, and what can't be in one.

use super::*;

/// A backup of two databases, with a trigger, a view, an index, a type that nobody knows, and an empty database.
fn two_databases() -> Vec<BackupObject> {
    vec![
        listed("DATABASE", "DBC", "ADW", Some(7_000_000_000)),
        listed("TABLE", "ADW", "customer", Some(424_000_000)),
        listed("TABLE", "ADW", "order lines", Some(5_000_000_000)),
        listed("TRIGGER", "ADW", "audit", None),
        listed("VIEW", "ADW", "totals", Some(4096)),
        listed("JOIN_INDEX", "ADW", "ji", Some(1 << 20)),
        listed("DATABASE", "DBC", "EMPTY_ONE", Some(0)),
        listed("DATABASE", "DBC", "BANKING", Some(2_000_000_000)),
        listed("TABLE", "BANKING", "accounts", Some(310_000_000)),
        listed("QUEUE_TABLE", "BANKING", "todo", None),
        listed("GLOP", "BANKING", "odd", Some(1)),
    ]
}

macro_rules! golden {
    ($name:ident, $case:expr) => {
        #[test]
        fn $name() {
            let composed = $case.compose().unwrap();
            clean(&composed.text);
            insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
                insta::assert_snapshot!(stringify!($name), composed.text);
            });
        }
    };
}

golden!(in_place, Case::new(two_databases()));
golden!(to_another_site, Case::new(two_databases()).at_site("B"));
golden!(into_another_database, Case::new(two_databases()).in_database("DRILL"));
golden!(under_other_names, Case::new(two_databases()).suffix("_old"));
golden!(by_type, Case { grouping: Grouping::Type, ..Case::new(two_databases()).at_site("B") });
golden!(
    whole_databases,
    Case {
        source: Source { execution: ExecutionSelector::Latest, ..Case::new(vec![]).source },
        ..Case::new(two_databases())
    }
    .at_site("B")
    .select(&[], &["ADW.order*", "bank*"], &["DATABASE"])
);
golden!(
    odd_names,
    Case::new(vec![
        listed("TABLE", "my db", "t\"x", Some(1)),
        listed("TABLE", "my db", "{{item}}", Some(1)),
        listed("TABLE", "my db", "no", Some(1)),
        listed("TABLE", "my db", "a.b # c: d", Some(1)),
        listed("TABLE", "my db", "line\nbreak", Some(1)),
        listed("TABLE", "my db", "abc\u{202e}fdp", Some(1)),
        listed("TABLE", "MY-DB", &"größe".repeat(25), Some(1)),
        listed("TABLE", "表", "数", Some(1)),
        listed("TABLE", "MY-DB", "Twice", Some(1)),
        listed("VIEW", "my-db", "TWICE", Some(1)),
    ])
    .at_site("B")
);
