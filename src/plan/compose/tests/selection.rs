//! What patterns and types choose.

use super::*;

fn list() -> Vec<BackupObject> {
    vec![
        listed("DATABASE", "DBC", "ADW", None),
        listed("TABLE", "ADW", "customer", None),
        listed("TABLE", "ADW", "tmp_1", None),
        listed("VIEW", "ADW", "totals", None),
        listed("USER", "DBC", "joe", None),
        listed("TABLE", "my db", "t", None),
    ]
}

#[track_caller]
fn chosen(include: &[&str], exclude: &[&str], types: &[&str]) -> Vec<String> {
    let case = Case::new(list()).select(include, exclude, types);
    let choice = case.selection.choose(&case.objects).unwrap();
    choice.objects.iter().map(|one| one.object.name.as_str().to_owned()).collect()
}

#[test]
fn patterns_are_tried_on_database_and_name_without_case() {
    for (include, exclude, types, expected) in [
        (&[][..], &[][..], &[][..], vec!["customer", "tmp_1", "totals", "joe", "t"]),
        (&["adw.*"], &[], &[], vec!["customer", "tmp_1", "totals"]),
        (&["ADW.T*", "JOE"], &[], &[], vec!["tmp_1", "totals", "joe"]),
        (&["MY DB.?"], &[], &[], vec!["t"]),
        (&[], &["*.tmp_*", "dbc.*"], &[], vec!["customer", "totals", "t"]),
        (&["adw*"], &[], &["view"], vec!["totals"]),
        (&[], &[], &["DATABASE", "USER"], vec!["ADW", "joe"]),
        // What a whole database holds needs no mention of its own.
        (&[], &[], &["database", "table"], vec!["ADW", "t"]),
    ] {
        assert_eq!(chosen(include, exclude, types), expected, "{include:?} {exclude:?} {types:?}");
    }
}

#[test]
fn what_is_excluded_stays_out_of_a_whole_database() {
    let case = Case::new(list()).select(&[], &["adw.tmp*", "joe", "nothing*"], &["database", "user"]);
    let choice = case.selection.choose(&case.objects).unwrap();
    let [adw] = choice.objects.as_slice() else { panic!("{:?}", choice.objects) };
    assert_eq!(adw.without, [name("tmp_1")]);
    assert_eq!(choice.idle, ["nothing*"]);
}

#[test]
fn a_selection_that_chooses_nothing_says_what_there_is() {
    let holds = "`ADW` (2 TABLE, 1 VIEW), `joe`, `\"my db\"` (1 TABLE)";
    for (include, exclude, types, why) in [
        (&["adw.*", "bnk.*"][..], &[][..], &[][..], "`bnk.*` fits nothing"),
        (&[], &[], &["jar"], "there is no JAR in the backup"),
        (&["*.t"], &["*"], &[], "everything that was selected is excluded too"),
    ] {
        let case = Case::new(list()).select(include, exclude, types);
        let error = case.selection.choose(&case.objects).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert_eq!(error.contains(holds), exclude.is_empty(), "{error}");
    }
    let error = Case::new(Vec::new()).compose().unwrap_err();
    assert!(error.contains("the object list is empty"), "{error}");
    let many = (0..20).map(|n| listed("TABLE", &format!("D{n}"), "t", None)).collect();
    let error = Case::new(many).select(&["x"], &[], &[]).compose().unwrap_err();
    assert!(error.ends_with("`D11` (1 TABLE), 8 databases more"), "{error}");
}
