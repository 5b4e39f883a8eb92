//! Answers that are wrong in one way or another.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;

use restorectl::baas::{Access, CallFailed, Client, Fault, JobFilter};
use restorectl::model::*;
use restorectl::ports::Site as _;

use super::{access, answer, api, client, json, request, site};
use crate::drill::item;

/// Answers connections one after the other with these bytes, and gives the requests that came. An answer that is
/// used up last is given for ever.
fn server(answers: Vec<Vec<u8>>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/data-protection/v2", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        let mut left = answers.into_iter().peekable();
        let mut last = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if let Some(next) = left.next() {
                last = next;
            }
            let request = read_request(&mut stream);
            let _ = stream.write_all(&last);
            let _ = stream.shutdown(std::net::Shutdown::Both);
            if sender.send(request).is_err() {
                return;
            }
        }
    });
    (url, requests)
}

fn read_request(stream: &mut std::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_string();
        if let Some(head) = text.find("\r\n\r\n") {
            let length =
                text.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ").map(str::to_owned));
            let length: usize = length.map_or(0, |l| l.trim().parse().unwrap());
            if bytes.len() >= head + 4 + length {
                return text;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

async fn read_fails(bytes: Vec<u8>) -> CallFailed {
    let (url, _requests) = server(vec![bytes]);
    client(&url).restores(&site()).await.unwrap_err()
}

#[tokio::test]
async fn every_bad_answer_is_one_clear_message() {
    let html = answer("200 OK", "content-type: text/html\r\n", "<html><body>Please log in</body></html>");
    let table: Vec<(Vec<u8>, &[&str])> = vec![
        (
            html,
            &["GET http://127.0.0.1", "/sites/PROD/restores", "(200)", "text/html", "check `api.url`", "Please log in"],
        ),
        (answer("401 Unauthorized", "", "{\"message\":\"who?\"}"), &["401 Unauthorized", "`api.bearer`", "who?"]),
        (answer("403 Forbidden", "", ""), &["403 Forbidden", "rights of the user"]),
        (answer("404 Not Found", "", "no such site"), &["404 Not Found", "no such site"]),
        (
            answer("302 Found", "location: https://elsewhere.example/\r\n", ""),
            &["302 Found", "redirects are not followed"],
        ),
        (
            answer("200 OK", "content-type: text/plain\r\n", "[]"),
            &["(200)", "`text/plain` and not JSON", "check `api.url`"],
        ),
        (json("{\"restores\": []}"), &["another shape"]),
        (json("[\"text\"]"), &["another shape"]),
        (json("[{\"restore_job_name\": \"x\""), &["not JSON"]),
    ];
    for (bytes, words) in table {
        let message = read_fails(bytes).await.to_string();
        for word in words {
            assert!(message.contains(word), "`{message}` should say `{word}`");
        }
        assert!(!message.contains('\n'), "{message}");
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_not_taken_for_the_whole() {
    let cut =
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n[]"
            .to_vec();
    let failed = read_fails(cut).await;
    assert_eq!(failed.fault, Fault::CutOff { status: 200 });
}

#[tokio::test]
async fn reads_are_repeated_while_the_fault_may_pass() {
    let busy = answer("429 Too Many Requests", "retry-after: 0\r\n", "");
    let (url, requests) = server(vec![answer("503 Service Unavailable", "", ""), busy, json("null")]);
    assert_eq!(client(&url).restores(&site()).await.unwrap(), vec![], "null is an empty list");
    assert_eq!(requests.iter().take(3).count(), 3);
}

#[tokio::test]
async fn a_create_is_sent_once_whatever_comes() {
    let accepted = answer("202 Accepted", "x-resource-id: 91\r\n", "");
    let cut = b"HTTP/1.1 202 Accepted\r\nx-resource-id: 91\r\ncontent-length: 500\r\n\r\n{".to_vec();
    let table: Vec<(Vec<u8>, &str)> = vec![
        (accepted, "applied"),
        (answer("202 Accepted", "", ""), "unknown"),
        (answer("200 OK", "content-type: text/html\r\n", "<html>log in</html>"), "unknown"),
        (answer("500 Internal Server Error", "", ""), "unknown"),
        (answer("503 Service Unavailable", "retry-after: 1\r\n", ""), "unknown"),
        (Vec::new(), "unknown"),
        (b"HTTP/1.1 20".to_vec(), "unknown"),
        (cut, "unknown"),
        (answer("429 Too Many Requests", "retry-after: 7\r\n", ""), "again"),
        (answer("400 Bad Request", "", "no such table"), "rejected"),
        (answer("401 Unauthorized", "", ""), "rejected"),
        (answer("307 Temporary Redirect", "location: http://127.0.0.1:1/\r\n", ""), "rejected"),
    ];
    for (bytes, expected) in table {
        let shown = String::from_utf8_lossy(&bytes).to_string();
        let (url, requests) = server(vec![bytes]);
        let got = match client(&url).create(&request()).await {
            CreateOutcome::Applied { resource_id } => {
                assert_eq!(resource_id, Some(ResourceId::new("91")));
                "applied"
            }
            CreateOutcome::Unknown { .. } => "unknown",
            CreateOutcome::Rejected { retry: true, wait_ms, .. } => {
                assert_eq!(wait_ms, Some(Millis(7000)));
                "again"
            }
            CreateOutcome::Rejected { retry: false, .. } => "rejected",
        };
        assert_eq!(got, expected, "{shown}");
        requests.recv().unwrap();
        assert!(requests.try_recv().is_err(), "sent more than once: {shown}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcome = client(&format!("http://{nobody}")).create(&request()).await;
    assert!(matches!(outcome, CreateOutcome::Rejected { retry: true, .. }), "{outcome:?}");
}

#[tokio::test]
async fn each_secret_goes_only_where_it_belongs() {
    let (url, requests) = server(vec![json("[]"), json("{}"), answer("202 Accepted", "x-resource-id: 1\r\n", "")]);
    let client = client(&url);
    client.restores(&site()).await.unwrap();
    client.restore_permissions(&site()).await.unwrap();
    client.create(&request()).await;
    let sent: Vec<String> = requests.iter().take(3).collect();
    for request in &sent {
        assert!(request.contains("authorization: Bearer very-secret-token"), "{request}");
        assert!(request.contains("x-gateway-key: gate-keeper-key"), "{request}");
    }
    // base64 of dba:hunter2-password
    let login = "x-auth-credentials: Basic ZGJhOmh1bnRlcjItcGFzc3dvcmQ=";
    assert_eq!(sent.iter().map(|request| request.contains(login)).collect::<Vec<_>>(), [false, false, true]);
    assert!(sent[2].starts_with("POST /data-protection/v2/sites/PROD/jobs/1412/executions/5002/restores HTTP/1.1"));
}

#[tokio::test]
async fn a_server_that_echoes_secrets_does_not_get_them_into_a_message() {
    let echo = "token very-secret-token, key gate-keeper-key, login ZGJhOmh1bnRlcjItcGFzc3dvcmQ=, hunter2-password";
    let failed = read_fails(answer("400 Bad Request", "", echo)).await;
    let shown = format!("{failed} {failed:?} {:?} {:?}", client("http://localhost"), access());
    for secret in ["very-secret-token", "gate-keeper-key", "ZGJhOmh1bnRlcjItcGFzc3dvcmQ=", "hunter2-password"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("[redacted]"));
}

#[test]
fn only_addresses_that_keep_passwords_safe_are_taken() {
    for good in [
        "https://api.example.com/x/data-protection/v2",
        "http://127.0.0.1:8629/v2",
        "http://localhost/",
        "http://[::1]:1/",
    ] {
        assert!(Client::new(&api(good), &access(), None, None).is_ok(), "{good}");
    }
    for (bad, words) in [
        ("http://api.example.com/", "plain http"),
        ("http://127.0.0.1.example.com/", "plain http"),
        ("ftp://api.example.com/", "scheme"),
        ("https://user:pass@api.example.com/", "holds a user"),
        ("api.example.com", "is no address"),
    ] {
        let why = Client::new(&api(bad), &access(), None, None).unwrap_err();
        assert!(why.contains(words), "{why}");
        assert!(!why.contains("user:pass"), "{why}");
    }
    let mut loud = api("http://api.example.com/");
    loud.allow_plain_http = true;
    assert!(Client::new(&loud, &access(), None, None).is_ok());
}

#[tokio::test]
async fn jobs_are_read_page_by_page_until_one_is_short() {
    let page = |from: usize, count: usize| {
        let jobs: Vec<String> = (from..from + count).map(|id| format!("{{\"job_id\": {id}}}")).collect();
        json(&format!("[{}]", jobs.join(",")))
    };
    let (url, requests) = server(vec![page(0, 100), page(100, 3)]);
    let jobs = client(&url).jobs(&site(), JobFilter { active: Some(true), job_type: Some("Backup") }).await.unwrap();
    assert_eq!(jobs.len(), 103);
    let first = requests.recv().unwrap();
    assert!(first.contains("page=1&page-size=100&is-active=true&job-type=Backup"), "{first}");
    // A service that knows no pages answers the same again.
    let (url, _requests) = server(vec![page(0, 100)]);
    assert_eq!(client(&url).jobs(&site(), JobFilter::default()).await.unwrap().len(), 100);
}

#[tokio::test]
async fn executions_are_found_where_the_service_has_them() {
    let key = item("model", "t").source.key();
    let last = json(
        "{\"job_id\": 1412, \"last_execution_details\": {\"backup_job_execution_id\": 5002, \"status\": \"SUCCESSFUL\"}}",
    );
    let missing = || answer("404 Not Found", "", "");
    // The page describes this address as a list of restores; then the site's own list is asked, then the job.
    let restores = json("[{\"restore_execution_id\": 7, \"status\": \"COMPLETED_SUCCESSFULLY\"}]");
    let (url, _requests) = server(vec![restores, missing(), last]);
    let found = client(&url).executions(&key).await.unwrap();
    assert_eq!(found[0].backup_job_execution_id.as_deref(), Some("5002"));
}

#[tokio::test]
async fn a_service_without_the_call_for_an_executions_restores_is_told_from_one_that_fails() {
    let list = json("[{\"restore_job_name\": \"a\", \"source_site_id\": \"PROD\"}]");
    let (absent, busy) = (answer("405 Method Not Allowed", "", ""), answer("503 Service Unavailable", "", ""));
    let (url, _requests) = server(vec![absent, busy, list]);
    let client = client(&url);
    assert_eq!(client.restores_of(&request().source).await.unwrap(), None);
    // It is not asked again here: whoever asks comes again by itself.
    assert!(client.restores_of(&request().source).await.is_err());
    let found = client.restores_of(&request().source).await.unwrap().unwrap();
    assert_eq!(found[0].job_name, Some(JobName::new("a")));
}

#[tokio::test]
async fn the_samples_of_the_vendors_page_are_read() {
    let sample = |name: &str| {
        let path = format!("{}/tests/fixtures/vendor/{name}.json", env!("CARGO_MANIFEST_DIR"));
        json(&std::fs::read_to_string(path).unwrap())
    };
    let running = json(
        "{\"restore_job_name\": \"x\", \"restore_execution_id\": 7, \"status\": \"RUNNING\", \"start_time\": \"2019-08-24T14:15:22Z\", \"end_time\": null}",
    );
    let (url, _requests) = server(vec![
        sample("response-restore"),
        sample("response-restores"),
        sample("response-execution-restores"),
        sample("response-databases"),
        running,
    ]);
    let client = client(&url);
    let one = client.restore(&request().source, &ResourceId::new("0")).await.unwrap();
    assert_eq!(client.restores(&site()).await.unwrap(), std::slice::from_ref(&one));
    assert_eq!(client.execution_restores(&request().source).await.unwrap(), std::slice::from_ref(&one));
    let databases = client.databases(&site()).await.unwrap();
    assert_eq!((databases[0].name.as_deref(), databases[0].db_kind.as_deref()), (Some("string"), Some("D")));
    let record = RestoreRecord::from(one);
    assert_eq!(record.status.class(), StatusClass::Succeeded);
    assert_eq!(record.execution_id.as_deref(), Some("0"));
    assert_eq!(record.end_time, Some("2019-08-24T14:15:22Z".parse().unwrap()));
    assert_eq!((record.errors.len(), record.warnings.len(), record.sub_tasks.len()), (1, 1, 1));
    assert_eq!(record.is_failover, Some(false));
    let running = RestoreRecord::from(client.restore(&request().source, &ResourceId::new("7")).await.unwrap());
    assert_eq!(running.end_time, None);
    assert!(!running.is_final());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_call_is_answered_by_a_site() {
    let rig = crate::rig::Rig::new().await;
    rig.run(&["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    let restore =
        Access { restore: Some(("restore_operator".into(), Secret::new("rehearsal-only".into()))), ..access() };
    let client = Client::new(&api(&format!("{}/data-protection/v2", rig.base)), &restore, None, None).unwrap();
    let site = SiteId::new(crate::rig::SITE);
    let job = JobKey { site: site.clone(), job: JobId::new("1412") };
    let key = ExecutionKey { job: job.clone(), execution: ExecutionId::new("5002") };

    let jobs = client.jobs(&site, JobFilter { active: None, job_type: Some("Backup") }).await.unwrap();
    assert!(jobs.iter().any(|job| job.job_id.as_deref() == Some("1412")), "{jobs:?}");
    assert_eq!(client.job(&job).await.unwrap().job_id.as_deref(), Some("1412"));
    let executions = client.executions(&job).await.unwrap();
    assert_eq!(executions.len(), 3, "{executions:?}");
    assert!(client.site_executions(&site).await.unwrap().len() > executions.len());
    assert!(client.databases(&site).await.unwrap().iter().any(|database| database.name.as_deref() == Some("ADW")));
    assert!(client.restore_permissions(&site).await.is_ok());

    let all = client.restores(&site).await.unwrap();
    let id = ResourceId::new(all[0].restore_execution_id.clone().unwrap());
    assert_eq!(client.restore(&key, &id).await.unwrap(), all[0]);
    assert_eq!(client.execution_restores(&key).await.unwrap(), all);

    assert!(client.objects(&key).await.unwrap_err().to_string().contains("404"), "nobody prepared the list yet");
    assert!(client.prepare_objects(&key).await.unwrap().is_some());
    rig.until("the list is prepared", async |_| {
        client.preparation_status(&site).await.unwrap().status.as_deref() == Some("COMPLETED_SUCCESSFULLY")
    })
    .await;
    let objects = client.objects(&key).await.unwrap();
    let model = objects.iter().find(|o| o.object_name.as_deref() == Some("glm_bank_marketing_model")).unwrap();
    assert!(model.byte_count.unwrap() > 1_000_000);
    // And from then on a diff knows sizes.
    rig.run(&["diff", "plans/other-database.yaml", "--env", "sim", "--format", "json"])
        .await
        .code(0)
        .says("\"bytes\": ");
}

#[tokio::test]
async fn a_login_page_permits_nothing() {
    let html = answer("200 OK", "content-type: text/html\r\n", "<html>log in</html>");
    let (url, _requests) = server(vec![html, answer("200 OK", "", ""), answer("403 Forbidden", "", "no")]);
    let client = client(&url);
    let asked = restorectl::ports::Site::permission(&client, &site()).await;
    assert!(matches!(&asked, Permission::NotKnown(why) if why.contains("text/html")), "{asked:?}");
    assert_eq!(restorectl::ports::Site::permission(&client, &site()).await, Permission::Allowed);
    let asked = restorectl::ports::Site::permission(&client, &site()).await;
    assert!(matches!(&asked, Permission::Denied(why) if why.contains("403")), "{asked:?}");
}
