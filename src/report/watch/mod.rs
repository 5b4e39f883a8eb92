//! The pages of `serve`: the list of runs, plans and their history, a run while it goes on, and its report. They are made
//! of what a store holds, like everything here, and share the look and the gate of the report's page. All of them are whole
//! without a script; the one of a run that goes on is then loaded again every few seconds.

mod address;
mod follow;
mod history;
mod list;
mod live;
mod message;
mod plans;
mod report;

pub use follow::{Follow, Parts};
pub use history::{HISTORY, HistoryPage, history_page};
pub use list::{PAGE, RunRow, RunSummary, RunsPage, runs_page};
pub use message::{login_page, message_page};
pub use plans::plans_page;
pub use report::{FILES, ReportFile, report_page};

use jiff::Timestamp;

use super::page::frame;
use super::page::markup::Markup;
use super::wording::moment;
use crate::model::Millis;

const STYLE: &str = concat!(include_str!("../page/page.css"), include_str!("watch.css"));

/// How often a page of a run that goes on is loaded again where there is no script.
const REFRESH: &str = "10";

/// A page with what it may load and run, which the server sends with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The page.
    pub html: String,
    /// Its `Content-Security-Policy`.
    pub policy: String,
}

/// Whether a run without an end still goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Its lease is held, and lasts.
    GoesOn,
    /// Its lease ran out then and was not renewed.
    Silent(Timestamp),
    /// It has lost its lease, or its process is known to be gone: nothing is added to it any more.
    Gone,
}

impl Life {
    /// In a word, for a table.
    fn word(self) -> &'static str {
        match self {
            Self::GoesOn => "running",
            Self::Silent(_) => "no sign of life",
            Self::Gone => "broken off",
        }
    }

    /// What somebody must know who looks at the run; nothing while all is as it should be.
    fn warning(self) -> Option<String> {
        match self {
            Self::GoesOn => None,
            Self::Silent(until) => Some(format!(
                "Its lease ran out at {} and was not renewed: its process is gone, or can't reach the state store.",
                moment(until)
            )),
            Self::Gone => Some(
                "Its process is gone, and it has no end: nothing more is recorded, and what it had sent may still run at \
                 the site. `restorectl resume` goes on with it, unless a later run did."
                    .to_owned(),
            ),
        }
    }
}

/// What is around a page's contents.
#[derive(Debug, Clone, Copy)]
struct Shell<'a> {
    title: &'a str,
    script: Option<&'static str>,
    /// Whether it is loaded again where there is no script.
    again: bool,
    /// Whether it leads to other pages: one that asks for the token doesn't.
    leads: bool,
}

impl<'a> Shell<'a> {
    fn titled(title: &'a str) -> Self {
        Self { title, script: None, again: false, leads: true }
    }

    fn page(self, contents: impl FnOnce(&mut Markup)) -> Served {
        let mut page = Markup::default();
        frame::begin(&mut page, self.title, STYLE, None);
        // Browsers ask for an icon otherwise, which the policy forbids.
        page.fixed("<link rel=\"icon\" href=\"data:,\">\n");
        if self.again {
            page.fixed("<noscript>").open("meta", &[("http-equiv", "refresh"), ("content", REFRESH)]);
            page.fixed("</noscript>\n");
        }
        page.fixed("</head>\n<body>\n");
        if self.leads {
            page.fixed("<nav class=\"pages\" aria-label=\"Pages\"><b>restorectl</b> <a href=\"/\">Runs</a> ");
            page.fixed("<a href=\"/plans\">Plans</a></nav>\n");
        }
        contents(&mut page);
        page.fixed("</body>\n</html>\n");
        let connect = if self.again { "connect-src 'self'; " } else { "" };
        let more = format!("img-src data:; {connect}form-action 'self'; frame-ancestors 'none'");
        Served { html: page.finish(), policy: frame::policy(STYLE, self.script, &more) }
    }
}

/// A heading like that of a report, with what kind of page it is above it.
fn heading(page: &mut Markup, kind: &str, title: &str) {
    page.fixed("<header class=\"head\">").element("p", &[("class", "kind")], kind).element("h1", &[], title);
    page.close("header");
}

/// A length of time for a table.
fn took(length: Option<Millis>) -> String {
    length.map_or_else(|| "\u{2013}".to_owned(), |took| took.to_string())
}
