//! Whom it answers, and what every answer bears.

use reqwest::{Method, StatusCode};

use super::Serving;
use crate::cli::APPLY;
use crate::rig::Rig;
use crate::store::places::Place;

const TOKEN: &str = "c0ffee00c0ffee00c0ffee00";

#[tokio::test(flavor = "multi_thread")]
async fn only_reads_under_a_name_of_this_machine_are_answered() {
    let rig = Rig::new().await;
    rig.run(&APPLY).await.code(0);
    let serving = Serving::with(&rig, &["--allow-host", "Runs.example"], &[]).await;
    let id = serving.newest().await;
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        for path in ["/", "/healthz", "/login", &format!("/runs/{id}")] {
            let answer = serving.http.request(method.clone(), format!("{}{path}", serving.url)).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(answer.headers()["allow"], "GET, HEAD");
        }
    }
    let head = serving.http.head(&serving.url).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.text().await.unwrap(), "");
    let port = serving.url.rsplit_once(':').unwrap().1;
    for (host, status) in [
        (format!("localhost:{port}"), StatusCode::OK),
        ("runs.example".to_owned(), StatusCode::OK),
        (format!("evil.example:{port}"), StatusCode::MISDIRECTED_REQUEST),
        ("127.0.0.1.evil.example".to_owned(), StatusCode::MISDIRECTED_REQUEST),
        (format!("10.0.0.7:{port}"), StatusCode::MISDIRECTED_REQUEST),
    ] {
        let health = serving.http.get(format!("{}/healthz", serving.url)).header("host", &host).send().await.unwrap();
        assert_eq!(health.status(), StatusCode::OK, "what watches it asks by any name: {host}");
        assert_eq!(health.text().await.unwrap(), "ok\n");
        for path in ["/", &format!("/runs/{id}/report.json")] {
            let asked = serving.http.get(format!("{}{path}", serving.url)).header("host", &host);
            let answer = asked.send().await.unwrap();
            assert_eq!(answer.status(), status, "{host} {path}");
            assert_eq!(answer.text().await.unwrap().contains(&id), status == StatusCode::OK);
        }
    }
    let foreign =
        serving.http.get(&serving.url).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "no-cors");
    assert_eq!(foreign.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    for path in ["/", "/nowhere", "/plans", "/healthz", &format!("/runs/{id}"), &format!("/runs/{id}/report.html")] {
        let answer = serving.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.headers()[name], value, "{path}");
        }
        let policies: Vec<_> = answer.headers().get_all("content-security-policy").iter().collect();
        assert_eq!(policies.len(), 1, "{path}");
        let policy = policies[0].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    serving.stop("INT").await.code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_token_is_wanted_nothing_is_shown_without_it() {
    let rig = Rig::new().await;
    rig.run(&APPLY).await.code(0);
    let serving = Serving::with(&rig, &["--token-env", "TOK"], &[("TOK", TOKEN)]).await;
    let address = |path: &str| format!("{}{path}", serving.url);
    for path in ["/", "/plans", "/plans/dr-weekly", "/runs/x", "/runs/x/events", "/runs/x/report.json", "/nowhere"] {
        let answer = serving.get(path).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"restorectl\"");
        assert!(!answer.text().await.unwrap().contains("dr-weekly"), "{path}");
        for wrong in ["Bearer", "Bearer x", &format!("Basic {TOKEN}"), &format!("Bearer {TOKEN}0")] {
            let answer = serving.http.get(address(path)).header("authorization", wrong).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path} {wrong}");
        }
    }
    assert_eq!(serving.page("/healthz").await, "ok\n", "whoever watches the server has no token");
    let with = serving.http.get(address("/")).header("authorization", format!("Bearer {TOKEN}")).send().await.unwrap();
    assert_eq!(with.status(), StatusCode::OK);
    assert!(with.text().await.unwrap().contains("dr-weekly"));

    // A browser is shown the form, and comes back to where it wanted to go.
    let form = serving.http.get(address("/plans?x=1")).header("accept", "text/html").send().await.unwrap();
    assert_eq!(form.status(), StatusCode::UNAUTHORIZED);
    assert!(form.text().await.unwrap().contains("name=\"then\" value=\"/plans?x=1\""));
    let log_in = |token: &str, then: &str| {
        let body = format!("then={then}&token={token}");
        serving.http.post(address("/login")).header("content-type", "application/x-www-form-urlencoded").body(body)
    };
    let wrong = log_in("c0ffee00c0ffee00c0ffee01", "/plans").send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    assert!(wrong.headers().get("set-cookie").is_none());
    assert!(wrong.text().await.unwrap().contains("That is not the token."));
    let large = log_in(&"x".repeat(10_000), "/").send().await.unwrap();
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    for (then, to) in [("/plans", "/plans"), ("//evil.example", "/"), ("https://evil.example/", "/"), ("", "/")] {
        let right = log_in(TOKEN, then).send().await.unwrap();
        assert_eq!((right.status(), &right.headers()["location"]), (StatusCode::SEE_OTHER, &to.parse().unwrap()));
        let cookie = right.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax") && !cookie.contains(TOKEN), "{cookie}");
        let session = cookie.split(';').next().unwrap();
        let shown = serving.http.get(address("/")).header("cookie", session).send().await.unwrap();
        assert!(shown.text().await.unwrap().contains("dr-weekly"));
        let other = serving.http.get(address("/")).header("cookie", format!("{session}0")).send().await.unwrap();
        assert_eq!(other.status(), StatusCode::UNAUTHORIZED);
    }
    let safe = log_in(TOKEN, "/").header("x-forwarded-proto", "https").send().await.unwrap();
    assert!(safe.headers()["set-cookie"].to_str().unwrap().ends_with("; Secure"));
    let ended = serving.stop("TERM").await.code(0);
    let told: Vec<&str> = ended.stderr.lines().collect();
    // Two wrong ones at each address, and one by the form.
    assert_eq!(told, ["somebody sent a wrong token"; 7 * 2 + 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn others_reach_it_only_with_a_token_that_is_one() {
    let mut rig = Rig::new().await;
    let place = Place::file();
    rig.state = place.said();
    let _ = place.open().await;
    let serve = |more: &'static [&'static str]| [&["serve", "--listen", "0.0.0.0:0"][..], more].concat();
    let ran = rig.run(&serve(&[])).await.code(2).says("`0.0.0.0:0` can be reached from other machines");
    assert_eq!(ran.stdout, "");
    ran.says("--token-file");
    rig.run(&serve(&["--token-env", "NO_SUCH"])).await.code(1).says("environment variable `NO_SUCH` can't be read");
    rig.write("short", "hunter2\n");
    let short = rig.run(&serve(&["--token-file", "short"])).await.code(1);
    let short = short.says("file `short` holds no token that can be used").says("openssl rand -hex 32");
    assert!(!short.stderr.contains("hunter2"));
    rig.run(&serve(&["--token", TOKEN])).await.code(2).says("unexpected argument");

    rig.write("token", &format!("{TOKEN}\n"));
    let mut child = rig.start(&serve(&["--token-file", "token"]));
    let mut told = String::new();
    use tokio::io::AsyncReadExt as _;
    while !told.contains('\n') {
        let mut piece = [0; 256];
        let read = child.stdout.as_mut().unwrap().read(&mut piece).await.unwrap();
        assert!(read > 0, "it ended");
        told.push_str(std::str::from_utf8(&piece[..read]).unwrap());
    }
    let url = told.lines().next().unwrap().replace("0.0.0.0", "127.0.0.1");
    let http = reqwest::Client::new();
    let asked = |host: &str| http.get(&url).header("host", host).header("authorization", format!("Bearer {TOKEN}"));
    assert_eq!(asked("runs.example").send().await.unwrap().status(), StatusCode::OK, "any name, but with the token");
    assert_eq!(http.get(&url).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    child.start_kill().unwrap();
    let ended = crate::rig::Ran::from(child.wait_with_output().await.unwrap());
    assert!(ended.stderr.contains("warning: this is plain http"), "{}", ended.stderr);
}
