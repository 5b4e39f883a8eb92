//! A server that does to each request what a test says, byte by byte.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What is done next on a connection.
#[derive(Clone)]
pub enum Act {
    /// Send these bytes.
    Say(Vec<u8>),
    /// Send these bytes again and again, as fast as they are taken.
    Repeat(Vec<u8>),
    /// Send these bytes again and again, a little at a time.
    Drip(Vec<u8>),
    /// Say nothing more, and keep the connection.
    Silence,
    /// End the connection in the middle of whatever it is.
    Reset,
    /// Wait for another request on this connection.
    Next,
    /// Let the simulator at this address answer.
    Forward(String),
    /// The same, and the body is changed by this.
    Changed(String, fn(usize, &str) -> String),
}

pub fn say(bytes: impl Into<Vec<u8>>) -> Act {
    Act::Say(bytes.into())
}

type Script = Arc<dyn Fn(usize, &str) -> Vec<Act> + Send + Sync>;

/// The server, and what came to it.
pub struct Hostile {
    /// The `api.url`.
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Hostile {
    /// For every request, `script` tells from its number and its text what is done. A connection ends with its script.
    pub async fn new(script: impl Fn(usize, &str) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::deaf_after(|_| usize::MAX, script).await
    }

    /// The same, but of each request no more bytes are read than `most` tells from the number of its connection.
    pub async fn deaf_after(
        most: impl Fn(usize) -> usize + Send + 'static,
        script: impl Fn(usize, &str) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/data-protection/v2", listener.local_addr().unwrap());
        let (requests, connections) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicUsize>::default());
        let (script, seen, met): (Script, _, _) = (Arc::new(script), Arc::clone(&requests), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = met.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&seen), most(number)));
            }
        });
        Self { url, requests, connections }
    }

    /// The same answer to everything.
    pub async fn always(acts: Vec<Act>) -> Self {
        Self::new(move |_, _| acts.clone()).await
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, script: Script, requests: Arc<Mutex<Vec<String>>>, most: usize) {
    loop {
        let Some(request) = read_request(&mut stream, most).await else { return };
        let number = {
            let mut requests = requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        let mut goes_on = false;
        for act in script(number, &request) {
            goes_on = matches!(act, Act::Next);
            if carry_out(&mut stream, act, number, &request).await.is_none() {
                return;
            }
        }
        if !goes_on {
            // What came after the request is read, so that the end is an end and no reset.
            let _ = stream.shutdown().await;
            let mut rest = [0u8; 1024];
            while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
            return;
        }
    }
}

/// A connection to the simulator on which a request was sent.
async fn asked(base: &str, request: &str) -> Option<TcpStream> {
    let mut site = TcpStream::connect(base.strip_prefix("http://").unwrap()).await.ok()?;
    let once = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    site.write_all(once.as_bytes()).await.ok()?;
    Some(site)
}

/// Nothing where the connection is over.
async fn carry_out(stream: &mut TcpStream, act: Act, number: usize, request: &str) -> Option<()> {
    match act {
        Act::Say(bytes) => stream.write_all(&bytes).await.ok()?,
        Act::Repeat(bytes) => loop {
            stream.write_all(&bytes).await.ok()?;
        },
        Act::Drip(bytes) => loop {
            for byte in &bytes {
                stream.write_all(&[*byte]).await.ok()?;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        },
        Act::Silence => {
            let mut byte = [0u8; 1];
            while stream.read(&mut byte).await.is_ok_and(|count| count > 0) {}
            return None;
        }
        Act::Reset => {
            stream.set_zero_linger().unwrap();
            return None;
        }
        Act::Next => {}
        Act::Forward(base) => {
            let mut site = asked(&base, request).await?;
            tokio::io::copy(&mut site, stream).await.ok()?;
        }
        Act::Changed(base, change) => {
            let mut answer = String::new();
            asked(&base, request).await?.read_to_string(&mut answer).await.ok()?;
            let body = change(number, answer.split_once("\r\n\r\n")?.1);
            stream.write_all(&super::json(&body)).await.ok()?;
        }
    }
    Some(())
}

/// A whole request, or its first `most` bytes; nothing where the connection ended before one began.
async fn read_request(stream: &mut TcpStream, most: usize) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if bytes.len() >= most {
            return Some(text);
        }
        if let Some(head) = text.find("\r\n\r\n") {
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
            if bytes.len() >= head + 4 + length.unwrap_or(0) {
                return Some(text);
            }
        }
        let room = chunk.len().min(most - bytes.len());
        match stream.read(&mut chunk[..room]).await {
            Ok(0) | Err(_) => return (!bytes.is_empty()).then_some(text),
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}
