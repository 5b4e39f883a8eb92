//! What comes back over a connection: read within bounds, and what a connection's end means.

use reqwest::Response;
use reqwest::header::HeaderMap;

use super::fault::Fault;

/// An answer with a status that was asked for.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

pub(super) fn transport(error: &reqwest::Error) -> Fault {
    if error.is_builder() {
        Fault::Unsendable(chain(error))
    } else if error.is_connect() {
        Fault::NotConnected(chain(error))
    } else if error.is_timeout() {
        out_of_time()
    } else {
        Fault::NoAnswer(chain(error))
    }
}

/// What is said where the service takes longer than it may.
pub(super) fn out_of_time() -> Fault {
    Fault::NoAnswer("the time for it ran out (`api.timeout`)".to_owned())
}

/// An error with its causes; the address is left out, because the call names it already.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        // The library's own layers say nothing that a reader could act on.
        if !text.starts_with("client error") {
            causes.push(text);
        }
        next = cause.source();
    }
    causes.dedup();
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}

/// Why a body is not whole.
pub(super) enum Overflow {
    /// It is larger than it may be.
    TooLarge,
    /// The connection ended first.
    CutOff,
    /// Its time ran out first.
    OutOfTime,
}

/// Reads a body up to a limit, counted after decompression.
pub(super) async fn bounded(mut response: Response, limit: usize) -> Result<Vec<u8>, (Vec<u8>, Overflow)> {
    // What it says of its length may be a lie; memory that nothing is written to costs nothing.
    let told = response.content_length().and_then(|told| usize::try_from(told).ok()).unwrap_or(0);
    let mut body = Vec::with_capacity(told.min(limit));
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = limit.saturating_sub(body.len());
                body.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or(&[]));
                if chunk.len() > room {
                    return Err((body, Overflow::TooLarge));
                }
            }
            Ok(None) => return Ok(body),
            Err(error) if error.is_timeout() => return Err((body, Overflow::OutOfTime)),
            Err(_) => return Err((body, Overflow::CutOff)),
        }
    }
}
