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
            assert_golden!(stringify!($name), composed.text);
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
        listed("TABLE", "MY-DB", &"größe".repeat(21), Some(1)),
        listed("TABLE", "表", "数", Some(1)),
        listed("TABLE", "MY-DB", "Twice", Some(1)),
        listed("VIEW", "my-db", "TWICE", Some(1)),
    ])
    .at_site("B")
);

#[test]
fn what_the_list_alone_shows_to_be_no_good_is_left_out() {
    let mut orphan = listed("TABLE", "x", "orphan", None);
    orphan.parent = None;
    let long = "n".repeat(126);
    let objects = vec![
        listed("TABLE", "ADW", "t", None),
        listed("TABLE", "ADW", "t_old", None),
        listed("TABLE", "ADW", &long, None),
        orphan,
    ];
    let composed = Case::new(objects.clone()).suffix("_old").compose().unwrap();
    clean(&composed.text);
    assert_eq!((composed.objects, composed.left_out), (1, 3), "{}", composed.text);
    for why in [
        "it would go over `ADW.t_old`, another object of the backup",
        "can't end in `_old`: a name has at most 128 characters",
        "the list doesn't say which database holds `orphan`",
    ] {
        assert!(composed.text.replace("\n#", "").contains(why), "{why}: {}", composed.text);
    }
    // Elsewhere nothing of the backup is in the way, and whoever allows to replace is taken at their word.
    let elsewhere = Case::new(objects.clone()).suffix("_old").at_site("B").compose().unwrap();
    let replacing = Case { on_existing: OnExisting::Replace, ..Case::new(objects).suffix("_old") }.compose().unwrap();
    assert_eq!((elsewhere.objects, replacing.objects), (2, 2));
}

#[test]
fn an_object_is_not_blamed_for_one_that_is_left_out_itself() {
    let objects = vec![listed("DATABASE", "DBC", "ADW", None), listed("TABLE", "BANK", "t", None)];
    let composed = Case::new(objects).in_database("DRILL").compose().unwrap();
    assert_eq!((composed.objects, composed.left_out), (1, 1), "{}", composed.text);
    assert!(composed.text.contains("- table: BANK.t\n"), "{}", composed.text);
}

#[test]
fn where_nothing_can_stand_in_a_plan_the_reasons_are_told() {
    let views = (0..30).map(|n| listed("VIEW", "ADW", &format!("v{n}"), None)).collect();
    let why = Case::new(views).suffix("_x").compose().unwrap_err();
    assert!(why.starts_with("nothing that was selected can stand in a plan:\n  - the service can't rename"), "{why}");
    assert!(why.ends_with("and so for 10 objects more"), "{why}");
    let why = Case::new(vec![listed("TABLE", "ADW", "t", None)]).in_database("SYSLIB").compose().unwrap_err();
    assert!(why.contains("`SYSLIB` belongs to the system"), "{why}");
}
