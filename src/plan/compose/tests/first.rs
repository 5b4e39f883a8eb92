//! First plans and environments: their text, and what is said of answers that won't do.

use super::*;
use crate::plan::{FirstEnvironment, FirstPlan, resolve_environment};

/// A change to something.
type Change<T> = fn(&mut T);

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn answered() -> FirstPlan {
    FirstPlan {
        name: text("marketing"),
        site: text("A"),
        job: text("1412"),
        tables: vec!["BANK.model".to_owned(), "BANK.\"odd one\"".to_owned(), "ADW.t".to_owned()],
        ..FirstPlan::default()
    }
}

#[test]
fn everything_that_is_answered_is_in_the_plan() {
    let plan = FirstPlan {
        description: text("Bring {{braces}} back: # here"),
        owner: text("no"),
        contact: text("dba@example.com"),
        execution: text("5002"),
        target_site: text("B"),
        target_database: text("\"my db\""),
        suffix: text(" old"),
        on_existing: text("replace"),
        deadline: text("90m"),
        ..answered()
    };
    let written = plan.compose(Some("schema/plan.schema.json")).unwrap();
    let read = clean(&written);
    assert_eq!(read.purpose.description, plan.description);
    assert_eq!(read.purpose.owner, plan.owner);
    let renamed: Vec<&str> =
        read.items.iter().flat_map(|item| &item.objects).map(|o| o.rename_to.as_ref().unwrap().as_str()).collect();
    assert_eq!(renamed, ["model old", "odd one old", "t old"]);
    assert_golden!("first_plan_with_everything", written);
}

#[test]
fn what_is_not_answered_has_its_default() {
    let written = answered().compose(None).unwrap();
    let read = clean(&written);
    assert_eq!((read.items.len(), read.items[0].target.site.as_str()), (2, "A"));
    assert_golden!("first_plan_with_defaults", written);
    let whole =
        FirstPlan { tables: Vec::new(), databases: vec!["ADW".to_owned()], on_existing: text("skip"), ..answered() };
    clean(&whole.compose(None).unwrap());
}

#[test]
fn answers_are_held_to_the_rules_of_plans() {
    let change: [(Change<FirstPlan>, &str); 13] = [
        (|p| p.name = text("Big"), "is not a plan's name"),
        (|p| p.name = text(&"n".repeat(31)), "it may have 30 characters"),
        (|p| p.site = text("a b"), "is not an id"),
        (|p| p.job = text("../x"), "is not an id"),
        (|p| p.execution = text("lastest"), "did you mean `latest`"),
        (|p| p.target_site = text("{{x}}"), "is not an id"),
        (|p| p.target_database = text("a.b"), "one bare name is expected"),
        (|p| p.target_database = text("DBC"), "belongs to the system"),
        (|p| p.suffix = text(&"x".repeat(128)), "at most 128 characters"),
        (|p| p.tables = vec!["t".to_owned()], "the database that holds `t` is missing"),
        (|p| p.databases = vec!["a b".to_owned()], "must stand in double quotes"),
        (|p| p.on_existing = text("maybe"), "none of `fail`, `replace` and `skip`"),
        (|p| p.deadline = text("0s"), "longer than nothing"),
    ];
    for (change, why) in change {
        for mut plan in [FirstPlan::default(), answered()] {
            change(&mut plan);
            let error = plan.check().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
            assert!(!error.contains("some_database"), "what nobody answered is no trouble: {error}");
        }
    }
    FirstPlan::default().check().unwrap();
    // What goes together is held to them too.
    let twice = FirstPlan { tables: vec!["D.t".to_owned(), "d.T".to_owned()], ..answered() };
    assert!(twice.check().unwrap_err().to_string().contains("stands twice"));
    let nowhere =
        FirstPlan { tables: vec!["D.t".to_owned()], target_database: text("d"), target_site: text("A"), ..answered() };
    assert!(nowhere.check().unwrap_err().to_string().contains("is where it comes from already"));
}

#[test]
fn an_environment_holds_references_and_allows_nothing_dangerous() {
    let first = FirstEnvironment {
        url: text("https://api.example.com/data-protection/v2"),
        user: text("restore: operator"),
        bearer_env: text("GATEWAY_TOKEN"),
        source_site: text("A"),
        ..FirstEnvironment::default()
    };
    let written = first.compose(Some("../schema/environment.schema.json")).unwrap();
    let file = SourceFile { path: "environments/prod.yaml".to_owned(), bytes: written.clone().into_bytes() };
    let read = resolve_environment(&file, LoaderLimits::default(), &mut |_, _| Err("no base".to_owned()));
    assert!(read.diagnostics.is_empty());
    let environment = read.environment.unwrap();
    assert_eq!((environment.name.as_str(), environment.guard.protected), ("prod", true));
    assert!(!environment.guard.allow_in_place && !environment.guard.allow_replace);
    assert_eq!(environment.api.unwrap().restore_credentials.unwrap().user, "restore: operator");
    assert_eq!(read.inputs["source_site"], "A");
    assert_golden!("first_environment", written);
    let change: [(Change<FirstEnvironment>, &str); 4] = [
        (|e| e.url = text("ftp://x"), "begins with `https://`"),
        // Whoever writes the password itself is told at once, and it isn't shown.
        (|e| e.password_env = text("hunter2 hunter2"), "a secret can't stand in a file"),
        (|e| e.bearer_env = text("hunter2="), "a secret can't stand in a file"),
        (|e| e.user = text("{{user}}"), "no templates are rendered"),
    ];
    for (change, why) in change {
        let mut environment = FirstEnvironment::default();
        change(&mut environment);
        let error = environment.check().unwrap_err().to_string();
        assert!(error.contains(why) && !error.contains("hunter2"), "{error}");
    }
}
