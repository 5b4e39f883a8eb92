use serde_json::json;

use super::*;

fn calendar(name: &str) -> Value {
    copy(name, HERE, None, &[renamed(table("ADW", "calendar"), name)])
}

async fn log_of_creates(site: &Rehearsal) -> Vec<Value> {
    let log = site.read("/_sim/requests").await;
    log.as_array().unwrap().iter().filter(|one| one["call"] == "create").cloned().collect()
}

#[tokio::test]
async fn a_lost_reply_is_accepted_all_the_same() {
    let site = Rehearsal::with_faults(&["create:lose-reply,times=1"]).await;
    let error = site.create_request(5002, &calendar("lost")).send().await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_eq!(site.creates().await, 1);
    let id = site.list().await[0]["restore_execution_id"].as_i64().unwrap();
    assert_eq!(site.ended(id).await["status"], "COMPLETED_SUCCESSFULLY");
    let log = log_of_creates(&site).await;
    assert_eq!((&log[0]["status"], &log[0]["fault"]), (&json!(null), &json!([{"lose_reply": {}}])));
    assert_eq!(site.create(5002, &calendar("next")).await.status, 202);
}

#[tokio::test]
async fn a_dropped_request_is_not_accepted() {
    let site = Rehearsal::with_faults(&["create:drop,times=1"]).await;
    assert!(site.create_request(5002, &calendar("a")).send().await.is_err());
    assert_eq!(site.creates().await, 0);
    assert_eq!(log_of_creates(&site).await.len(), 1);
    assert_eq!(site.create(5002, &calendar("a")).await.status, 202);
}

#[tokio::test]
async fn a_late_request_lands_after_the_connection_is_gone() {
    // First so late that it can't have landed while we look, then at once.
    let site = Rehearsal::with_faults(&["create:late-accept=10m,times=1", "create:late-accept=1,times=1"]).await;
    assert!(site.create_request(5002, &calendar("much-later")).send().await.is_err());
    assert!(site.create_request(5002, &calendar("soon")).send().await.is_err());
    let mut names = Vec::new();
    for _ in 0..TRIES {
        names = site.list().await.iter().map(|one| one["restore_job_name"].clone()).collect();
        if !names.is_empty() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    assert_eq!(names, ["soon"]);
    assert_eq!(site.creates().await, 1);
    let bad = Rehearsal::with_faults(&["create:late-accept=0"]).await;
    assert!(bad.create_request(5003, &calendar("refused")).send().await.is_err());
    assert_eq!(bad.creates().await, 0, "what is wrong is not accepted later either");
}

#[tokio::test]
async fn a_truncated_answer_announces_more_than_comes() {
    let site = Rehearsal::with_faults(&["list:truncate,times=1", "create:truncate,times=1"]).await;
    let response = site.create_request(5002, &calendar("a")).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 202);
    assert!(response.headers().contains_key("x-resource-id"));
    let announced = response.content_length().unwrap();
    assert!(announced > 10);
    let error = response.bytes().await.unwrap_err();
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    let mut response = site.request(reqwest::Method::GET, &format!("/sites/{HERE}/restores")).send().await.unwrap();
    let first = response.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"[{"), "the first half does come");
    assert!(response.chunk().await.is_err());
    assert_eq!(site.creates().await, 1);
    assert_eq!(site.list().await.len(), 1);
}

#[tokio::test]
async fn answers_of_any_kind() {
    let site = Rehearsal::with_faults(&[
        "create:answer=429,retry-after=7,times=1",
        "create:answer=500,body=<html>gateway</html>,times=1",
        "create:garbage,times=1",
        "create:redirect=http://127.0.0.1:1/,times=1",
        "permissions:answer=403",
        "execution-restores:answer=405",
    ])
    .await;
    let send = async || site.create_request(5002, &calendar("a")).send().await.unwrap();
    let limited = send().await;
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert!(limited.json::<Value>().await.unwrap()["message"].is_string());
    let html = send().await;
    assert_eq!(html.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!((html.status().as_u16(), html.text().await.unwrap()), (500, "<html>gateway</html>".into()));
    assert_eq!(site.creates().await, 0);
    let garbled = send().await;
    assert_eq!(garbled.status().as_u16(), 202);
    assert!(!garbled.headers().contains_key("x-resource-id"));
    assert!(garbled.json::<Value>().await.is_err());
    assert_eq!(site.creates().await, 1, "garbled, yet accepted");
    let redirected = send().await;
    assert_eq!(
        (redirected.status().as_u16(), &redirected.headers()["location"]),
        (307, &"http://127.0.0.1:1/".parse().unwrap())
    );
    assert_eq!(site.post(&format!("/sites/{HERE}/restore-permissions"), &json!({})).await.status, 403);
    assert_eq!(site.get(&format!("/sites/{HERE}/jobs/1412/executions/5002/restores")).await.status, 405);
}

#[tokio::test]
async fn a_delayed_answer_is_carried_out_even_when_the_caller_goes() {
    let site = Rehearsal::with_faults(&["create:delay=10m"]).await;
    let waiting = tokio::spawn(site.create_request(5002, &calendar("a")).send());
    let mut creates = 0;
    for _ in 0..TRIES {
        creates = site.creates().await;
        if creates > 0 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    assert_eq!(creates, 1);
    assert!(!waiting.is_finished(), "the answer is still to come");
    waiting.abort();
    // An answer that is far from due doesn't hold the stop up.
    tokio::time::timeout(Duration::from_secs(60), site.simulator.stop()).await.unwrap();
}

#[tokio::test]
async fn restores_end_as_they_are_told() {
    let site = Rehearsal::with_faults(&[
        "restore:fail=no space left,name=fails",
        "restore:partial,name=partly",
        "restore:warn=statistics are old,name=warns",
        "restore:status=MOSTLY_DONE,name=odd",
    ])
    .await;
    let two = |name: &str| {
        let to = |table: &str| format!("{name}_{table}");
        let objects =
            [renamed(table("ADW", "calendar"), &to("calendar")), renamed(table("ADW", "customer"), &to("customer"))];
        copy(name, HERE, None, &objects)
    };
    for (name, status, present) in [
        ("fails", "FAILED", [false, false]),
        ("partly", "COMPLETED_WITH_ERRORS", [true, false]),
        ("warns", "COMPLETED_WITH_WARNINGS", [true, true]),
        ("odd", "MOSTLY_DONE", [true, true]),
    ] {
        let ended = site.restored(5002, &two(name)).await;
        assert_eq!(ended["status"], status);
        for (table, expected) in ["calendar", "customer"].iter().zip(present) {
            let rows = site.rows(HERE, "ADW", &format!("{name}_{table}")).await;
            assert_eq!(rows.is_some(), expected, "{name} {table}");
        }
    }
    let restores = site.list().await;
    assert_eq!(
        (&restores[0]["status_details"], &restores[0]["errors"]),
        (&json!("no space left"), &json!(["no space left"]))
    );
    assert_eq!(restores[1]["restore_execution_sub_tasks"][1]["status"], "FAILED");
    assert_eq!(restores[2]["warnings"], json!(["statistics are old"]));
}

#[tokio::test]
async fn a_restore_hangs_and_vanishes() {
    let site = Rehearsal::with_faults(&["restore:hang,name=hangs", "restore:vanish=10m,name=vanishes"]).await;
    let hangs = site.accepted(5002, &calendar("hangs")).await;
    let vanishes = site.accepted(5002, &calendar("vanishes")).await;
    let other = site.accepted(5002, &calendar("other")).await;
    site.ended(other).await;
    let hanging = site.listed(hangs).await;
    assert_eq!((&hanging["status"], &hanging["end_time"]), (&json!("RUNNING"), &json!(null)));
    let ids: Vec<_> = site.list().await.iter().map(|one| one["restore_execution_id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [hangs, other]);
    let execution = format!("/sites/{HERE}/jobs/1412/executions/5002/restores");
    assert_eq!(site.read(&execution).await.as_array().unwrap().len(), 2);
    assert_eq!(site.read(&format!("{execution}/{vanishes}")).await["restore_job_name"], "vanishes");
    assert_eq!(site.creates().await, 3);
}

#[tokio::test]
async fn slowness_counts_times() {
    // At this pace the calendar's three megabytes and a bit would take 3 ms; slowed, longer than a test waits.
    let site = Rehearsal::begin(|config| {
        config.throughput = 1_000_000_000;
        config.faults = vec!["restore:slow=1e9,name=slow".parse().unwrap()];
    })
    .await;
    let slow = site.accepted(5002, &calendar("slow")).await;
    site.restored(5002, &calendar("quick")).await;
    assert_eq!(site.listed(slow).await["status"], "RUNNING");
}

#[tokio::test]
async fn faults_come_and_go_while_it_runs() {
    let site = Rehearsal::begin(|_| {}).await;
    let fault = json!({"call": "status", "name": "watch*", "effect": {"answer": {"status": 503}}});
    let added = site.post("/_sim/faults", &fault).await;
    assert_eq!((added.status, added.document), (201, json!({"id": 1})));
    let (watched, other) = (site.accepted(5002, &calendar("watched")).await, site.accepted(5002, &calendar("o")).await);
    let status =
        async |id: i64| site.get(&format!("/sites/{HERE}/jobs/1412/executions/5002/restores/{id}")).await.status;
    assert_eq!((status(watched).await, status(other).await), (503, 200));
    let faults = site.read("/_sim/faults").await;
    assert_eq!((&faults[0]["struck"], &faults[0]["call"]), (&json!(1), &json!("status")));
    let cleared = site.send(site.request(reqwest::Method::DELETE, "/_sim/faults")).await;
    assert_eq!(cleared.status, 204);
    assert_eq!(status(watched).await, 200);
    let wrong = site.post("/_sim/faults", &json!({"call": "list", "effect": {"hang": {}}})).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.document["message"].as_str().unwrap().contains("strikes a restore"), "{wrong:?}");
}
