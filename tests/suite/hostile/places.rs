//! Where a plan should be, and something else is.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;

use super::{Desk, ONE, link, plan};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_is_not_read() {
    let desk = Desk::new();
    let made = std::process::Command::new("mkfifo").arg(desk.path("pipe.yaml")).status().unwrap();
    assert!(made.success());
    let _socket = UnixListener::bind(desk.path("socket.yaml")).unwrap();
    link("nowhere.yaml", &desk.path("dangling.yaml"));
    link("circle.yaml", &desk.path("circle.yaml"));
    link("/dev/zero", &desk.path("zero.yaml"));
    link("plan.yaml/below", &desk.path("below.yaml"));
    std::fs::create_dir(desk.path("folder.yaml")).unwrap();
    desk.write("plan.yaml", plan(ONE));
    for name in ["pipe", "socket", "dangling", "circle", "zero", "below", "folder", "missing"] {
        let path = format!("{name}.yaml");
        for arguments in [
            &["validate", &path][..],
            &["render", &path],
            &["validate", "plan.yaml", "--env", &path],
            &["render", "plan.yaml", "--env", &path],
        ] {
            println!("{arguments:?}");
            let ran = desk.run(arguments).await.says(&path);
            assert_ne!(ran.code, Some(0), "{arguments:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_named() {
    let desk = Desk::new();
    desk.write("plan.yaml", plan(ONE));
    std::fs::set_permissions(desk.path("plan.yaml"), std::fs::Permissions::from_mode(0o0)).unwrap();
    // Whoever may read everything is not stopped by it.
    let may_read = std::fs::read(desk.path("plan.yaml")).is_ok();
    let ran = desk.run(&["validate", "plan.yaml"]).await;
    assert_eq!(ran.code == Some(0), may_read, "{ran:?}");
    if !may_read {
        ran.says("plan.yaml").says("ermission denied");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_lead_back_are_followed_once() {
    let desk = Desk::new();
    let folder = desk.path("plans");
    std::fs::create_dir_all(folder.join("inner")).unwrap();
    std::fs::write(folder.join("inner/plan.yaml"), plan(ONE)).unwrap();
    for name in ["one", "two", "three"] {
        link("..", &folder.join("inner").join(name));
        link(".", &folder.join(name));
    }
    desk.run(&["validate", "plans"]).await.code(0).says("valid: 1 plan,");
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_not_read() {
    let desk = Desk::new();
    for path in ["/dev/zero", "/dev/null", "/dev/stdin", "/"] {
        let ran = desk.run(&["validate", path]).await;
        assert_ne!(ran.code, Some(0), "{path}: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_lead_no_include_out_of_its_folder() {
    let desk = Desk::new();
    for folder in ["plans/team", "elsewhere"] {
        std::fs::create_dir_all(desk.path(folder)).unwrap();
    }
    desk.write("elsewhere/_shared.yaml", "version: 1\nowner: nobody\n");
    desk.write("plans/_shared.yaml", "version: 1\nowner: everybody\n");
    link("../../elsewhere/_shared.yaml", &desk.path("plans/team/_out.yaml"));
    link("../_shared.yaml", &desk.path("plans/team/_in.yaml"));
    link("../elsewhere", &desk.path("plans/away"));
    let including = |file: &str| plan(ONE).replace("name: test\n", &format!("name: test\ninclude: [{file}]\n"));
    for (file, code) in [("_in.yaml", 0), ("_out.yaml", 2), ("../away/_shared.yaml", 2), ("../_shared.yaml", 0)] {
        desk.write("plans/team/plan.yaml", including(file));
        let ran = desk.run(&["validate", "plans/team/plan.yaml"]).await.code(code);
        if code != 0 {
            ran.says("a link leads out of the folder `plans`").says("R223");
        }
    }
    // What is named on the command line may be a link to anywhere.
    desk.write("elsewhere/plan.yaml", plan(ONE));
    link("../elsewhere/plan.yaml", &desk.path("plans/linked.yaml"));
    desk.run(&["validate", "plans/linked.yaml"]).await.code(0);
}
