//! What a restore destroys at its target, and whether plan and environment allow that.

use jiff::Timestamp;

use crate::model::{DataLoss, Environment, Item, Level, OnExisting, RestoreObject, Snapshot, Touched, nearest_name};

use super::SeenDatabase;

/// What sending an item would mean for the target.
#[derive(Debug, Default)]
pub(super) struct Loss {
    /// The worst of its objects.
    pub(super) class: DataLoss,
    /// The losses in words.
    pub(super) words: Vec<String>,
    /// What can't be seen.
    pub(super) notes: Vec<String>,
    /// Why it must not be sent.
    pub(super) refusal: Option<String>,
    /// Its targets are there, and the plan says to leave them then.
    pub(super) skip: Option<String>,
    /// The databases that were looked for.
    pub(super) databases: Vec<SeenDatabase>,
}

/// Looks at every object of an item. `before` names an earlier restore of the item that succeeded, so that what
/// it made is probably still there although the API can't show it. `made_before` tells which databases items that
/// come first will make.
pub(super) fn loss(
    item: &Item,
    (environment, taken_at): (&Environment, Option<Timestamp>),
    snapshot: &Snapshot,
    before: Option<&str>,
    made_before: impl Fn(&Touched) -> bool,
) -> Loss {
    let mut loss = Loss::default();
    let mut skipped = 0;
    for object in &item.objects {
        let touched = item.touched_by(object);
        let exists = exists(snapshot, &touched, &mut loss);
        let found = match (object.object_type.level(), exists) {
            (_, Err(why)) => Err(why),
            (Level::Database, Ok(true)) => Ok(Some(Found::Database)),
            (Level::Database, Ok(false)) if item.target.database.is_none() => Ok(None),
            (_, Ok(false)) if made_before(&touched) => {
                loss.note(format!("database `{}` is made by a restore that comes first", touched.database));
                Ok(None)
            }
            (_, Ok(false)) => Err(absent(snapshot, &touched)),
            (Level::Object, Ok(true)) if item.is_in_place(object) => Ok(Some(Found::Itself)),
            (Level::Object, Ok(true)) => Ok(before.map(Found::Probably)),
        };
        match found {
            Err(why) => loss.refuse(why),
            Ok(None) => unseen(item, object, &touched, environment, &mut loss),
            Ok(Some(found)) => {
                judge((item, object, &touched), found, (environment, taken_at), &mut loss);
                skipped += usize::from(item.on_existing == OnExisting::Skip);
            }
        }
    }
    if skipped > 0 && skipped < item.objects.len() {
        loss.refuse(format!(
            "some of its objects are there and others not, and `on_existing: skip` can't do a part: make it several restores ({})",
            item.origin
        ));
    }
    loss.databases.sort_by(|a, b| a.name.cmp(&b.name));
    loss.databases.dedup();
    loss
}

/// How we know that something is at the target.
#[derive(Clone, Copy)]
enum Found<'a> {
    /// The site lists the database.
    Database,
    /// It is the very object that was backed up.
    Itself,
    /// This earlier restore of the item made it.
    Probably(&'a str),
}

impl Loss {
    /// Says it once, also for many objects.
    fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn refuse(&mut self, why: String) {
        self.refusal.get_or_insert(why);
    }
}

fn exists(snapshot: &Snapshot, touched: &Touched, loss: &mut Loss) -> Result<bool, String> {
    let databases = snapshot.databases_of(&touched.site);
    let result = databases.map(|databases| databases.iter().any(|database| database.name == touched.database));
    loss.databases.push(SeenDatabase { name: touched.database.to_string(), exists: result.as_ref().ok().copied() });
    result
}

/// What to do about a database that must be there and isn't.
fn absent(snapshot: &Snapshot, touched: &Touched) -> String {
    let known = snapshot.databases_of(&touched.site).unwrap_or_default().iter().map(|database| &database.name);
    let meant = nearest_name(&touched.database, known);
    let meant = meant.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"));
    format!(
        "database `{}` does not exist at site `{}`{meant}; create it there or name another one",
        touched.database, touched.site
    )
}

/// Nothing is known to be in the way; what can't be seen is said.
fn unseen(item: &Item, object: &RestoreObject, touched: &Touched, environment: &Environment, loss: &mut Loss) {
    if object.object_type.level() == Level::Database {
        loss.note(format!("database `{touched}` is not at site `{}` yet", touched.site));
        return;
    }
    if item.on_existing == OnExisting::Skip {
        return loss.refuse(format!(
            "`on_existing: skip` ({}) needs to know whether `{touched}` is there, and the API lists no tables: say `replace`, \
             or restore under a name that is free",
            item.origin
        ));
    }
    if item.on_existing == OnExisting::Replace {
        if !environment.guard.allow_replace {
            return loss.refuse(guarded("`on_existing: replace`", item, "allow_replace", environment));
        }
        loss.class = loss.class.max(DataLoss::Replaces);
        loss.words.push(format!("replaces `{touched}`, data and definition, if it is there"));
    } else {
        loss.words
            .push(format!("not known: the API lists no tables, and the service replaces `{touched}` if it is there"));
    }
}

/// Something is in the way.
fn judge(
    (item, object, touched): (&Item, &RestoreObject, &Touched),
    found: Found<'_>,
    (environment, taken_at): (&Environment, Option<Timestamp>),
    loss: &mut Loss,
) {
    let guard = &environment.guard;
    let since = taken_at.map_or_else(String::new, |at| format!(" of {}", at.strftime("%Y-%m-%d %H:%M:%SZ")));
    let (class, words) = match found {
        Found::Database => (DataLoss::Drops, format!("drops everything made in `{touched}` since the backup{since}")),
        Found::Itself => (DataLoss::Replaces, format!("replaces `{touched}`, data and definition, with the backup's")),
        Found::Probably(_) => (DataLoss::Replaces, format!("replaces `{touched}`, which an earlier restore made")),
    };
    let known = match found {
        Found::Database => format!("database `{touched}` exists at site `{}`", touched.site),
        Found::Itself => format!("`{touched}` is the very object that was backed up"),
        Found::Probably(name) => format!("`{touched}` is probably there: `{name}` restored this item before"),
    };
    match item.on_existing {
        OnExisting::Fail => {
            let change = "say `on_existing: replace` to allow that, or restore under another name";
            loss.refuse(format!("{known}, and {}: {change} ({})", consequence(class), item.origin));
        }
        // That it was there when it was backed up doesn't say that it still is.
        OnExisting::Skip if matches!(found, Found::Itself) => return unseen(item, object, touched, environment, loss),
        OnExisting::Skip => {
            loss.skip.get_or_insert(format!("{known}, and the plan says `on_existing: skip`"));
            return;
        }
        OnExisting::Replace if item.is_in_place(object) && !guard.allow_in_place => {
            loss.refuse(guarded("a restore over its own source", item, "allow_in_place", environment));
        }
        OnExisting::Replace if !item.is_in_place(object) && !guard.allow_replace => {
            loss.refuse(guarded("`on_existing: replace`", item, "allow_replace", environment));
        }
        OnExisting::Replace => {}
    }
    loss.class = loss.class.max(class);
    loss.words.push(words);
}

fn consequence(class: DataLoss) -> &'static str {
    match class {
        DataLoss::Drops => "the restore would drop what was made in it since the backup",
        _ => "the restore would replace it",
    }
}

fn guarded(what: &str, item: &Item, guard: &str, environment: &Environment) -> String {
    format!(
        "{what} ({}) is not allowed here: it needs `guard: {{{guard}: true}}` in the environment{}",
        item.origin,
        environment.guard_place()
    )
}
