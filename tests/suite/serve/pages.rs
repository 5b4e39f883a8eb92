//! What the pages show, and the files.

use reqwest::StatusCode;
use serde_json::Value;

use super::Serving;
use crate::cli::APPLY;
use crate::rig::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn runs_plans_history_and_files_are_there_and_other_addresses_are_not() {
    let rig = Rig::new().await;
    rig.run(&APPLY).await.code(0);
    rig.run(&[&APPLY[..], &["--again"]].concat()).await.code(0);
    rig.run(&["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    let serving = Serving::new(&rig).await;

    let list = serving.page("/").await;
    assert_eq!(list.matches("<th scope=\"row\">").count(), 3, "{list}");
    assert!(list.contains("rename-table") && list.contains("dr-weekly") && list.contains("3 runs"));
    let weekly = serving.page("/?plan=dr-weekly&env=sim").await;
    assert_eq!(weekly.matches("<th scope=\"row\">").count(), 2);
    assert!(weekly.contains("<option value=\"dr-weekly\" selected=\"\">"));
    assert!(serving.page("/?plan=no%20such").await.contains("There is no such run."));
    assert!(serving.page("/?page=7").await.contains("The list ends before this page."));
    assert!(serving.page("/?page=nonsense").await.contains("3 runs"));

    let plans = serving.page("/plans").await;
    assert!(plans.contains("/plans/dr-weekly?env=sim") && plans.contains("/?plan=rename-table&amp;env=sim"), "{plans}");
    let history = serving.page("/plans/dr-weekly").await;
    assert!(history.contains("The last 2 runs") && history.contains("<svg"), "{history}");
    assert!(serving.page("/plans/rename-table").await.contains("nothing to compare"));
    assert_eq!(serving.page("/healthz").await, "ok\n");

    let id = serving.newest().await;
    let page = serving.page(&format!("/runs/{id}")).await;
    for (file, kind, words) in [
        ("report.html", "text/html; charset=utf-8", "<!DOCTYPE html>"),
        ("report.json", "application/json", "\"report_version\""),
        ("report.md", "text/markdown; charset=utf-8", "# "),
        ("report.txt", "text/plain; charset=utf-8", "ALL SUCCEEDED"),
        ("report.xml", "application/xml", "<testsuites"),
        ("report.tap", "text/plain; charset=utf-8", "TAP version 14"),
        ("summary.md", "text/markdown; charset=utf-8", "rename-table"),
    ] {
        assert!(page.contains(&format!("href=\"/runs/{id}/{file}\"")), "{file}");
        let response = serving.get(&format!("/runs/{id}/{file}")).await;
        assert_eq!((response.status(), &response.headers()["content-type"]), (StatusCode::OK, &kind.parse().unwrap()));
        let named = response.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert_eq!(named, format!("attachment; filename=\"{id}-{file}\""));
        assert!(response.headers()["content-security-policy"].to_str().unwrap().starts_with("sandbox;"));
        let text = response.text().await.unwrap();
        assert!(text.contains(words), "{file}: {text}");
    }
    // The file is the one that the command writes.
    let mut served: Value = serving.get(&format!("/runs/{id}/report.json")).await.json().await.unwrap();
    let mut written = rig.report().await;
    for report in [&mut served, &mut written] {
        report["generated_at"] = Value::Null;
    }
    assert_eq!(served, written);

    for nowhere in
        ["/nowhere", "/runs/none", "/runs/none/report.json", &format!("/runs/{id}/report.pdf"), "/plans/none", "/login"]
    {
        let response = serving.get(nowhere).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{nowhere}");
        assert!(response.text().await.unwrap().contains("<h1>Not found</h1>"), "{nowhere}");
    }
    assert_eq!(serving.get("/plans/dr-weekly?env=none").await.status(), StatusCode::NOT_FOUND);
    let evil = serving.get("/runs/%3Cscript%3Ealert(1)%3C%2Fscript%3E").await.text().await.unwrap();
    assert!(!evil.contains("<script") && evil.contains("&lt;script&gt;"));
    let ended = serving.stop("INT").await.code(0);
    assert_eq!(ended.stderr, "");
}
