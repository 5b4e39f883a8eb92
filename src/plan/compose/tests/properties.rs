//! Any list gives a plan that validates, means the same, and names each object once.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::model::{Item, Level};

/// Names of every kind: plain, in need of quotes, beyond ASCII, that YAML or templates would misread, very long.
fn own_name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-cA-C][a-c_]{0,2}",
        2 => r#"[ \t\n\r\u{85}\u{2028}\u{feff}\u{202e}'".:{}\[\],&*#?|<>=!%@`~\\a1-]{1,12}"#,
        1 => prop::sample::select(vec!["no", "~", "null", "1e3", "007", "2026-11-01", "12:30", "{{x}}", "\\{{", "- a", "größe", "ß"]).prop_map(str::to_owned),
        1 => "[äöüß表数𝒜x]{120,128}",
        1 => any::<String>(),
    ]
    .prop_filter("the service lists only what can be a name", |text| ObjectName::bare(text.trim_end()).is_ok())
    .prop_map(|text| text.trim_end().to_owned())
}

fn object() -> impl Strategy<Value = BackupObject> {
    let kind = prop_oneof![
        4 => prop::sample::select(vec!["TABLE", "VIEW", "MACRO", "TRIGGER", "JOIN_INDEX", "QUEUE_TABLE", "JAR", "DATABASE", "USER"])
            .prop_map(str::to_owned),
        1 => "[A-Z ?-]{0,8}",
    ];
    let parent = prop_oneof![4 => "[abAB]", 1 => own_name(), 1 => Just("DBC".to_owned())];
    (kind, prop::option::weighted(0.95, parent), own_name(), any::<Option<u64>>(), prop::bool::ANY).prop_map(
        |(kind, parent, own, bytes, in_user)| BackupObject {
            name: name(&own),
            object_type: ObjectType::from_wire(&kind),
            parent: parent.map(|parent| name(&parent)),
            parent_type: in_user.then_some(ObjectType::User),
            bytes,
        },
    )
}

fn case(objects: impl Strategy<Value = Vec<BackupObject>>) -> impl Strategy<Value = Case> {
    let grouping = prop::sample::select(vec![Grouping::Database, Grouping::Type, Grouping::Whole]);
    let policy = prop::sample::select(vec![OnExisting::Fail, OnExisting::Replace, OnExisting::Skip]);
    let execution =
        prop_oneof![Just(ExecutionSelector::Latest), Just(ExecutionSelector::Id(ExecutionId::new("5002"))),];
    let site = prop::sample::select(vec!["A", "B"]);
    (objects, grouping, policy, execution, site, prop::option::of("[ab]"), prop::option::weighted(0.3, "_[a-z]"))
        .prop_map(|(objects, grouping, on_existing, execution, site, database, suffix)| {
            let mut case = Case { grouping, on_existing, suffix, ..Case::new(objects).at_site(site) };
            case.source.execution = execution;
            case.target.database = database.map(|database| name(&database));
            case
        })
}

/// What tells one object of a list from the others.
fn key(parent: &ObjectName, own: &ObjectName) -> (String, String) {
    (parent.folded(), own.folded())
}

fn keys(items: &[Item]) -> Vec<(String, String)> {
    items.iter().flat_map(|item| &item.objects).map(|object| key(&object.parent, &object.name)).collect()
}

/// How many entries of a list are meant where nothing is selected.
fn meant(objects: &[BackupObject]) -> usize {
    let level = |object: &BackupObject| object.object_type.level();
    let holds = |database: &BackupObject| {
        objects.iter().any(|o| level(o) == Level::Object && o.parent.as_ref() == Some(&database.name))
    };
    objects.iter().filter(|o| level(o) == Level::Object || !holds(o)).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_list_gives_a_plan_without_a_finding(case in case(prop::collection::vec(object(), 0..24))) {
        match case.compose() {
            Err(why) => {
                let empty = case.objects.is_empty() && why.contains("the object list is empty");
                // A database that all goes into can be where some of it comes from.
                let nowhere = case.target.database.is_some() && why.contains("is where it comes from already");
                let unseen = why.contains("`on_existing: skip` needs to know");
                let nothing = why.starts_with("nothing that was selected can stand in a plan");
                prop_assert!(empty || nowhere || unseen || nothing, "{}", why);
            }
            Ok(composed) => {
                let plan = clean(&composed.text);
                let all = keys(&plan.items);
                let once: BTreeSet<_> = all.iter().cloned().collect();
                prop_assert_eq!(once.len(), all.len(), "each once: {}", composed.text);
                prop_assert_eq!((composed.restores, composed.objects), (plan.items.len(), all.len()));
                prop_assert_eq!(composed.objects + composed.left_out, meant(&case.objects), "{}", composed.text);
                let mut listed: BTreeMap<_, Vec<&BackupObject>> = BTreeMap::new();
                for object in &case.objects {
                    let parent = object.parent.clone().unwrap_or_else(|| name("DBC"));
                    listed.entry(key(&parent, &object.name)).or_default().push(object);
                }
                for object in plan.items.iter().flat_map(|item| &item.objects) {
                    let of_list = &listed[&key(&object.parent, &object.name)];
                    prop_assert!(
                        of_list.iter().any(|o| o.name.as_str() == object.name.as_str() && o.object_type == object.object_type),
                        "to the letter: {:?}", object
                    );
                }
            }
        }
    }

    #[test]
    fn tables_are_all_there_with_their_names_and_parents(
        names in prop::collection::btree_map(("[abAB]", own_name()).prop_map(|(d, n)| (name(&d), name(&n))), any::<Option<u64>>(), 1..40),
        grouping in prop::sample::select(vec![Grouping::Database, Grouping::Type, Grouping::Whole]),
    ) {
        let table = |((parent, own), bytes): (&(ObjectName, ObjectName), &Option<u64>)| {
            listed("TABLE", parent.as_str(), own.as_str(), *bytes)
        };
        let case = Case { grouping, ..Case::new(names.iter().map(table).collect()).at_site("B") };
        let composed = match case.compose() {
            Ok(composed) => composed,
            // Names that nobody could read or write are left out, and may be all that there are.
            Err(why) => {
                prop_assert!(why.starts_with("nothing that was selected can stand in a plan"), "{}", why);
                return Ok(());
            }
        };
        let plan = clean(&composed.text);
        let exact: BTreeSet<(&str, &str)> =
            plan.items.iter().flat_map(|item| &item.objects).map(|o| (o.parent.as_str(), o.name.as_str())).collect();
        let expected: BTreeSet<(&str, &str)> = names.keys().map(|(d, n)| (d.as_str(), n.as_str())).collect();
        prop_assert!(exact.is_subset(&expected));
        prop_assert_eq!(exact.len() + composed.left_out, expected.len());
    }
}

#[test]
fn thousands_of_objects_are_one_plan() {
    let table = |number: usize| listed("TABLE", &format!("DB_{}", number % 7), &format!("table {number}"), Some(1));
    let case = Case::new((0..5000).map(table).collect()).at_site("B");
    let composed = case.compose().unwrap();
    let plan = clean(&composed.text);
    assert_eq!((plan.items.len(), keys(&plan.items).len(), composed.left_out), (7, 5000, 0));
}
