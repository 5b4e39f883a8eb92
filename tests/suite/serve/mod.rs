//! `serve` by the real binary: what it shows, whom it answers, and that it changes nothing.

mod browser;
mod guards;
mod live;
mod pages;
mod store;

use reqwest::{Client, Response, StatusCode};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::rig::{Ran, Rig};

/// A server that runs.
pub struct Serving {
    child: Child,
    pub url: String,
    pub http: Client,
}

impl Serving {
    pub async fn new(rig: &Rig) -> Self {
        Self::with(rig, &[], &[]).await
    }

    /// With more arguments, and variables.
    pub async fn with(rig: &Rig, more: &[&str], variables: &[(&str, &str)]) -> Self {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"][..], more].concat();
        let mut child = rig.command(&arguments).envs(variables.iter().copied()).spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        let Some(url) = told.next_line().await.unwrap() else {
            panic!("{:?}", Ran::from(child.wait_with_output().await.unwrap()))
        };
        // The system may give the same port to nobody else while it listens.
        let url = url.trim_end_matches('/').to_owned();
        assert!(url.starts_with("http://127.0.0.1:") && !url.ends_with(":0"), "{url}");
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { child, url, http }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    /// A page that must be there.
    pub async fn page(&self, path: &str) -> String {
        let response = self.get(path).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        text
    }

    /// Waits until a page says something.
    pub async fn until(&self, path: &str, words: &str) -> String {
        for _ in 0..3000 {
            let text = self.page(path).await;
            if text.contains(words) {
                return text;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("{path} never says `{words}`: {}", self.page(path).await);
    }

    /// The newest run of the list.
    pub async fn newest(&self) -> String {
        let list = self.until("/", "href=\"/runs/").await;
        let (_, rest) = list.split_once("href=\"/runs/").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// Stops it by a signal, and gives what came of it.
    pub async fn stop(self, signal: &str) -> Ran {
        let pid = self.child.id().unwrap().to_string();
        let sent = tokio::process::Command::new("kill").args([&format!("-{signal}"), &pid]).status().await.unwrap();
        assert!(sent.success());
        Ran::from(self.child.wait_with_output().await.unwrap())
    }
}

/// The events of a run, as a browser reads them.
pub struct Events {
    response: Response,
    read: String,
}

impl Events {
    pub async fn of(serving: &Serving, run: &str) -> Self {
        let response = serving.get(&format!("/runs/{run}/events")).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { response, read: String::new() }
    }

    /// The next event's name and data; none at the end.
    pub async fn next(&mut self) -> Option<(String, serde_json::Value)> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let told = (field("event: "), field("data: "));
                self.read = rest.to_owned();
                if let (Some(name), Some(data)) = told {
                    return Some((name, serde_json::from_str(&data).unwrap()));
                }
                continue;
            }
            let more = tokio::time::timeout(std::time::Duration::from_secs(120), self.response.chunk()).await;
            match more.expect("no event for two minutes").unwrap_or(None) {
                Some(more) => self.read.push_str(std::str::from_utf8(&more).unwrap()),
                None => return None,
            }
        }
    }

    /// The first event that is wanted.
    pub async fn until(&mut self, what: &str, is: impl Fn(&str, &serde_json::Value) -> bool) -> serde_json::Value {
        let mut seen = Vec::new();
        while let Some((name, data)) = self.next().await {
            if is(&name, &data) {
                return data;
            }
            seen.push((name, data));
        }
        panic!("the events ended without {what}: {seen:#?}");
    }
}

/// A count as an event tells it.
pub fn counted(event: &serde_json::Value, words: &str) -> Option<u64> {
    let parts = event["parts"].as_array()?;
    let counts = parts.iter().find(|part| part[0] == "counts")?[1].as_str()?;
    let (_, rest) = counts.split_once(&format!("data-count=\"{words}\"><b>"))?;
    rest.split_once('<')?.0.parse().ok()
}
