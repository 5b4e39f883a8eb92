use serde_json::json;

use super::*;

#[tokio::test]
async fn the_create_call_needs_the_login() {
    let site = Rehearsal::begin(|_| {}).await;
    let body = restore("r", &[table("ADW", "orders")]);
    let path = format!("/sites/{HERE}/jobs/1412/executions/5002/restores");
    let post = || site.request(reqwest::Method::POST, &path).json(&body);
    for request in [
        post(),
        post().header("x-auth-credentials", "Basic bm86Ym9keQ=="),
        post().header("x-auth-credentials", LOGIN.replace("Basic", "Bearer")),
        post().header("x-auth-credentials", ""),
        post().header("authorization", LOGIN),
    ] {
        let reply = site.send(request).await;
        assert_eq!(reply.status, 401);
        assert!(reply.document["message"].as_str().unwrap().contains("x-auth-credentials"));
    }
    assert_eq!(site.creates().await, 0);
    assert_eq!(site.send(post().header("x-auth-credentials", LOGIN)).await.status, 202);
}

#[tokio::test]
async fn malformed_bodies_are_refused_by_field() {
    let site = Rehearsal::begin(|_| {}).await;
    let good = restore("r", &[table("ADW", "orders")]);
    let mut cases = Vec::new();
    let mut case = |change: fn(&mut Value), expected: &'static str| {
        let mut body = good.clone();
        change(&mut body);
        cases.push((body, expected));
    };
    case(|body| drop(body.as_object_mut().unwrap().remove("name")), "name");
    case(|body| body["name"] = json!(7), "name");
    case(|body| body["target_site"] = json!("NOWHERE"), "target_site");
    case(|body| body["extra"] = json!(1), "extra");
    case(|body| body["job_settings"]["skip_statistics"] = json!(false), "skip_statistics");
    case(|body| body["job_settings"]["run_as_a_copy_job"] = json!("no"), "job_settings.run_as_a_copy_job");
    case(|body| body["job_settings"]["objects"] = json!([]), "job_settings.objects");
    case(|body| body["job_settings"]["objects"][0]["include_all"] = json!(null), "job_settings.objects[0].include_all");
    case(|body| body["job_settings"]["objects"][0]["rename_to"] = json!("x"), "run_as_a_copy_job");
    case(|body| *body = json!(["r", HERE, body["job_settings"]]), "the body is no JSON object");
    case(|body| body["job_settings"] = json!([[], false, false, false, false]), "`job_settings` is no JSON object");
    let bare = |body: &mut Value| body["job_settings"]["objects"] = json!([["a", "TABLE", "b", "DATABASE", [], true]]);
    case(bare, "`job_settings.objects[0]` is no JSON object");
    let excluding = |body: &mut Value| {
        body["job_settings"]["objects"][0] = object("DATABASE", "DBC", "ADW");
        body["job_settings"]["objects"][0]["exclude_objects"] = json!([["a", "TABLE"]]);
    };
    case(excluding, "`job_settings.objects[0].exclude_objects[0]` is no JSON object");
    for (body, expected) in cases {
        let reply = site.create(5002, &body).await;
        assert_eq!(reply.status, 400, "{body}");
        let message = reply.document["message"].as_str().unwrap();
        assert!(message.contains(expected), "{message:?} doesn't say {expected:?}");
    }
    let broken = site.create_request(5002, &good).body("{\"name\": ");
    assert_eq!(site.send(broken).await.status, 400);
    let huge = site.create_request(5002, &good).body("x".repeat((1 << 20) + 1));
    assert_eq!(site.send(huge).await.status, 413);
    assert_eq!(site.create(5003, &good).await.status, 400, "a failed execution");
    assert_eq!(site.creates().await, 0);
}

#[tokio::test]
async fn one_name_twice_makes_two_restores() {
    let site = Rehearsal::begin(|_| {}).await;
    let body = copy("same", HERE, None, &[renamed(table("ADW", "calendar"), "c2")]);
    let (first, second) = (site.accepted(5002, &body).await, site.accepted(5002, &body).await);
    assert_ne!(first, second);
    assert_eq!(site.creates().await, 2);
    site.ended(first).await;
    site.ended(second).await;
    let names: Vec<_> = site.list().await.iter().map(|one| one["restore_job_name"].clone()).collect();
    assert_eq!(names, ["same", "same"]);
}

#[tokio::test]
async fn an_accepted_restore_is_readable_under_its_id() {
    let site = Rehearsal::begin(|config| config.throughput = 0).await;
    let id = site.accepted(5002, &copy("r", THERE, Some("ADW_DR"), &[table("ADW", "orders")])).await;
    let of_execution = format!("/sites/{HERE}/jobs/1412/executions/5002/restores");
    let one = site.read(&format!("{of_execution}/{id}")).await;
    assert_eq!(one["restore_job_name"], "r");
    assert_eq!(one["restore_execution_id"], id);
    assert_eq!((&one["source_site_id"], &one["target_site"]), (&json!(HERE), &json!(THERE)));
    assert_eq!((&one["status"], &one["end_time"]), (&json!("RUNNING"), &json!(null)));
    assert_eq!(one["restore_execution_sub_tasks"][0]["sub_task_name"], "ADW.orders");
    assert_eq!(site.read(&of_execution).await, json!([one]));
    assert_eq!(site.read(&format!("/sites/{THERE}/restores")).await, json!([one]), "it arrives there");
    assert_eq!(site.list().await, std::slice::from_ref(&one), "it comes from here");
    assert_eq!(site.read(&format!("/sites/{HERE}/jobs/1412/executions/5001/restores")).await, json!([]));
    let elsewhere = site.get(&format!("/sites/{HERE}/jobs/1412/executions/5001/restores/{id}")).await;
    assert_eq!(elsewhere.status, 404);
}
