//! Servers that send back whatever they get: no secret gets into anything that people or programs see or keep.

use restorectl::model::*;
use restorectl::ports::Site as _;

use super::server::{Act, Hostile, say};
use super::{access, answer, client, json, request, site};
use crate::rig::Rig;

/// What must not be seen anywhere.
const SECRETS: [&str; 6] = [
    "token-for-the-gateway",
    "key-for-the-gateway",
    "rehearsal-only",
    "cmVzdG9yZV9vcGVyYXRvcjpyZWhlYXJzYWwtb25seQ==",
    "quo\"ted",
    "quo\\\"ted",
];

/// A request's headers as one JSON text.
fn echo(request: &str) -> String {
    serde_json::to_string(request.split("\r\n\r\n").next().unwrap()).unwrap()
}

/// How a server may send things back.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// In the words of an error, to every call.
    Errors(&'static str),
    /// In the words of an error, to creates alone.
    Creates(&'static str),
    /// As a page that every call is answered with.
    Page,
    /// In the head of the answer to creates.
    Head,
    /// As the elements of lists.
    Elements,
    /// In the records of restores.
    Records,
}

/// Restores with the secrets in every text of theirs, and in the status of some.
fn in_records(_: usize, body: &str) -> String {
    let mut list: Vec<serde_json::Value> = serde_json::from_str(body).unwrap();
    let all = SECRETS.join(" and ");
    for restore in &mut list {
        let fields =
            ["status_details", "errors", "warnings", "restored_objects_status", "snapshot_name", "snapshot_size"];
        for field in fields {
            restore[field] = serde_json::json!([all, {"said": all}]);
        }
        for task in restore["restore_execution_sub_tasks"].as_array_mut().into_iter().flatten() {
            for field in ["sub_task_name", "status_details", "status"] {
                task[field] = serde_json::json!(all);
            }
        }
        if !restore["end_time"].is_null()
            && restore["restore_job_name"].as_str().is_some_and(|name| name.contains("orders"))
        {
            restore["status"] = serde_json::json!(all);
        }
    }
    serde_json::to_string(&list).unwrap()
}

async fn gate(way: Way, base: String) -> Hostile {
    Hostile::new(move |_, request| {
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let create = request.starts_with("POST") && path.ends_with("/restores");
        let list = request.starts_with("GET") && path.ends_with("/restores");
        let told = echo(request);
        let token = request.split("Bearer ").nth(1).unwrap().split("\r\n").next().unwrap();
        vec![match way {
            Way::Errors(status) => say(answer(status, "", &told)),
            Way::Creates(status) if create => say(answer(status, "content-type: text/html\r\n", &told)),
            Way::Page => say(answer("200 OK", &format!("content-type: text/html; token={token}\r\n"), &told)),
            Way::Head if create => say(answer("202 Accepted", &format!("x-resource-id: {token}\r\n"), "")),
            Way::Elements if list => say(json(&format!("[{told}]"))),
            Way::Records if list => Act::Changed(base.clone(), in_records),
            _ => Act::Forward(base.clone()),
        }]
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_sends_back_is_seen_nowhere() {
    for way in [
        Way::Errors("400 Bad Request"),
        Way::Errors("401 Unauthorized"),
        Way::Creates("400 Bad Request"),
        Way::Creates("401 Unauthorized"),
        Way::Creates("500 Internal Server Error"),
        Way::Creates("200 OK"),
        Way::Page,
        Way::Head,
        Way::Elements,
        Way::Records,
    ] {
        let rig = Rig::new().await;
        let gate = gate(way, rig.base.clone()).await;
        rig.through(
            &gate.url,
            "  bearer: {file: ../../token}\n  headers: {x-key: {file: ../../key}, x-quote: {file: ../../quote}}\n",
        );
        rig.write("token", "token-for-the-gateway\n");
        rig.write("key", "key-for-the-gateway");
        rig.write("quote", "quo\"ted");
        let mut seen = String::new();
        let plan = "plans/dr-weekly.yaml";
        // What is never accepted is tried until its deadline; none of these runs is about to succeed.
        let text = std::fs::read_to_string(rig.path(plan)).unwrap();
        let text = ["1h", "2h", "3h", "4h"]
            .iter()
            .fold(text, |text, hours| text.replace(&format!("deadline: {hours}"), "deadline: 2s"));
        rig.write(plan, &text);
        for arguments in [
            &["-vv", "diff", plan, "--env", "sim", "--out", "change.json"] as &[&str],
            &["diff", plan, "--env", "sim", "--format", "json"],
            &["-vv", "apply", plan, "--env", "sim", "--auto-approve"],
            &["snapshot", plan, "--env", "sim", "--out", "site.yaml"],
            &["report", "--latest", "--format", "human"],
            &["report", "--latest", "--format", "json"],
            &["report", "--latest", "--format", "html"],
            &["runs", "list", "--format", "json"],
        ] {
            let ran = rig.run(arguments).await;
            seen += &format!("\n{arguments:?}: {:?}\n{}{}", ran.code, ran.stdout, ran.stderr);
        }
        for file in ["change.json", "site.yaml"] {
            seen += &std::fs::read_to_string(rig.path(file)).unwrap_or_default();
        }
        seen += &rig.journal();
        assert!(!seen.contains("panicked"), "{way:?}");
        for secret in SECRETS {
            let at = seen.find(secret);
            assert_eq!(at, None, "{way:?} tells `{secret}`: {}", &seen[at.unwrap_or(0).saturating_sub(300)..][..400]);
        }
        assert!(
            seen.contains("[redacted]") || matches!(way, Way::Head | Way::Creates("200 OK")),
            "{way:?} sends something back"
        );
    }
}

#[tokio::test]
async fn a_secret_is_hidden_wherever_a_text_is_cut() {
    // The words of an error are kept up to some length; wherever the end falls, no part of a secret stays.
    let gate = Hostile::new(|number, _| {
        let (blanks, letters) = (" ".repeat(2300 + number % 130), "x".repeat(500 + number % 130));
        let body = match number < 130 {
            true => format!("{blanks}very-secret-token and more"),
            false => format!("{letters} very-secret-token and more"),
        };
        vec![say(answer("400 Bad Request", "", &body))]
    })
    .await;
    let client = client(&gate.url);
    for number in 0..260 {
        let said = client.restores(&site()).await.unwrap_err().to_string();
        assert!(!said.contains("very"), "{number}: {said}");
    }
}

#[tokio::test]
async fn an_element_that_is_no_record_is_not_told_with_its_secrets() {
    let gate = Hostile::always(vec![say(json("[\"very-secret-token\"]"))]).await;
    let client = client(&gate.url);
    let said = client.restores(&site()).await.unwrap_err().to_string();
    assert!(said.contains("[redacted]") && !said.contains("very-secret"), "{said}");
    let said = format!("{:?}", client.permission(&site()).await);
    assert!(!said.contains("very-secret"), "{said}");
    let outcome = client.create(&request()).await;
    assert!(matches!(&outcome, CreateOutcome::Unknown { message } if !message.contains("very-secret")), "{outcome:?}");
    assert!(!format!("{client:?} {:?}", access()).contains("very-secret"));
}
