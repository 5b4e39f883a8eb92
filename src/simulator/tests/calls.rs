use serde_json::json;

use super::*;

#[tokio::test]
async fn the_root_page_says_what_this_is() {
    let site = Rehearsal::begin(|_| {}).await;
    let page = site.client.get(format!("http://{}/", site.simulator.addr())).send().await.unwrap();
    assert_eq!(page.headers()["x-simulator"], "restorectl");
    let text = page.text().await.unwrap();
    assert!(text.contains("stand-in for rehearsal"), "{text}");
}

#[tokio::test]
async fn databases_of_both_sites() {
    let site = Rehearsal::begin(|_| {}).await;
    let names = async |id: &str| {
        let databases = site.read(&format!("/sites/{id}/databases")).await;
        databases.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(HERE).await, ["ADW", "BANKING", "BANK_MARKETING", "DBC", "RETAIL", "SYSLIB"]);
    assert_eq!(names(THERE).await, ["ADW_DR", "BANKING", "BANKING_DR", "DBC", "RETAIL_DR"]);
    let databases = site.read(&format!("/sites/{HERE}/databases")).await;
    assert_eq!(databases[0], json!({"name": "ADW", "dbKind": "D"}));
    assert_eq!(
        site.objects(HERE, "adw").await,
        ["TABLE calendar", "TABLE customer", "TABLE line_item", "TABLE orders", "VIEW order_totals"]
    );
    assert!(site.objects(THERE, "BANKING").await.is_empty());
}

#[tokio::test]
async fn jobs_come_in_pages_and_by_filter() {
    let site = Rehearsal::begin(|_| {}).await;
    for (query, expected) in [
        ("", vec![1412, 1420, 1431, 1490]),
        ("?page-size=3", vec![1412, 1420, 1431]),
        ("?page-size=3&page=2", vec![1490]),
        ("?page-size=2&page=3", vec![]),
        ("?page=9223372036854775807&page-size=1000", vec![]),
        ("?job-type=Backup", vec![1412, 1420, 1431]),
        ("?job-type=Restore", vec![1490]),
        ("?is-active=true&page-size=1", vec![1412]),
        ("?is-active=false", vec![]),
    ] {
        let jobs = site.read(&format!("/sites/{HERE}/jobs{query}")).await;
        let ids: Vec<i64> = jobs.as_array().unwrap().iter().map(|job| job["job_id"].as_i64().unwrap()).collect();
        assert_eq!(ids, expected, "{query}");
    }
    for query in ["?page=0", "?page-size=many", "?page-size=1001", "?is-active=1", "?job-type=Other"] {
        let reply = site.get(&format!("/sites/{HERE}/jobs{query}")).await;
        assert_eq!(reply.status, 400, "{query}: {}", reply.document);
    }
    assert_eq!(site.read(&format!("/sites/{THERE}/jobs")).await, json!([]));
}

#[tokio::test]
async fn executions_of_a_job_and_of_the_site() {
    let site = Rehearsal::begin(|_| {}).await;
    let job = site.read(&format!("/sites/{HERE}/jobs/1412")).await;
    assert_eq!(job["name"], "BANK_MARKETING and ADW weekly");
    assert_eq!(job["last_execution_details"]["backup_job_execution_id"], 5003);
    let of_job = site.read(&format!("/sites/{HERE}/jobs/1420/executions")).await;
    let shown: Vec<_> =
        of_job.as_array().unwrap().iter().map(|one| (&one["backup_job_execution_id"], &one["status"])).collect();
    let (ok, failed) = (json!("SUCCESSFUL"), json!("FAILED"));
    assert_eq!(shown, [(&json!(6001), &ok), (&json!(6002), &ok), (&json!(6003), &failed), (&json!(6004), &ok)]);
    assert!(of_job[3]["backup_set_size"].as_i64() > of_job[0]["backup_set_size"].as_i64());
    assert!(of_job[2]["backup_set_size"].is_null());
    let month_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(30 * 24);
    let of_site = site.read(&format!("/sites/{HERE}/executions")).await;
    assert_eq!(of_site.as_array().unwrap().len(), 9);
    for one in of_site.as_array().unwrap() {
        let (start, end): (jiff::Timestamp, jiff::Timestamp) =
            (one["start_time"].as_str().unwrap().parse().unwrap(), one["end_time"].as_str().unwrap().parse().unwrap());
        assert!(month_ago < start && start < end && end < jiff::Timestamp::now(), "{one}");
        assert!(one["job_id"].is_number());
    }
}

#[tokio::test]
async fn objects_are_listed_once_they_are_prepared() {
    let site = Rehearsal::begin(|_| {}).await;
    let execution = format!("/sites/{HERE}/jobs/1412/executions/5002");
    let status = format!("/sites/{HERE}/objects-preparation-status");
    assert_eq!(site.read(&status).await["status"], json!(null));
    let early = site.get(&format!("{execution}/objects")).await;
    assert_eq!(early.status, 404);
    assert!(early.document["message"].as_str().unwrap().contains("POST prepare-objects first"), "{early:?}");
    let ordered = site.post(&format!("{execution}/prepare-objects"), &json!({})).await;
    assert_eq!(ordered.status, 202);
    assert!(ordered.resource.is_some());
    for left in (0..TRIES).rev() {
        let shown = site.read(&status).await;
        if shown["status"] == "COMPLETED_SUCCESSFULLY" {
            break;
        }
        assert_eq!(shown["status"], "RUNNING");
        assert_ne!(left, 0, "the preparation did not end");
        tokio::time::sleep(PAUSE).await;
    }
    let objects = site.read(&format!("{execution}/objects")).await;
    let objects = objects.as_array().unwrap();
    assert_eq!(objects.len(), 11);
    assert_eq!(objects[0]["object_name"], "BANK_MARKETING");
    assert_eq!(objects[0]["parent_name"], "DBC");
    let of = |database: &str| {
        let inside = objects.iter().filter(|one| one["parent_name"] == database);
        inside.map(|one| one["byte_count"].as_i64().unwrap()).sum::<i64>()
    };
    assert_eq!(objects[0]["byte_count"], of("BANK_MARKETING"));
    assert!(objects.iter().any(|one| one["object_type"] == "MACRO"));
    let failed = site.post(&format!("/sites/{HERE}/jobs/1412/executions/5003/prepare-objects"), &json!({})).await;
    assert_eq!(failed.status, 400);
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let site = Rehearsal::begin(|_| {}).await;
    for (path, expected) in [
        ("/sites/NOWHERE/restores", "no site `NOWHERE`"),
        ("/sites/NOWHERE/databases", "no site `NOWHERE`"),
        ("/sites/NOWHERE/jobs", "no site `NOWHERE`"),
        ("/sites/NOWHERE/objects-preparation-status", "no site `NOWHERE`"),
        ("/sites/TDICGC73149PP88/jobs/1", "no job `1`"),
        ("/sites/TDICGC73149PP88/jobs/x/executions", "no job `x`"),
        ("/sites/TDICGC73149PP99/jobs/1412", "no job `1412`"),
        ("/sites/TDICGC73149PP88/jobs/1412/executions/6001/objects", "no execution `6001`"),
        ("/sites/TDICGC73149PP88/jobs/1412/executions/5001/restores/1", "no restore `1`"),
        ("/sites", "nothing at `/data-protection/v2/sites`"),
    ] {
        let reply = site.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        let message = reply.document["message"].as_str().unwrap().to_owned();
        assert!(message.contains(expected), "{path}: {message}");
    }
    let wrong_verb = site.send(site.request(reqwest::Method::DELETE, &format!("/sites/{HERE}/restores"))).await;
    assert_eq!(wrong_verb.status, 405);
    assert!(wrong_verb.document["message"].is_string());
}

#[tokio::test]
async fn a_bearer_token_guards_all_calls() {
    let site = Rehearsal::begin(|config| config.bearer = Some("t0ken".into())).await;
    let path = format!("/sites/{HERE}/databases");
    assert_eq!(site.get(&path).await.status, 401);
    assert_eq!(site.send(site.request(reqwest::Method::GET, &path).bearer_auth("other")).await.status, 401);
    assert_eq!(site.send(site.request(reqwest::Method::GET, &path).bearer_auth("t0ken")).await.status, 200);
    assert_eq!(site.create(5002, &restore("r", &[table("ADW", "orders")])).await.status, 401);
    assert_eq!(site.creates().await, 0);
}

#[tokio::test]
async fn permissions_are_given() {
    let site = Rehearsal::begin(|_| {}).await;
    let path = format!("/sites/{THERE}/restore-permissions");
    let asked = site.post(&path, &json!({})).await;
    assert_eq!((asked.status, asked.document), (200, json!({"allowed": true})));
    let with_login = |login: &str| site.request(reqwest::Method::POST, &path).header("x-auth-credentials", login);
    assert_eq!(site.send(with_login(LOGIN)).await.status, 200);
    assert_eq!(site.send(with_login("Basic bm86Ym9keQ==")).await.status, 401);
}

#[tokio::test]
async fn the_log_shows_what_was_sent_and_no_secret() {
    let site = Rehearsal::begin(|config| config.bearer = Some("t0ken-value".into())).await;
    let body = restore("r", &[table("ADW", "orders")]);
    let id = site.send(site.create_request(5002, &body).bearer_auth("t0ken-value")).await.resource.unwrap();
    site.send(site.request(reqwest::Method::GET, &format!("/sites/{HERE}/jobs?page=1")).bearer_auth("t0ken-value"))
        .await;
    let log = site.read("/_sim/requests").await;
    let (first, second) = (&log[0], &log[1]);
    assert_eq!((&first["method"], &first["call"], &first["status"]), (&json!("POST"), &json!("create"), &json!(202)));
    assert_eq!((&first["body"], &first["has_credentials"]), (&body, &json!(true)));
    assert_eq!((&second["query"], &second["has_credentials"]), (&json!("page=1"), &json!(false)));
    assert_eq!(log.as_array().unwrap().len(), 2, "the simulator's own calls are not in it");
    assert_eq!(site.read(&format!("/_sim/requests?after={}", first["seq"])).await, json!([second]));
    assert!(!log.to_string().contains("t0ken-value"));
    let login = LOGIN.strip_prefix("Basic ").unwrap();
    assert!(!log.to_string().contains(login) && !log.to_string().contains("rehearsal-only"));
    let creates = site.read("/_sim/creates").await;
    assert_eq!((&creates[0]["body"], &creates[0]["restore_execution_id"]), (&body, &json!(id)));
}

#[tokio::test]
async fn the_simulators_own_calls_are_for_this_machine() {
    let site = Rehearsal::begin(|_| {}).await;
    let by_name = |host: &'static str| site.request(reqwest::Method::GET, "/_sim/requests").header("host", host);
    assert_eq!(site.send(by_name("attacker.example:80")).await.status, 403);
    for host in ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:1", "[::1]"] {
        assert_eq!(site.send(by_name(host)).await.status, 200, "{host}");
    }
    let form = site.request(reqwest::Method::POST, "/_sim/faults").body(r#"{"call": "any", "effect": "drop"}"#);
    assert_eq!(site.send(form).await.status, 400, "a body that isn't declared as JSON");
    assert_eq!(site.read("/_sim/faults").await, json!([]));
}
