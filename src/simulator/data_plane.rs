//! The rows themselves: tables made, copied, replaced and dropped as restores do it.

use serde_json::Value;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::catalogue;
use super::store::{quoted, sql_int};
use super::work::{Task, WholeDatabase, Work, fold};

/// What stands against a restore at its target, if anything does.
pub(super) async fn obstacle(
    sql: &mut SqliteConnection,
    site: &str,
    execution: i64,
    work: &Work,
) -> sqlx::Result<Option<String>> {
    if let Some(missing) = work.missing.first() {
        return Ok(Some(format!("backup execution {execution} holds no {missing}")));
    }
    let named = work.databases.iter().map(|whole| (&whole.name, whole.may_create));
    let holding = work.tasks.iter().map(|task| (&task.database, false));
    for (name, may_create) in named.chain(holding) {
        let comes_whole = work.databases.iter().any(|whole| whole.may_create && fold(&whole.name) == fold(name));
        if !may_create && !comes_whole && catalogue::database(sql, site, name).await?.is_none() {
            return Ok(Some(format!("database {name} does not exist at the target")));
        }
    }
    for task in &work.tasks {
        let goes = work.databases.iter().any(|whole| fold(&whole.name) == fold(&task.database));
        if goes {
            continue;
        }
        let there = catalogue::object(sql, site, &task.database, &task.name).await?;
        if let Some(there) = there.filter(|there| there.kind != task.kind) {
            return Ok(Some(format!(
                "{}.{} exists at the target as a {}, so no {} can come there",
                task.database, there.name, there.kind, task.kind
            )));
        }
    }
    Ok(None)
}

/// Carries a restore's work out, but for the last `left_out` of its objects. Belongs into the
/// transaction that also records its end.
pub(super) async fn carry_out(
    sql: &mut SqliteConnection,
    site: &str,
    origin: &str,
    work: &Work,
    left_out: usize,
) -> sqlx::Result<()> {
    for whole in &work.databases {
        empty_database(sql, site, whole).await?;
    }
    for task in work.tasks.iter().take(work.tasks.len().saturating_sub(left_out)) {
        bring_back(sql, site, origin, task).await?;
    }
    Ok(())
}

/// Drops all that a database holds but what is kept; makes it where there is none.
async fn empty_database(sql: &mut SqliteConnection, site: &str, whole: &WholeDatabase) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO sim_databases VALUES (?, ?, ?, 'D') ON CONFLICT DO NOTHING")
        .bind(site)
        .bind(fold(&whole.name))
        .bind(&whole.name)
        .execute(&mut *sql)
        .await?;
    for object in catalogue::objects(sql, site, &whole.name).await? {
        if !whole.kept.iter().any(|kept| fold(kept) == fold(&object.name)) {
            remove(sql, site, &whole.name, &object.name).await?;
        }
    }
    Ok(())
}

/// Puts one object in its place, and what was there under its name away.
async fn bring_back(sql: &mut SqliteConnection, site: &str, origin: &str, task: &Task) -> sqlx::Result<()> {
    remove(sql, site, &task.database, &task.name).await?;
    let object = NewObject {
        site,
        database: &task.database,
        name: &task.name,
        kind: &task.kind,
        definition: task.definition.as_deref(),
        bytes: task.bytes,
        origin,
    };
    let storage = add(sql, &object, task.is_table()).await?;
    if let (Some(from), Some(to)) = (&task.storage, storage) {
        let copy = format!("INSERT INTO {} SELECT * FROM {}", quoted(&to), quoted(from));
        sqlx::query(AssertSqlSafe(copy)).persistent(false).execute(sql).await?;
    }
    Ok(())
}

/// An object that is to live at a site.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewObject<'a> {
    /// The site.
    pub(super) site: &'a str,
    /// The database.
    pub(super) database: &'a str,
    /// Its name.
    pub(super) name: &'a str,
    /// Its type, as on the wire.
    pub(super) kind: &'a str,
    /// A table's columns, or the text of a view or macro.
    pub(super) definition: Option<&'a str>,
    /// Its stated size.
    pub(super) bytes: u64,
    /// What brings it there.
    pub(super) origin: &'a str,
}

/// Adds an object, with an empty table of the data plane if it has rows; gives that table's name.
pub(super) async fn add(
    sql: &mut SqliteConnection,
    object: &NewObject<'_>,
    is_table: bool,
) -> sqlx::Result<Option<String>> {
    let storage = is_table.then(|| storage_name(object.site, object.database, object.name));
    if let Some(storage) = &storage {
        make_table(sql, storage, object.definition.unwrap_or_default()).await?;
    }
    sqlx::query("INSERT INTO sim_objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(object.site)
        .bind(fold(object.database))
        .bind(fold(object.name))
        .bind(object.name)
        .bind(object.kind)
        .bind(object.definition)
        .bind(&storage)
        .bind(sql_int(object.bytes))
        .bind(object.origin)
        .execute(sql)
        .await?;
    Ok(storage)
}

/// Takes an object away, with its rows.
async fn remove(sql: &mut SqliteConnection, site: &str, database: &str, name: &str) -> sqlx::Result<()> {
    let Some(object) = catalogue::object(sql, site, database, name).await? else {
        return Ok(());
    };
    if let Some(storage) = object.storage {
        let drop = format!("DROP TABLE IF EXISTS {}", quoted(&storage));
        sqlx::query(AssertSqlSafe(drop)).persistent(false).execute(&mut *sql).await?;
    }
    sqlx::query("DELETE FROM sim_objects WHERE site = ? AND database = ? AND folded = ?")
        .bind(site)
        .bind(fold(database))
        .bind(fold(name))
        .execute(sql)
        .await?;
    Ok(())
}

/// Makes an empty table of the data plane; `columns` come from the sample data alone.
pub(super) async fn make_table(sql: &mut SqliteConnection, storage: &str, columns: &str) -> sqlx::Result<()> {
    let make = format!("CREATE TABLE {} ({columns})", quoted(storage));
    sqlx::query(AssertSqlSafe(make)).persistent(false).execute(sql).await?;
    Ok(())
}

/// The name of a table of the data plane. A part with anything but letters, digits, `_` and `-` is quoted
/// in it, so that no two objects share a table.
pub(super) fn storage_name(place: &str, database: &str, name: &str) -> String {
    let part = |text: &str| {
        let plain = text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if plain { text.to_owned() } else { quoted(text) }
    };
    format!("{place}.{}.{}", part(database), part(name))
}

/// Rows of a table, each as an object by column, and how many there are.
pub(super) async fn rows(sql: &mut SqliteConnection, storage: &str, limit: i64) -> sqlx::Result<(i64, Vec<Value>)> {
    let table = quoted(storage);
    let count: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
        .persistent(false)
        .fetch_one(&mut *sql)
        .await?;
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?) ORDER BY cid")
        .bind(storage)
        .fetch_all(&mut *sql)
        .await?;
    // A blob, which JSON can't hold, shows as hexadecimal digits.
    let pair = |column: &String| {
        let (text, value) = (column.replace('\'', "''"), quoted(column));
        format!("'{text}', CASE typeof({value}) WHEN 'blob' THEN hex({value}) ELSE {value} END")
    };
    let pairs: Vec<String> = columns.iter().map(pair).collect();
    let select = format!("SELECT json_object({}) FROM {table} ORDER BY rowid LIMIT ?", pairs.join(", "));
    let rows: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(select)).persistent(false).bind(limit).fetch_all(sql).await?;
    let read = |row: &String| serde_json::from_str(row).unwrap_or(Value::Null);
    Ok((count, rows.iter().map(read).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_objects_share_a_table() {
        let plain = storage_name("PP88", "ADW", "customer");
        assert_eq!(plain, "PP88.ADW.customer");
        assert_ne!(storage_name("S", "a.b", "c"), storage_name("S", "a", "b.c"));
        assert_ne!(storage_name("S", "a", "\"b\""), storage_name("S", "a", "b"));
    }
}
