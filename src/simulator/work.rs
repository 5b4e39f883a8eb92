//! What a create call asks for. Pure: first what the request alone shows to be wrong, then what it
//! comes to once the backup's list of objects is known.

use serde::{Deserialize, Serialize};

use crate::baas::wire::{CreateRestore, JobObject};

/// Databases that belong to the system; nothing is restored into them.
const RESERVED: [&str; 7] = ["DBC", "SYSUDTLIB", "TD_SYSFNLIB", "SYSLIB", "SYSSPATIAL", "TD_SERVER_DB", "CRASHDUMPS"];

/// The types of single objects that may come back under another name.
const RENAMABLE: [&str; 2] = ["TABLE", "QUEUE_TABLE"];

/// The longest name that the database takes, in characters.
const LONGEST_NAME: usize = 128;

/// The form under which two spellings of one name are the same.
pub(super) fn fold(name: &str) -> String {
    name.to_uppercase()
}

/// What a restore holds locked at its target while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Claim {
    /// The database, folded.
    pub(super) database: String,
    /// One object in it, folded; none for the database with all that it holds.
    pub(super) object: Option<String>,
}

/// An object as a backup holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BackedUp {
    /// What holds it; `DBC` for a database.
    pub(super) parent: String,
    /// Its name.
    pub(super) name: String,
    /// Its type, as on the wire.
    pub(super) kind: String,
    /// A table's columns, or the text of a view or macro.
    pub(super) definition: Option<String>,
    /// The table of the data plane with its rows.
    pub(super) storage: Option<String>,
    /// Its stated size.
    pub(super) bytes: u64,
}

/// What a restore does, object by object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Work {
    /// The databases that are emptied first.
    pub(super) databases: Vec<WholeDatabase>,
    /// The objects that come back, in order.
    pub(super) tasks: Vec<Task>,
    /// Asked for, and not in the backup.
    pub(super) missing: Vec<String>,
}

/// A database that comes back as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WholeDatabase {
    /// Its name at the target.
    pub(super) name: String,
    /// The objects in it that stay untouched.
    pub(super) kept: Vec<String>,
    /// Whether it is created when the target has none; a map-to database is not.
    pub(super) may_create: bool,
}

/// One object that comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Task {
    /// Its name in the backup, with its database.
    pub(super) label: String,
    /// Its type, as on the wire.
    pub(super) kind: String,
    /// A table's columns, or the text of a view or macro.
    pub(super) definition: Option<String>,
    /// The table of the data plane with its rows.
    pub(super) storage: Option<String>,
    /// Its stated size.
    pub(super) bytes: u64,
    /// The database at the target.
    pub(super) database: String,
    /// Its name at the target.
    pub(super) name: String,
}

impl Task {
    /// Whether it has rows.
    pub(super) fn is_table(&self) -> bool {
        self.storage.is_some()
    }
}

/// What is wrong with a request, as far as the request alone shows.
///
/// # Errors
/// A sentence that names the field.
pub(super) fn check(body: &CreateRestore, source_site: &str, sites: &[String]) -> Result<(), String> {
    let settings = &body.job_settings;
    let map_to = settings.restore_to_a_different_database_on_target_site.as_deref();
    if body.name.trim().is_empty() {
        return Err("`name` is empty: give the restore job a name".into());
    }
    if !sites.contains(&body.target_site) {
        return Err(format!("`target_site`: there is no site `{}`", body.target_site));
    }
    if settings.objects.is_empty() {
        return Err("`job_settings.objects` is empty: name at least one object to restore".into());
    }
    if let Some(name) = map_to {
        let field = "job_settings.restore_to_a_different_database_on_target_site";
        check_name(field, name)?;
    }
    if !settings.run_as_a_copy_job {
        let why = if map_to.is_some() {
            Some("another database")
        } else if settings.objects.iter().any(|object| object.rename_to.is_some()) {
            Some("another name")
        } else if body.target_site != source_site {
            Some("another site")
        } else {
            None
        };
        if let Some(why) = why {
            return Err(format!("`job_settings.run_as_a_copy_job` must be true for a restore to {why}"));
        }
    }
    for (index, object) in settings.objects.iter().enumerate() {
        check_object(&format!("job_settings.objects[{index}]"), object, map_to)?;
    }
    let claims = claims(body);
    for (index, claim) in claims.iter().enumerate() {
        if RESERVED.contains(&claim.database.as_str()) {
            return Err(format!("nothing can be restored into the system database `{}`", claim.database));
        }
        if claims.iter().take(index).any(|earlier| overlap(earlier, claim)) {
            return Err(format!(
                "`job_settings.objects[{index}]` arrives at the same place as another object of this request"
            ));
        }
    }
    Ok(())
}

fn check_object(field: &str, object: &JobObject, map_to: Option<&str>) -> Result<(), String> {
    let database = is_database(object);
    check_name(&format!("{field}.object_name"), &object.object_name)?;
    check_name(&format!("{field}.object_type"), &object.object_type)?;
    check_name(&format!("{field}.parent_name"), &object.parent_name)?;
    if !["DATABASE", "USER"].iter().any(|kind| kind.eq_ignore_ascii_case(&object.parent_type)) {
        return Err(format!("`{field}.parent_type` is `{}`: it must be DATABASE or USER", object.parent_type));
    }
    if let Some(name) = &object.rename_to {
        check_name(&format!("{field}.rename_to"), name)?;
        if !database && !RENAMABLE.iter().any(|kind| kind.eq_ignore_ascii_case(&object.object_type)) {
            return Err(format!("`{field}.rename_to`: an object of type {} can't be renamed", object.object_type));
        }
        if database && map_to.is_some() {
            return Err(format!("`{field}.rename_to`: a database is either renamed or mapped to another, not both"));
        }
    }
    if !database && !object.exclude_objects.is_empty() {
        return Err(format!("`{field}.exclude_objects` belongs to a DATABASE only"));
    }
    if database && !object.include_all {
        return Err(format!("`{field}.include_all` must be true for a DATABASE: otherwise nothing of it is selected"));
    }
    for (index, excluded) in object.exclude_objects.iter().enumerate() {
        check_name(&format!("{field}.exclude_objects[{index}].object_name"), &excluded.object_name)?;
    }
    Ok(())
}

fn check_name(field: &str, name: &str) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err(format!("`{field}` is empty"));
    }
    if name.chars().count() > LONGEST_NAME || name.contains('\0') {
        return Err(format!("`{field}` is no name: it has more than {LONGEST_NAME} characters or holds a NUL"));
    }
    Ok(())
}

fn is_database(object: &JobObject) -> bool {
    object.object_type.eq_ignore_ascii_case("DATABASE")
}

/// Where an object arrives: the database, and the name in it unless it is the database itself.
fn destination<'a>(object: &'a JobObject, map_to: Option<&'a str>) -> (&'a str, Option<&'a str>) {
    let own_name = object.rename_to.as_deref().unwrap_or(&object.object_name);
    if is_database(object) {
        (map_to.unwrap_or(own_name), None)
    } else {
        (map_to.unwrap_or(&object.parent_name), Some(own_name))
    }
}

/// What the restore locks at its target.
pub(super) fn claims(body: &CreateRestore) -> Vec<Claim> {
    let map_to = body.job_settings.restore_to_a_different_database_on_target_site.as_deref();
    let claim = |object| {
        let (database, name) = destination(object, map_to);
        Claim { database: fold(database), object: name.map(fold) }
    };
    body.job_settings.objects.iter().map(claim).collect()
}

fn overlap(a: &Claim, b: &Claim) -> bool {
    a.database == b.database && (a.object.is_none() || b.object.is_none() || a.object == b.object)
}

/// What a request comes to, given what the backup holds.
pub(super) fn resolve(body: &CreateRestore, backup: &[BackedUp]) -> Work {
    let settings = &body.job_settings;
    let map_to = settings.restore_to_a_different_database_on_target_site.as_deref();
    let mut work = Work::default();
    for object in &settings.objects {
        let (database, name) = destination(object, map_to);
        let found = backup.iter().find(|one| is_same(one, object));
        let Some(found) = found else {
            work.missing.push(format!("{} {}.{}", object.object_type, object.parent_name, object.object_name));
            continue;
        };
        if let Some(name) = name {
            // The service leaves triggers out of a copy and says nothing.
            if !(settings.run_as_a_copy_job && found.kind == "TRIGGER") {
                work.tasks.push(task(found, database, name));
            }
            continue;
        }
        let kept: Vec<String> = object.exclude_objects.iter().map(|one| one.object_name.clone()).collect();
        let is_kept = |name: &str| kept.iter().any(|kept| fold(kept) == fold(name));
        let inside = backup.iter().filter(|one| fold(&one.parent) == fold(&found.name) && !is_kept(&one.name));
        let comes = inside.filter(|one| !(settings.run_as_a_copy_job && one.kind == "TRIGGER"));
        work.tasks.extend(comes.map(|one| task(one, database, &one.name)));
        work.databases.push(WholeDatabase { name: database.to_owned(), kept, may_create: map_to.is_none() });
    }
    work
}

fn is_same(one: &BackedUp, object: &JobObject) -> bool {
    fold(&one.name) == fold(&object.object_name)
        && fold(&one.parent) == fold(&object.parent_name)
        && one.kind.eq_ignore_ascii_case(&object.object_type)
}

fn task(found: &BackedUp, database: &str, name: &str) -> Task {
    Task {
        label: format!("{}.{}", found.parent, found.name),
        kind: found.kind.clone(),
        definition: found.definition.clone(),
        storage: found.storage.clone(),
        bytes: found.bytes,
        database: database.to_owned(),
        name: name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const HERE: &str = "TDICGC73149PP88";
    const THERE: &str = "TDICGC73149PP99";

    fn body(site: &str, copy: bool, map_to: Option<&str>, objects: Value) -> CreateRestore {
        let mut settings = json!({
            "objects": objects, "continue_job_on_access_right_violation": false, "run_as_a_copy_job": copy,
            "skip_statstics": false, "skip_join_or_hash_indexes": false
        });
        if let Some(database) = map_to {
            settings["restore_to_a_different_database_on_target_site"] = json!(database);
        }
        serde_json::from_value(json!({"name": "r", "target_site": site, "job_settings": settings})).unwrap()
    }

    fn object(kind: &str, parent: &str, name: &str) -> Value {
        json!({"object_name": name, "object_type": kind, "parent_name": parent, "parent_type": "DATABASE",
            "exclude_objects": [], "include_all": true})
    }

    fn with(mut object: Value, key: &str, value: Value) -> Value {
        object[key] = value;
        object
    }

    fn checked(body: &CreateRestore) -> Result<(), String> {
        check(body, HERE, &[HERE.to_owned(), THERE.to_owned()])
    }

    #[test]
    fn refuses_what_the_request_alone_shows_to_be_wrong() {
        let table = || object("TABLE", "ADW", "customer");
        let database = || object("DATABASE", "DBC", "ADW");
        let renamed = |object| with(object, "rename_to", json!("x"));
        let excluding = |object| with(object, "exclude_objects", json!([{"object_name": "a", "object_type": "TABLE"}]));
        for (body, expected) in [
            (body("NOWHERE", false, None, json!([table()])), "`target_site`: there is no site"),
            (body(HERE, false, None, json!([])), "`job_settings.objects` is empty"),
            (body(HERE, false, None, json!([renamed(table())])), "must be true for a restore to another name"),
            (body(HERE, false, Some("B"), json!([table()])), "must be true for a restore to another database"),
            (body(THERE, false, None, json!([table()])), "must be true for a restore to another site"),
            (body(HERE, true, Some(" "), json!([table()])), "different_database_on_target_site` is empty"),
            (body(HERE, true, Some("syslib"), json!([table()])), "system database `SYSLIB`"),
            (body(HERE, true, None, json!([renamed(object("VIEW", "ADW", "v"))])), "type VIEW can't be renamed"),
            (body(HERE, true, Some("B"), json!([renamed(database())])), "either renamed or mapped"),
            (body(HERE, false, None, json!([excluding(table())])), "belongs to a DATABASE only"),
            (
                body(HERE, false, None, json!([with(database(), "include_all", json!(false))])),
                "must be true for a DATA",
            ),
            (
                body(HERE, false, None, json!([with(table(), "object_name", json!(""))])),
                "objects[0].object_name` is em",
            ),
            (
                body(HERE, false, None, json!([with(table(), "parent_type", json!("TABLE"))])),
                "must be DATABASE or USER",
            ),
            (body(HERE, true, None, json!([with(table(), "rename_to", json!("x".repeat(129)))])), "more than 128"),
            (body(HERE, false, None, json!([table(), with(table(), "object_name", json!("CUSTOMER"))])), "objects[1]`"),
            (body(HERE, false, None, json!([database(), table()])), "arrives at the same place"),
        ] {
            let problem = checked(&body).unwrap_err();
            assert!(problem.contains(expected), "{problem:?} doesn't say {expected:?}");
        }
        for fine in [
            body(HERE, false, None, json!([excluding(database()), object("TABLE", "BANKING", "accounts")])),
            body(HERE, true, None, json!([renamed(database())])),
            body(THERE, true, Some("B"), json!([renamed(table()), object("VIEW", "ADW", "v")])),
        ] {
            assert_eq!(checked(&fine), Ok(()), "{fine:?}");
        }
    }

    fn backup() -> Vec<BackedUp> {
        let one = |kind: &str, parent: &str, name: &str| BackedUp {
            parent: parent.into(),
            name: name.into(),
            kind: kind.into(),
            definition: None,
            storage: (kind == "TABLE").then(|| format!("backup.{parent}.{name}")),
            bytes: 7,
        };
        vec![
            one("DATABASE", "DBC", "ADW"),
            one("TABLE", "ADW", "customer"),
            one("TABLE", "ADW", "orders"),
            one("VIEW", "ADW", "totals"),
            one("TRIGGER", "ADW", "on_change"),
        ]
    }

    fn arrivals(work: &Work) -> Vec<String> {
        work.tasks.iter().map(|task| format!("{} -> {}.{}", task.label, task.database, task.name)).collect()
    }

    #[test]
    fn a_database_comes_back_with_all_but_what_is_excluded() {
        let whole = with(
            object("DATABASE", "DBC", "adw"),
            "exclude_objects",
            json!([{"object_name": "ORDERS", "object_type": "TABLE"}]),
        );
        let work = resolve(&body(HERE, false, None, json!([whole.clone()])), &backup());
        assert_eq!(
            arrivals(&work),
            ["ADW.customer -> adw.customer", "ADW.totals -> adw.totals", "ADW.on_change -> adw.on_change"]
        );
        assert_eq!(
            work.databases,
            [WholeDatabase { name: "adw".into(), kept: vec!["ORDERS".into()], may_create: true }]
        );
        let copied = resolve(&body(THERE, true, Some("ADW_DR"), json!([whole])), &backup());
        assert_eq!(arrivals(&copied), ["ADW.customer -> ADW_DR.customer", "ADW.totals -> ADW_DR.totals"]);
        assert!(!copied.databases[0].may_create);
    }

    #[test]
    fn single_objects_go_where_the_request_says() {
        let renamed = with(object("TABLE", "ADW", "customer"), "rename_to", json!("c2"));
        let request = body(HERE, true, Some("BANKING"), json!([renamed, object("VIEW", "ADW", "totals")]));
        assert_eq!(
            arrivals(&resolve(&request, &backup())),
            ["ADW.customer -> BANKING.c2", "ADW.totals -> BANKING.totals"]
        );
        let object_claim = |name: &str| Claim { database: "BANKING".into(), object: Some(name.into()) };
        assert_eq!(claims(&request), [object_claim("C2"), object_claim("TOTALS")]);
    }

    #[test]
    fn what_the_backup_lacks_is_told() {
        let request = body(HERE, false, None, json!([object("VIEW", "ADW", "customer"), object("TABLE", "X", "y")]));
        assert_eq!(resolve(&request, &backup()).missing, ["VIEW ADW.customer", "TABLE X.y"]);
    }
}
