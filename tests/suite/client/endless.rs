//! Answers without an end, and answers that break what reads them: bounded in bytes, and never taken for a list.

use std::io::Write as _;

use restorectl::baas::{Fault, JobFilter};
use restorectl::model::*;

use super::server::{Act, Hostile, say};
use super::{answer, client, json, request, site};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/// How a read of restores fails that is answered like this every time.
async fn fails(acts: Vec<Act>) -> (String, usize) {
    let gate = Hostile::always(acts).await;
    let failed = client(&gate.url).restores(&site()).await.expect_err("no list");
    (failed.to_string(), gate.requests().len())
}

/// The same for several ways to answer, all at once: some are tried again and again.
async fn fail(ways: Vec<Vec<Act>>) -> Vec<(String, usize)> {
    let mut tasks: Vec<_> = ways.into_iter().map(|acts| tokio::spawn(fails(acts))).collect();
    let mut failures = Vec::new();
    for task in tasks.drain(..) {
        failures.push(task.await.unwrap());
    }
    failures
}

/// So many blanks after a start, packed: a bomb.
fn bomb(start: &[u8], blanks: usize) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(start).unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..blanks >> 20 {
        packer.write_all(&block).unwrap();
    }
    packer.finish().unwrap()
}

fn packed(status: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        bytes.len()
    );
    [head.as_bytes(), bytes].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_an_end_is_bounded() {
    let block = vec![b' '; 1 << 16];
    let chunk = [b"10000\r\n".as_slice(), &block, b"\r\n"].concat();
    for (way, acts) in [
        ("a body", vec![say(format!("{HEAD}\r\n[")), Act::Repeat(block.clone())]),
        ("a length", vec![say(format!("{HEAD}content-length: 18446744073709551615\r\n\r\n[")), Act::Repeat(block)]),
        ("chunks", vec![say(format!("{HEAD}transfer-encoding: chunked\r\n\r\n")), Act::Repeat(chunk)]),
        ("a bomb", vec![say(packed("200 OK", &bomb(b"[", 200 << 20)))]),
    ] {
        let (said, requests) = fails(acts).await;
        let known = said.contains("larger than 128 MiB") || way == "a length" && said.contains("no whole answer");
        assert!(known, "{way}: {said}");
        assert!(requests == 1 || way == "a length", "{way}: what is too large stays so, {requests} requests");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_an_error_are_bounded() {
    let words = say("HTTP/1.1 400 Bad Request\r\n\r\nno ");
    for acts in [
        vec![words, Act::Repeat(b"no ".repeat(1000))],
        vec![say(packed("400 Bad Request", &bomb("no ".repeat(300).as_bytes(), 20 << 20)))],
    ] {
        let (said, requests) = fails(acts).await;
        assert!(said.contains("it says: no no no") && said.len() < 1000, "{said}");
        assert_eq!(requests, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_a_create_is_bounded() {
    let accepted = "HTTP/1.1 202 Accepted\r\nx-resource-id: 91\r\n\r\n";
    let gate = Hostile::always(vec![say(accepted), Act::Repeat(vec![b' '; 1 << 16])]).await;
    let outcome = client(&gate.url).create(&request()).await;
    assert!(matches!(&outcome, CreateOutcome::Unknown { message } if message.contains("larger than 1 MiB")));
    assert_eq!(gate.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_without_an_end_are_refused() {
    let ways = vec![
        vec![say(HEAD), Act::Repeat(b"x-more: and more\r\n".to_vec())],
        vec![say(format!("{HEAD}x-more: ")), Act::Repeat(vec![b'a'; 1 << 16])],
        vec![Act::Repeat(vec![b'H'; 1 << 16])],
        vec![say(format!("{HEAD}transfer-encoding: chunked\r\n\r\n2;")), Act::Repeat(vec![b'a'; 1 << 16])],
        vec![
            say(format!("{HEAD}transfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n")),
            Act::Repeat(b"x: y\r\n".to_vec()),
        ],
    ];
    for acts in &ways {
        let gate = Hostile::always(acts.clone()).await;
        let outcome = client(&gate.url).create(&request()).await;
        assert!(matches!(outcome, CreateOutcome::Unknown { .. }), "{outcome:?}");
        assert_eq!(gate.connections(), 1);
    }
    for (said, _) in fail(ways).await {
        assert!(said.contains("no whole answer") || said.contains("was cut off"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_that_make_no_sense_are_no_answer() {
    let chunks = [
        "zz\r\n[]\r\n0\r\n\r\n",
        "-2\r\n[]\r\n0\r\n\r\n",
        "2\r\n[]XX0\r\n\r\n",
        "ffffffffffffffffff\r\n[]",
        "2\r\n[]\r\n",
    ];
    let ways = chunks.map(|chunks| vec![say(format!("{HEAD}transfer-encoding: chunked\r\n\r\n{chunks}"))]);
    for ((said, requests), chunks) in fail(ways.to_vec()).await.into_iter().zip(chunks) {
        assert!(said.contains("was cut off") && requests > 1, "that may pass, {chunks:?}: {said}");
    }
    // Two lengths that contradict each other, and lengths that are none.
    let lengths = ["content-length: 2\r\ncontent-length: 3\r\n", "content-length: two\r\n", "content-length: -2\r\n"];
    let ways = lengths.map(|lengths| vec![say(format!("{HEAD}{lengths}\r\n[]"))]);
    for ((said, _), lengths) in fail(ways.to_vec()).await.into_iter().zip(lengths) {
        assert!(said.contains("no whole answer"), "{lengths:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_reader_should_meet_is_read_or_refused_whole() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let digits = "9".repeat(1_000_000);
    let within = |value: &str| format!("[{{\"restore_job_name\": \"a\", \"status\": \"RUNNING\", {value}}}]");
    let refused = [
        ("deep lists", deep("[", "]")),
        ("deep objects", format!("[{}1{}]", "{\"a\":".repeat(100_000), "}".repeat(100_000))),
        ("a deep name", within(&format!("\"status_details\": {}", deep("[", "]")))),
        ("a number out of all range", within("\"restore_job_id\": 1e999999999")),
        ("a field twice", within("\"status\": \"SUCCESSFUL\"")),
        ("two answers", "[][]".to_owned()),
        ("no JSON numbers", within("\"restore_job_id\": NaN")),
    ];
    for (way, body) in refused {
        let (said, requests) = fails(vec![say(json(&body))]).await;
        assert!(said.contains("not JSON") || said.contains("another shape"), "{way}: {said}");
        assert!(said.len() < 1200 && requests == 1, "{way}: {said}");
    }
    let invalid = |bytes: &[u8]| {
        let head = format!("{HEAD}content-length: {}\r\n\r\n", bytes.len());
        [head.as_bytes(), bytes].concat()
    };
    let (said, _) = fails(vec![say(invalid(b"[{\"restore_job_name\": \"a\xFF\xFE\"}]"))]).await;
    assert!(said.contains("not JSON"), "{said}");
    for (way, body) in [
        ("a mark before it", format!("\u{feff}{}", within("\"is_failover\": true"))),
        ("a deep field that nobody knows", within(&format!("\"new\": {}", deep("[", "]")))),
        ("a deep task", within(&format!("\"restore_execution_sub_tasks\": [{}]", deep("[", "]")))),
        ("a long number that nobody knows", within(&format!("\"new\": {digits}"))),
        (
            "a long number for a size",
            within(&format!("\"restore_execution_sub_tasks\": [{{\"restore_size\": {digits}}}]")),
        ),
    ] {
        let gate = Hostile::always(vec![say(json(&body))]).await;
        match client(&gate.url).restores(&site()).await {
            Ok(list) => assert_eq!((list.len(), list[0].status.as_deref()), (1, Some("RUNNING")), "{way}"),
            // What is no finite number may also be refused.
            Err(failed) => {
                assert!(way.starts_with("a long number for") && failed.to_string().contains("JSON"), "{way}: {failed}")
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_without_an_end_are_no_list() {
    let page = |from: usize, name: &str| {
        let jobs: Vec<String> =
            (from..from + 100).map(|id| format!("{{\"job_id\": {id}, \"name\": \"{name}\"}}")).collect();
        json(&format!("[{}]", jobs.join(",")))
    };
    // The same page again and again is that page; and so are two that take turns.
    let same = Hostile::always(vec![say(page(0, ""))]).await;
    assert_eq!(client(&same.url).jobs(&site(), JobFilter::default()).await.unwrap().len(), 100);
    let turns = Hostile::new(move |number, _| vec![say(page(100 * (number % 2), ""))]).await;
    assert_eq!(client(&turns.url).jobs(&site(), JobFilter::default()).await.unwrap().len(), 200);
    // Always another one is no list, and nothing of it passes for the whole: by their number, and by their size.
    let small = Hostile::new(|_, _| vec![say(json(&format!("[{}]", vec!["{}"; 100].join(","))))]).await;
    let failed = client(&small.url).jobs(&site(), JobFilter::default()).await.unwrap_err();
    assert_eq!((failed.fault, small.requests().len()), (Fault::TooMany { entries: 100_000 }, 1000));
    let name = "x".repeat(15_000);
    let large = Hostile::new(move |number, _| vec![say(page(100 * number, &name))]).await;
    let failed = client(&large.url).jobs(&site(), JobFilter::default()).await.unwrap_err();
    assert!(matches!(failed.fault, Fault::TooMany { .. }) && large.requests().len() < 100, "{failed}");
    assert!(failed.to_string().contains("the list holds more than any documented one"), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_followed_nowhere() {
    let elsewhere = Hostile::always(vec![say(json("[]"))]).await;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
        "300 Multiple Choices",
        "304 Not Modified",
    ] {
        let other = elsewhere.url.clone();
        let places =
            ["OTHER/sites/PROD/restores", "/data-protection/v2/sites/PROD/restores", "", "//", "file:///etc/passwd"];
        for place in places.map(|place| place.replace("OTHER", &other)) {
            let redirect = answer(status, &format!("location: {place}\r\nrefresh: 0;url={place}\r\n"), "");
            let gate = Hostile::always(vec![say(redirect)]).await;
            let client = client(&gate.url);
            let said = client.restores(&site()).await.unwrap_err().to_string();
            assert!(
                said.contains(status) && said.contains("redirects are not followed, so that credentials stay"),
                "{said}"
            );
            assert_eq!(gate.requests().len(), 1, "{status} to {place}");
            let outcome = client.create(&request()).await;
            assert!(
                matches!(&outcome, CreateOutcome::Rejected { retry: false, message, .. } if message.contains(status))
            );
            assert_eq!(gate.requests().len(), 2, "{status} to {place}");
        }
    }
    assert_eq!(elsewhere.connections(), 0, "nobody else hears of anything");

    let rig = crate::rig::Rig::new().await;
    let redirect = answer("307 Temporary Redirect", &format!("location: {}\r\n", elsewhere.url), "");
    let gate = Hostile::always(vec![say(redirect)]).await;
    rig.through(&gate.url, "");
    for command in ["diff", "apply"] {
        let ran = rig.run(&[command, "plans/dr-weekly.yaml", "--env", "sim"]).await;
        ran.code(1).says("307 Temporary Redirect; redirects are not followed");
    }
    assert_eq!(elsewhere.connections(), 0);
}
