//! Connections that end in the middle, at every byte of what is said and of what is heard.

use std::collections::BTreeMap;
use std::sync::Mutex;

use restorectl::model::*;

use super::server::{Act, Hostile, say};
use super::{answer, client, request, site};

const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\nx-resource-id: 91\r\ncontent-length: 12\r\n\r\n{\"all\":true}";

fn name(outcome: &CreateOutcome) -> &'static str {
    match outcome {
        CreateOutcome::Applied { .. } => "applied",
        CreateOutcome::Rejected { .. } => "rejected",
        CreateOutcome::Unknown { .. } => "unknown",
    }
}

/// What creates come to whose answers end early: for every number of bytes by an end, and by a reset.
async fn created(text: &'static str, most: usize) -> Vec<(&'static str, &'static str)> {
    let gate = Hostile::new(move |number, _| {
        let ends = if number % 2 == 0 { vec![] } else { vec![Act::Reset] };
        [vec![say(&text.as_bytes()[..number / 2])], ends].concat()
    })
    .await;
    let client = client(&gate.url);
    let mut came = Vec::new();
    for bytes in 0..=most {
        came.push((name(&client.create(&request()).await), name(&client.create(&request()).await)));
        let sent = 2 * (bytes + 1);
        assert_eq!((gate.connections(), gate.requests().len()), (sent, sent), "each is sent once: {bytes} bytes");
    }
    came
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_create_that_is_cut_proves_nothing() {
    let came = created(ACCEPTED, ACCEPTED.len()).await;
    for (bytes, came) in came[..ACCEPTED.len()].iter().enumerate() {
        assert_eq!(*came, ("unknown", "unknown"), "{bytes} bytes");
    }
    // A reset may reach us before what came ahead of it.
    assert!(matches!(came[ACCEPTED.len()], ("applied", "applied" | "unknown")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_a_length_ends_with_its_connection() {
    let text = "HTTP/1.1 202 Accepted\r\nx-resource-id: 91\r\n\r\n{\"all\": true}";
    let head = text.find("\r\n\r\n").unwrap() + 4;
    for (bytes, (ended, reset)) in created(text, text.len()).await.into_iter().enumerate() {
        assert_eq!(ended, if bytes < head { "unknown" } else { "applied" }, "{bytes} bytes");
        assert!(reset == "unknown" || reset == ended, "{bytes} bytes: {reset}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_is_cut_is_one_only_with_its_whole_head() {
    let text = "HTTP/1.1 400 Bad Request\r\ncontent-length: 13\r\n\r\nno such table";
    let head = text.find("\r\n\r\n").unwrap() + 4;
    for (bytes, (ended, reset)) in created(text, text.len()).await.into_iter().enumerate() {
        assert_eq!(ended, if bytes < head { "unknown" } else { "rejected" }, "{bytes} bytes");
        assert!(reset == "unknown" || reset == ended, "{bytes} bytes: {reset}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_is_cut_while_it_is_sent_is_never_sent_again() {
    let gate = Hostile::always(vec![Act::Reset]).await;
    client(&gate.url).create(&request()).await;
    let length = gate.requests()[0].len();
    let gate = Hostile::deaf_after(|bytes| bytes, |_, _| vec![Act::Reset]).await;
    let client = client(&gate.url);
    for bytes in 0..length {
        let outcome = client.create(&request()).await;
        // Where nothing was read, the connection may be gone before anything was sent; then nothing was.
        let unsent = bytes == 0 && matches!(&outcome, CreateOutcome::Rejected { retry: true, .. });
        assert!(name(&outcome) == "unknown" || unsent, "{bytes} bytes: {outcome:?}");
        assert_eq!(gate.connections(), bytes + 1, "{bytes} bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_cut_is_no_shorter_list() {
    let body = "[{\"restore_job_name\": \"a\"}, {\"restore_job_name\": \"b\"}]";
    let sized =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    for text in [sized, chunked] {
        // Cut at first, by an end and by a reset, and then whole: what is read is the whole. All cuts at once, each under
        // the name of a site of its own.
        let tries: Mutex<BTreeMap<String, usize>> = Mutex::default();
        let length = text.len();
        let gate = Hostile::new(move |_, request| {
            let site = request.split('/').nth(4).unwrap().to_owned();
            let cut = &text.as_bytes()[..site.parse::<usize>().unwrap()];
            let mut tries = tries.lock().unwrap();
            let tried = tries.entry(site).or_default();
            *tried += 1;
            match tried {
                1 => vec![say(cut)],
                2 => vec![say(cut), Act::Reset],
                _ => vec![say(text.clone())],
            }
        })
        .await;
        let client = client(&gate.url);
        let mut reads = tokio::task::JoinSet::new();
        for bytes in 0..length {
            let client = client.clone();
            reads.spawn(async move { (bytes, client.restores(&SiteId::new(bytes.to_string())).await.unwrap().len()) });
        }
        while let Some(read) = reads.join_next().await {
            let (bytes, entries) = read.unwrap();
            assert_eq!(entries, 2, "cut after {bytes} bytes");
        }
        assert_eq!(gate.requests().len(), 3 * length);
    }
    // Without a length nobody can tell the end of the connection from the end of the list, but JSON has its own.
    let text = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{body}");
    let (start, all) = (text.len() - body.len(), text.len());
    let gate = Hostile::new(move |number, _| vec![say(&text.as_bytes()[..start + number])]).await;
    let client = client(&gate.url);
    for _ in start..all {
        let said = client.restores(&site()).await.unwrap_err().to_string();
        assert!(said.contains("not JSON"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_too_many_is_nobodys_answer() {
    let list = |name: &str| {
        let body = format!("[{{\"restore_job_name\": \"{name}\"}}]");
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    };
    for (left, after) in [
        (list("false"), vec![Act::Next]),
        (list("false").repeat(50), vec![Act::Next]),
        ("HTTP/1.1 200 OK\r\n".to_owned(), vec![Act::Next]),
        ("\r\n\r\n".to_owned(), vec![Act::Next]),
        ("nonsense".to_owned(), vec![Act::Next]),
        (list("false"), vec![]),
    ] {
        let name = move |number: usize| list(&format!("true-{number}"));
        let gate = Hostile::new(move |number, _| [vec![say(name(number) + &left)], after.clone()].concat()).await;
        let client = client(&gate.url);
        for number in 0..4 {
            let list = client.restores(&site()).await.unwrap();
            let name = list[0].restore_job_name.as_deref();
            assert_eq!((list.len(), name), (1, Some(format!("true-{number}").as_str())));
            assert_eq!(gate.requests().len(), number + 1);
        }
        let CreateOutcome::Unknown { .. } = client.create(&request()).await else { panic!("a list is no yes") };
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_proper_id_is_one() {
    let long = "7".repeat(100_000);
    let table: Vec<(String, Option<&str>)> = vec![
        ("x-resource-id: 91\r\n".into(), Some("91")),
        ("X-Resource-ID:   a1b2-c3.d:4_5  \r\n".into(), Some("a1b2-c3.d:4_5")),
        ("x-resource-id: 91\r\nx-resource-id: 91\r\n".into(), Some("91")),
        ("x-resource-id: 91\r\nx-resource-id: 92\r\n".into(), None),
        ("x-resource-id: \r\n".into(), None),
        ("x-resource-id: ../../jobs/7\r\n".into(), None),
        ("x-resource-id: ..\r\n".into(), None),
        ("x-resource-id: a/b\r\n".into(), None),
        ("x-resource-id: a b\r\n".into(), None),
        ("x-resource-id: a%2Fb\r\n".into(), None),
        ("x-resource-id: a?b#c\r\n".into(), None),
        ("x-resource-id: \u{1b}[31m\r\n".into(), None),
        ("x-resource-id: ä\r\n".into(), None),
        (format!("x-resource-id: {long}\r\n"), None),
        ("x-resource-id: very-secret-token\r\n".into(), None),
        ("x-resource-id: 91\r\n 92\r\n".into(), None),
        (String::new(), None),
    ];
    let statuses = ["202 Accepted", "204 No Content", "200 OK"];
    let cases: Vec<(&str, &(String, Option<&str>))> =
        statuses.iter().flat_map(|status| table.iter().map(move |case| (*status, case))).collect();
    let answers: Vec<Vec<u8>> = cases.iter().map(|(status, (headers, _))| answer(status, headers, "")).collect();
    let gate = Hostile::new(move |number, _| vec![say(answers[number].clone())]).await;
    let accepting = client(&gate.url);
    for (_, (headers, expected)) in cases {
        let outcome = accepting.create(&request()).await;
        match expected {
            Some(id) => assert_eq!(outcome, CreateOutcome::Applied { resource_id: Some(ResourceId::new(*id)) }),
            None => {
                let CreateOutcome::Unknown { message } = outcome else { panic!("{headers:?}: {outcome:?}") };
                assert!(message.len() < 500 && !message.contains("very-secret-token"), "{message}");
            }
        }
    }
    // Nothing that comes from outside leads out of its place in an address.
    let gate = Hostile::always(vec![say(answer("404 Not Found", "", ""))]).await;
    let key = ExecutionKey {
        job: JobKey { site: SiteId::new("../x"), job: JobId::new("a/b?c#d") },
        execution: ExecutionId::new("..\r\nx: y"),
    };
    let _ = client(&gate.url).restore(&key, &ResourceId::new("../../e%2Ff")).await;
    let sent = gate.requests();
    assert!(
        sent.iter().all(|request| request.starts_with("GET /data-protection/v2/sites/..%2Fx/jobs/a%2Fb%3Fc%23d/")),
        "{sent:?}"
    );
    assert!(sent.iter().all(|request| !request.contains("\r\nx: y")), "{sent:?}");
}
