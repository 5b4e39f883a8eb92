//! Records whose fields hold anything: read, or refused whole; never a panic, and never a success that nobody told of.

use proptest::prelude::*;
use restorectl::baas::wire;
use restorectl::model::*;
use serde_json::{Value, json};

use super::server::{Hostile, say};
use super::{answer, client, json as good, request, site};

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        // Words and times that mean something where they belong.
        prop::sample::select(vec![
            "SUCCESSFUL",
            "COMPLETED_SUCCESSFULLY",
            "FAILED",
            "RUNNING",
            "D",
            "0001-01-01T00:00:00Z",
            "9999-12-30T00:00:00Z",
            "-009999-01-02T01:59:59Z",
            "2026-13-99T99:99:99Z",
            "99999999999999999999",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z_]{1,8}", inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// An object with some of these fields, each with anything in it.
fn record(fields: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::collection::vec((prop::sample::select(fields), anything()), 0..fields.len())
        .prop_map(|entries| Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
}

const RESTORE: &[&str] = &[
    "restore_job_name",
    "restore_job_id",
    "restore_execution_id",
    "status",
    "status_details",
    "start_time",
    "end_time",
    "errors",
    "warnings",
    "restored_objects_status",
    "restore_execution_sub_tasks",
    "dr_site_id",
    "snapshot_name",
    "snapshot_size",
    "source_site_id",
    "target_site",
    "is_failover",
    "something_new",
];
const TASK: &[&str] = &["sub_task_name", "status", "status_details", "start_time", "end_time", "restore_size"];
const JOB: &[&str] =
    &["job_id", "backup_job_id", "id", "name", "job_name", "job_type", "is_active", "last_execution_details"];
const EXECUTION: &[&str] = &[
    "backup_job_execution_id",
    "execution_id",
    "id",
    "job_id",
    "backup_job_id",
    "status",
    "start_time",
    "end_time",
    "backup_set_size",
    "size",
];
const OBJECT: &[&str] = &["object_name", "object_type", "parent_name", "parent_type", "byte_count"];

/// Whether a success stands there as a text of its own.
fn tells_success(value: &Value) -> bool {
    value.as_str().is_some_and(|text| RestoreStatus(text.to_owned()).class().is_success())
}

proptest! {
    #[test]
    fn a_restore_of_anything_is_a_success_only_where_its_status_says_so(
        mut value in record(RESTORE), tasks in prop::collection::vec(record(TASK), 0..3),
    ) {
        if value["restore_execution_sub_tasks"].is_boolean() {
            value["restore_execution_sub_tasks"] = json!(tasks);
        }
        let record = RestoreRecord::from(serde_json::from_value::<wire::Restore>(value.clone()).unwrap());
        prop_assert_eq!(record.status.class().is_success(), tells_success(&value["status"]));
        prop_assert!(record.is_final() || !record.status.class().is_success());
        let _ = (record.bytes(), record.mark(), record.status.to_string());
        // It is kept in journals, and comes back as it was.
        let kept: RestoreRecord = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        prop_assert_eq!(kept, record);
    }

    #[test]
    fn every_other_record_is_read_whatever_it_holds(
        job in record(JOB), execution in record(EXECUTION), object in record(OBJECT), database in record(&["name", "dbKind"]),
        preparation in record(&["status", "details"]),
    ) {
        let found = serde_json::from_value::<wire::Execution>(execution.clone()).unwrap().into_model();
        if let Some(found) = found {
            prop_assert_eq!(found.status.class().is_success(), tells_success(&execution["status"]));
        }
        serde_json::from_value::<wire::Job>(job).unwrap();
        serde_json::from_value::<wire::BackupObject>(object).unwrap().into_model();
        serde_json::from_value::<wire::Database>(database).unwrap().into_model();
        serde_json::from_value::<wire::PreparationStatus>(preparation).unwrap();
    }
}

#[tokio::test]
async fn a_list_of_anything_else_is_refused_whole() {
    let name = "drill_model_4d90123456789_1_1";
    let of_arrays = json!([[name, 1, 2, "SUCCESSFUL"]]).to_string();
    let bodies = vec![
        "{}".to_owned(),
        "7".to_owned(),
        "\"[]\"".to_owned(),
        "false".to_owned(),
        "[null]".to_owned(),
        "[[]]".to_owned(),
        "[\"SUCCESSFUL\"]".to_owned(),
        "[{}]".to_owned(),
        "[{\"message\": \"try again later\"}]".to_owned(),
        // What is derived would give these values to the fields by their order.
        of_arrays,
    ];
    let answers = bodies.clone();
    let gate = Hostile::new(move |number, _| vec![say(good(&answers[number]))]).await;
    let client = client(&gate.url);
    for body in bodies {
        let said = client.restores(&site()).await.expect_err(&body).to_string();
        assert!(said.contains("another shape than documented"), "{body}: {said}");
    }
}

#[tokio::test]
async fn an_array_is_no_record_where_one_is_asked_for() {
    let values = json!(["drill_model_4d90123456789_1_1", 1, 2, "SUCCESSFUL"]).to_string();
    let gate = Hostile::always(vec![say(good(&values))]).await;
    let client = client(&gate.url);
    let source = request().source;
    assert!(client.restore(&source, &ResourceId::new("1")).await.is_err());
    assert!(client.job(&source.job).await.is_err());
    assert!(client.preparation_status(&site()).await.is_err());
    let job = json!({"job_id": 1, "last_execution_details": [5002, 1, "SUCCESSFUL"]}).to_string();
    let gate = Hostile::always(vec![say(good(&job))]).await;
    assert_eq!(super::client(&gate.url).job(&source.job).await.unwrap().last_execution_details, None);
}

#[tokio::test]
async fn only_the_documented_yes_is_one() {
    let id = "x-resource-id: 91\r\n";
    let page = "<html>log in</html>";
    let html = "content-type: text/html\r\n";
    let unknown = |outcome: &CreateOutcome| matches!(outcome, CreateOutcome::Unknown { .. });
    let table = [
        ("200 OK", html.to_owned(), page),
        ("200 OK", String::new(), "[]"),
        ("202 Accepted", String::new(), "{\"restore_execution_id\": 91}"),
        ("204 No Content", String::new(), ""),
        ("201 Created", "location: /restores/91\r\n".to_owned(), ""),
        ("206 Partial Content", html.to_owned(), page),
        ("299 Odd", String::new(), ""),
        ("500 Internal Server Error", id.to_owned(), ""),
        ("599 Odd", id.to_owned(), ""),
        ("999 Odd", id.to_owned(), ""),
    ];
    let answers: Vec<Vec<u8>> = table.iter().map(|(status, headers, body)| answer(status, headers, body)).collect();
    let gate = Hostile::new(move |number, _| vec![say(answers[number].clone())]).await;
    let client = client(&gate.url);
    for (status, headers, body) in table {
        let outcome = client.create(&request()).await;
        assert!(unknown(&outcome), "{status} {headers} {body}: {outcome:?}");
    }
}
