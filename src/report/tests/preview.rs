//! Previews of changesets made by hand, in every form.

use std::collections::BTreeMap;

use serde_json::Value;

use super::scenario::{Scenario, at, decision, happy, hostile, slug, trouble};
use crate::changeset::{Basis, Changeset, Choice, Estimate, FieldChange, Forecast, LeftOut, Selection, Size, Stray};
use crate::model::{Action, DataLoss, JobName, Millis, RestoreStatus, RunId, SiteId};
use crate::report::{
    Beside, COMPARISON_SCHEMA, PREVIEW_SCHEMA, Preview, Since, Style, changes_human, changes_json, changes_markdown,
    preview, preview_html, preview_human, preview_json, preview_markdown,
};

/// A changeset on a terminal, with nothing known beside it.
pub(super) fn shown(changeset: &Changeset, style: Style) -> String {
    preview_human(&preview(changeset, &Beside::default()).unwrap(), style)
}

fn at_width(width: usize) -> Style {
    Style { width, ..Style::default() }
}

/// A changeset that has something of everything.
fn full() -> Preview {
    let mut changeset = trouble().changeset;
    changeset.items.push(decision(
        "regions",
        Action::Satisfied,
        "`bank-dr_regions_7c1fd0a2_1_1` (restore 90) is there",
    ));
    let own = |minutes: u64| Estimate { duration_ms: Millis::from_secs(minutes * 60), basis: Basis::OwnRestores(3) };
    for (index, decision) in changeset.items.iter_mut().enumerate() {
        decision.estimate = match index {
            0..=2 => Some(own(40 + 7 * index as u64)),
            3 => Some(Estimate {
                duration_ms: Millis(754_321),
                basis: Basis::Throughput { bytes_per_second: 125_000_000, restores: 7 },
            }),
            _ => None,
        };
    }
    let orders = &mut changeset.items[1];
    orders.sizes = vec![Size { target: "BANK_MARKETING.orders".into(), objects: 1, bytes: Some(1_288_490_189) }];
    let history = &mut changeset.items[4];
    history.action = Action::Changed;
    history.data_loss = DataLoss::Drops;
    history.losses = vec!["drops everything made in `ADW` since the backup of 2026-11-20 03:00:00Z".into()];
    history.sizes = vec![Size { target: "ADW".into(), objects: 34, bytes: Some(98_765_432_100) }];
    changeset.strays = vec![
        Stray {
            site: SiteId::new("TDICGC73149PP88"),
            item: "old-model".into(),
            restores: 1,
            running: 0,
            newest: JobName::new("bank-dr_old-model_7c1fd0a2_1_1"),
            execution_id: Some("88".into()),
            status: RestoreStatus("COMPLETED_SUCCESSFULLY".into()),
            end_time: Some(at(-90_000)),
        },
        Stray {
            site: SiteId::new("TDICGC73149PP88"),
            item: "sketches".into(),
            restores: 3,
            running: 1,
            newest: JobName::new("bank-dr_sketches_7c1fd0a2_2_1"),
            execution_id: None,
            status: RestoreStatus("RUNNING".into()),
            end_time: None,
        },
    ];
    changeset.selection = Some(Selection {
        choice: Choice { only: Vec::new(), exclude: vec!["archive-*".into()], only_failed: false },
        followed: Vec::new(),
        unwanted: Vec::new(),
        needs: Default::default(),
        left_out: vec![LeftOut { item: slug("archive-2024"), reason: "`--exclude archive-*`".into() }],
    });
    let field = |field: &str, before: Option<&str>, after: Option<&str>| FieldChange {
        field: field.into(),
        before: before.map(Into::into),
        after: after.map(Into::into),
    };
    let changes = vec![
        field("execution", Some("76"), Some("77")),
        field("rename_to", Some("history_v1"), Some("history_restored")),
        field("group", None, Some("heavy")),
    ];
    let run = RunId::new("20261116-031207-4f2a");
    let since = BTreeMap::from([
        (slug("history"), Since { run: run.clone(), changes }),
        (slug("orders"), Since { run, changes: Vec::new() }),
    ]);
    let forecast = Forecast { duration_ms: Some(Millis::from_secs(2 * 3600 + 754)), ..Forecast::known(&changeset) };
    preview(&changeset, &Beside { forecast: Some(forecast), since }).unwrap()
}

/// More restores than a comment holds.
fn many(count: usize, reason: &str) -> Preview {
    let items = (0..count).map(|number| decision(&format!("table-{number}"), Action::Create, reason)).collect();
    preview(&Scenario::new(items).changeset, &Beside::default()).unwrap()
}

#[test]
fn every_form_is_pinned() {
    let full = full();
    insta::assert_snapshot!("preview_80", preview_human(&full, at_width(80)));
    insta::assert_snapshot!("preview_140", preview_human(&full, at_width(140)));
    insta::assert_snapshot!("preview_markdown", preview_markdown(&full));
    insta::assert_snapshot!("preview_json", preview_json(&full).unwrap());
    let page = preview_html(&full);
    let (_, body) = page.split_once("</style>").unwrap();
    insta::assert_snapshot!("preview_page", body);
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    for form in [preview_markdown, preview_html] {
        assert_eq!(form(&full()), form(&full()));
    }
    assert_eq!(preview_json(&full()).unwrap(), preview_json(&full()).unwrap());
    assert_eq!(preview_human(&full(), at_width(80)), preview_human(&full(), at_width(80)));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    use unicode_width::UnicodeWidthStr as _;
    for width in [40, 60, 80, 140] {
        for line in preview_human(&full(), at_width(width)).lines() {
            assert!(line.width() <= width, "{width}: {line}");
            assert_eq!(line, line.trim_end(), "trailing spaces");
        }
    }
}

#[test]
fn every_preview_has_the_pinned_shape() {
    let schema: Value = serde_json::from_str(PREVIEW_SCHEMA).unwrap();
    let validator = jsonschema::options().offline().build(&schema).unwrap();
    let plain = |changeset: &Changeset| preview(changeset, &Beside::default()).unwrap();
    let previews =
        [full(), plain(&happy().changeset), plain(&hostile().changeset), plain(&Scenario::new(vec![]).changeset)];
    for preview in previews {
        let text = preview_json(&preview).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(serde_json::from_str::<Preview>(&text).unwrap(), preview);
    }
    let whole: Value = serde_json::from_str(&preview_json(&full()).unwrap()).unwrap();
    let spoil: [fn(&mut Value); 3] = [
        |document| document["diff_version"] = 2.into(),
        |document| document["items"][0]["action"] = "great".into(),
        |document| document["surprise"] = true.into(),
    ];
    for spoil in spoil {
        let mut document = whole.clone();
        spoil(&mut document);
        assert!(!validator.is_valid(&document), "{document:#}");
    }
}

#[test]
fn a_comment_holds_every_preview_and_says_what_is_cut() {
    assert!(!preview_markdown(&full()).contains("Truncated"));
    let folded = preview_markdown(&many(300, "the site has no restore of it"));
    assert!(folded.len() <= 65_536 && folded.len() > 50_000, "{}", folded.len());
    assert!(folded.contains("**Truncated**") && folded.contains("the details of") && !folded.contains("not listed"));
    assert!(folded.contains("| create | `table-299` |"), "the tables are whole");
    let cut = preview_markdown(&many(5000, "the site has no restore of it"));
    assert!(cut.len() <= 65_536 && cut.len() > 60_000, "{}", cut.len());
    assert!(cut.contains("the details of 5000 restores are left out, and ") && cut.contains("are not listed"));
    assert!(preview_markdown(&many(200, &"very long ".repeat(5000))).len() <= 65_536);
}

#[test]
fn foreign_texts_draw_nothing() {
    let preview = preview(&hostile().changeset, &Beside::default()).unwrap();
    for text in [preview_markdown(&preview), preview_html(&preview)] {
        for c in text.chars().filter(|c| *c != '\n') {
            assert!(!c.is_control() && !matches!(c, '\u{202e}' | '\u{200b}'), "{c:?} in {text}");
        }
    }
    let page = preview_html(&preview);
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
}

#[test]
fn every_tag_of_the_page_is_closed_in_its_turn() {
    let page = preview_html(&full());
    let (_, body) = page.split_once("</style>").unwrap();
    let mut open: Vec<&str> = vec!["html", "head"];
    for tag in body.split('<').skip(1).map(|tag| tag.split_once('>').unwrap().0) {
        let name = tag.split(' ').next().unwrap();
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed), "in {page}"),
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn two_changesets_are_compared() {
    let before = trouble().changeset;
    assert!(changes_human(&before, &before, at_width(80)).ends_with("\nthey would do the same\n"));
    let mut after = before.clone();
    after.items.remove(0);
    after.items.push(decision("regions", Action::Create, "the site has no restore of it"));
    let orders = &mut after.items[0];
    orders.action = Action::Satisfied;
    orders.reason = "it is there".into();
    let clicks = &mut after.items[2];
    clicks.item.priority = 7;
    clicks.item.objects[0].rename_to = None;
    after.limits.concurrency = 9;
    insta::assert_snapshot!("comparison_80", changes_human(&before, &after, at_width(80)));
    insta::assert_snapshot!("comparison_140", changes_human(&before, &after, at_width(140)));
    insta::assert_snapshot!("comparison_markdown", changes_markdown(&before, &after));
    let json = changes_json(&before, &after).unwrap();
    insta::assert_snapshot!("comparison_json", json);
    let schema: Value = serde_json::from_str(COMPARISON_SCHEMA).unwrap();
    let validator = jsonschema::options().offline().build(&schema).unwrap();
    assert!(validator.is_valid(&serde_json::from_str(&json).unwrap()));
}
