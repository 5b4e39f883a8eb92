//! The simulator through a plain HTTP client, as anybody would call it.

mod calls;
mod creates;
mod faults;
mod lasting;
mod restores;

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Config, Simulator, start};

const HERE: &str = "TDICGC73149PP88";
const THERE: &str = "TDICGC73149PP99";
/// So fast that the largest sample takes a few milliseconds.
const AT_ONCE: u64 = 10_000_000_000_000;
/// `restore_operator:rehearsal-only`.
const LOGIN: &str = "Basic cmVzdG9yZV9vcGVyYXRvcjpyZWhlYXJzYWwtb25seQ==";
/// How often a state is asked for, at most, and the pause between.
const TRIES: usize = 3_000;
const PAUSE: Duration = Duration::from_millis(5);

/// A simulator in a folder of its own, and a client.
struct Rehearsal {
    simulator: Simulator,
    folder: TempDir,
    client: reqwest::Client,
}

/// An answer: its status, the header `x-resource-id`, and its document.
#[derive(Debug, Clone, PartialEq)]
struct Reply {
    status: u16,
    resource: Option<i64>,
    document: Value,
}

fn config(folder: &TempDir) -> Config {
    Config { throughput: AT_ONCE, queue_delay: Duration::ZERO, ..Config::new(folder.path().join("site")) }
}

fn client() -> reqwest::Client {
    // Fails only where another test has set the same provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

impl Rehearsal {
    async fn begin(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(&folder);
        change(&mut config);
        Self { simulator: start(config).await.unwrap(), folder, client: client() }
    }

    /// A simulator with these faults.
    async fn with_faults(faults: &[&str]) -> Self {
        Self::begin(|config| config.faults = faults.iter().map(|fault| fault.parse().unwrap()).collect()).await
    }

    /// The same site after a stop.
    async fn again(self, change: impl FnOnce(&mut Config)) -> Self {
        self.simulator.stop().await;
        let mut config = config(&self.folder);
        change(&mut config);
        Self { simulator: start(config).await.unwrap(), ..self }
    }

    fn address(&self, path: &str) -> String {
        let root = format!("http://{}", self.simulator.addr());
        if path.starts_with("/_sim") { format!("{root}{path}") } else { format!("{}{path}", self.simulator.url()) }
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.address(path))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        assert_eq!(response.headers().get("x-simulator").unwrap(), "restorectl");
        let status = response.status().as_u16();
        let resource = response.headers().get("x-resource-id").map(|id| id.to_str().unwrap().parse().unwrap());
        let text = response.text().await.unwrap();
        let document = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Reply { status, resource, document }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send(self.request(reqwest::Method::GET, path)).await
    }

    /// The document of a call that must answer 200.
    async fn read(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.document);
        reply.document
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(reqwest::Method::POST, path).json(body)).await
    }

    fn create_request(&self, execution: i64, body: &Value) -> reqwest::RequestBuilder {
        let path = format!("/sites/{HERE}/jobs/{}/executions/{execution}/restores", job_of(execution));
        self.request(reqwest::Method::POST, &path).header("x-auth-credentials", LOGIN).json(body)
    }

    async fn create(&self, execution: i64, body: &Value) -> Reply {
        self.send(self.create_request(execution, body)).await
    }

    /// The id of a restore that must be accepted.
    async fn accepted(&self, execution: i64, body: &Value) -> i64 {
        let reply = self.create(execution, body).await;
        assert_eq!(reply.status, 202, "{}", reply.document);
        reply.resource.unwrap()
    }

    /// The restores that the site lists.
    async fn list(&self) -> Vec<Value> {
        self.read(&format!("/sites/{HERE}/restores")).await.as_array().unwrap().clone()
    }

    /// One restore out of the list.
    async fn listed(&self, id: i64) -> Value {
        let restores = self.list().await;
        restores.into_iter().find(|one| one["restore_execution_id"] == id).unwrap()
    }

    /// A restore once it has ended.
    async fn ended(&self, id: i64) -> Value {
        for _ in 0..TRIES {
            let restore = self.listed(id).await;
            if !restore["end_time"].is_null() {
                return restore;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("restore {id} did not end: {}", self.listed(id).await);
    }

    /// Creates a restore and waits for its end.
    async fn restored(&self, execution: i64, body: &Value) -> Value {
        let id = self.accepted(execution, body).await;
        self.ended(id).await
    }

    /// The rows of a live table, if it is there.
    async fn rows(&self, site: &str, database: &str, table: &str) -> Option<Vec<Value>> {
        let reply = self.get(&format!("/_sim/sites/{site}/databases/{database}/tables/{table}/rows")).await;
        (reply.status == 200).then(|| reply.document["rows"].as_array().unwrap().clone())
    }

    /// The objects of a live database, as `TYPE name`.
    async fn objects(&self, site: &str, database: &str) -> Vec<String> {
        let document = self.read(&format!("/_sim/sites/{site}/databases/{database}")).await;
        let name =
            |object: &Value| format!("{} {}", object["type"].as_str().unwrap(), object["name"].as_str().unwrap());
        document["objects"].as_array().unwrap().iter().map(name).collect()
    }

    /// How many creates were accepted.
    async fn creates(&self) -> usize {
        self.read("/_sim/creates").await.as_array().unwrap().len()
    }

    /// Rows of a table in the database file itself, read by another client.
    async fn file_rows(&self, storage: &str) -> i64 {
        let mut connection = open_file(&self.folder).await;
        let count = format!("SELECT count(*) FROM \"{storage}\"");
        sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&mut connection).await.unwrap()
    }
}

/// The database file of a folder as any SQLite client opens it.
async fn open_file(folder: &TempDir) -> sqlx::SqliteConnection {
    let file = folder.path().join("site").join("site.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).create_if_missing(true);
    <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap()
}

fn job_of(execution: i64) -> i64 {
    match execution / 1_000 {
        5 => 1412,
        6 => 1420,
        _ => 1431,
    }
}

fn object(kind: &str, parent: &str, name: &str) -> Value {
    json!({"object_name": name, "object_type": kind, "parent_name": parent, "parent_type": "DATABASE",
        "exclude_objects": [], "include_all": true})
}

fn table(parent: &str, name: &str) -> Value {
    object("TABLE", parent, name)
}

fn renamed(mut object: Value, name: &str) -> Value {
    object["rename_to"] = json!(name);
    object
}

/// A restore of objects in place.
fn restore(name: &str, objects: &[Value]) -> Value {
    json!({"name": name, "target_site": HERE, "job_settings": {
        "objects": objects, "continue_job_on_access_right_violation": false, "run_as_a_copy_job": false,
        "skip_statstics": false, "skip_join_or_hash_indexes": false
    }})
}

/// A copy of objects to a site, and there to another database if one is named.
fn copy(name: &str, site: &str, map_to: Option<&str>, objects: &[Value]) -> Value {
    let mut body = restore(name, objects);
    body["target_site"] = json!(site);
    body["job_settings"]["run_as_a_copy_job"] = json!(true);
    if let Some(database) = map_to {
        body["job_settings"]["restore_to_a_different_database_on_target_site"] = json!(database);
    }
    body
}
