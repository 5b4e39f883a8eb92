//! What is in a file.

use super::{Desk, HEAD, ONE, numbered, plan};

/// Documents that are refused, each with words that tell why.
fn refused() -> Vec<(&'static str, String, &'static str)> {
    let aliases = |times: usize| vec!["*a"; times].join(", ");
    let levels = |of: &dyn Fn(usize) -> String| numbered(60, |n| format!("a{}: &a{} [{}]\n", n + 1, n + 1, of(n)), "");
    let key = "k".repeat(1000);
    let below_keys = |inner: String| {
        let outer = |n: usize| format!("{0}? {key}\n{0}:\n", " ".repeat(n));
        format!("{}{}{inner}\n", numbered(100, outer, ""), " ".repeat(101))
    };
    vec![
        ("aliases that double", format!("a0: &a0 [x, x]\n{}", levels(&|n| format!("*a{n}, *a{n}"))), "R003"),
        ("aliases of a long text", format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), aliases(100)), "R003"),
        ("aliases inside aliases", format!("a0: &a0 [x]\n{0}{0}{0}", levels(&|n| format!("[[*a{n}]]"))), "R003"),
        (
            "anchors inside anchors",
            format!("a: {}{}{}\n", numbered(120, |n| format!("&a{n} ["), ""), "1,".repeat(20_000), "]".repeat(120)),
            "R003",
        ),
        ("lists in lists", format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000)), "R003"),
        ("lists that never close", format!("a: {}", "[".repeat(100_000)), "R003"),
        ("maps in maps", format!("a: {}", "{a: ".repeat(100_000)), "R003"),
        ("blocks in blocks", numbered(1000, |n| format!("{}a:\n", " ".repeat(n)), ""), "R003"),
        ("items in items", format!("{}x\n", "- ".repeat(100_000)), "R003"),
        ("keys in keys", format!("{}x\n", "? ".repeat(100_000)), "R005"),
        ("a long value", format!("{HEAD}description: {}\n{}", "x".repeat(2 << 20), "restores: []\n"), "R003"),
        ("a long value without its end", format!("a: \"{}", "x".repeat(2 << 20)), "R002"),
        ("a long key", format!("{HEAD}? {}\n: 1\nrestores: []\n", "k".repeat(1 << 20)), "this key has 1048576 bytes"),
        (
            "a long key over many",
            format!("? {}\n:\n{}", "k".repeat(1 << 20), "  - {a: 1, a: 2}\n".repeat(5000)),
            "R003",
        ),
        ("very many keys", numbered(100_000, |n| format!("k{n}: 1\n"), ""), "more than 4096 keys"),
        ("one key over and over", "a: 1\n".repeat(100_000), "R004"),
        ("one key twice, over and over", format!("[{}]\n", "{a: 1,a: 1},".repeat(10_000)), "R004"),
        ("merge keys", format!("[{}]\n", "{<<: a},".repeat(10_000)), "R005"),
        ("tags", format!("[{}]\n", "!a b,".repeat(10_000)), "R005"),
        ("no numbers, far below long keys", below_keys(format!("[{}]", ".nan,".repeat(10_000))), "R005"),
        ("keys twice, far below long keys", below_keys(format!("[{}]", "{a: 1, a: 1},".repeat(5_000))), "R004"),
        ("very many documents", "---\n".repeat(100_000), "a second document begins here"),
        ("nothing", String::new(), "the file is empty"),
        ("nothing but empty lines", "\n".repeat(1 << 20), "the file is empty"),
        ("nothing but a comment", format!("# {}", "x".repeat(1 << 20)), "the file is empty"),
        ("very many comments", "#\n".repeat(100_000), "the file is empty"),
        ("one long line", format!("{{{}}}", "a: [1, 2, 3], ".repeat(80_000)), "R004"),
        ("a NUL", plan(ONE).replace("test", "te\0st"), "R001"),
        ("next-line characters for line breaks", plan(ONE).replace('\n', "\u{85}"), "R002"),
        ("Unicode's line separators for line breaks", plan(ONE).replace('\n', "\u{2028}"), "R002"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_nasty_file_ends_in_a_diagnostic() {
    let desk = Desk::new();
    for (name, content, words) in refused() {
        println!("{name}");
        desk.validate(content).await.code(2).says(words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nasty_environment_ends_in_a_diagnostic_too() {
    let desk = Desk::new();
    desk.write("plan.yaml", plan(ONE));
    for (name, content, words) in refused() {
        println!("{name}");
        desk.write("environment.yaml", content);
        desk.run(&["validate", "plan.yaml", "--env", "environment.yaml"]).await.code(2).says(words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nasty_plan_is_not_rendered() {
    let desk = Desk::new();
    // It is read by the same code, so a part of them is enough.
    for (name, content, words) in refused().into_iter().step_by(4) {
        println!("{name}");
        desk.write("plan.yaml", content);
        let ran = desk.run(&["render", "plan.yaml"]).await.code(2).says(words);
        assert_eq!(ran.stdout, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_are_named() {
    let desk = Desk::new();
    let text = plan(ONE);
    let with = |bytes: &[u8]| [b"version: 1\nname: te", bytes, b"st\n"].concat();
    let wide = |mark: &[u8], unit: fn(u16) -> [u8; 2]| {
        [mark, &text.encode_utf16().flat_map(unit).collect::<Vec<u8>>()].concat()
    };
    let wider: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    for (name, content) in [
        ("a byte that begins nothing", with(b"\xff")),
        ("an overlong slash", with(b"\xc0\xaf")),
        ("half a pair of surrogates", with(b"\xed\xa0\x80")),
        ("a character beyond all", with(b"\xf4\x90\x80\x80")),
        ("a character cut off", with(b"\xe8\xa1")),
        ("UTF-16, little end first, with its mark", wide(b"\xff\xfe", u16::to_le_bytes)),
        ("UTF-16, big end first, with its mark", wide(b"\xfe\xff", u16::to_be_bytes)),
        ("UTF-16, little end first", wide(b"", u16::to_le_bytes)),
        ("UTF-16, big end first", wide(b"", u16::to_be_bytes)),
        ("UTF-32, little end first, with its mark", [b"\xff\xfe\0\0", wider.as_slice()].concat()),
        ("UTF-32, little end first", wider),
        ("nothing but NULs", vec![0; 2 << 20]),
        ("nothing but bytes that begin nothing", vec![0xff; 2 << 20]),
    ] {
        println!("{name}");
        desk.validate(content).await.code(2).says("error[R001]");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_odd_is_read() {
    let desk = Desk::new();
    let text = plan(ONE);
    for (name, content) in [
        ("a byte order mark", format!("\u{feff}{text}")),
        ("line breaks as on Windows", text.replace('\n', "\r\n")),
        ("line breaks as on very old machines", text.replace('\n', "\r")),
        ("very many empty lines behind it", format!("{text}{}", "\n".repeat(1 << 20))),
        ("a long line of spaces behind it", format!("{text}{}", " ".repeat(1 << 20))),
        ("a long comment", format!("# {}\n{text}", "x".repeat(1 << 20))),
    ] {
        println!("{name}");
        desk.validate(content).await.code(0).says("valid: 1 plan, no environment");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_huge_file_no_more_is_read_than_a_plan_may_have() {
    let desk = Desk::new();
    let huge = std::fs::File::create(desk.path("plan.yaml")).unwrap();
    for size in [100, 300, 100_000] {
        huge.set_len(size << 20).unwrap();
        desk.run(&["validate", "plan.yaml"]).await.code(1).says("larger than 8388608 bytes");
    }
    desk.write("small.yaml", plan(ONE));
    desk.run(&["validate", "small.yaml", "--env", "plan.yaml"]).await.code(1).says("larger than");
}
