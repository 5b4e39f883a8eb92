//! Resolves references to secrets, at the moment they are needed.

#![allow(clippy::disallowed_methods, reason = "secrets come from variables, files and programs")]

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::files;
use crate::baas::Access;
use crate::model::{Api, Secret, SecretRef};

/// No secret is longer, in bytes.
const LARGEST: u64 = 64 * 1024;

/// The same for what a program prints.
const LARGEST_PRINTED: usize = 64 * 1024;

/// How long after its end a program's output is waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long a program may take to print a secret.
const PATIENCE: Duration = Duration::from_secs(30);

/// Resolves all secrets of an environment.
///
/// # Errors
/// When one can't be had; the error names the reference, never a value.
pub(super) fn resolve(api: &Api) -> anyhow::Result<Access> {
    let mut headers = Vec::with_capacity(api.headers.len());
    for (name, reference) in &api.headers {
        let value = one(reference).with_context(|| format!("header `{name}` of the environment's `api`"))?;
        headers.push((name.clone(), value));
    }
    let bearer = api.bearer.as_ref().map(one).transpose().context("`api.bearer` of the environment")?;
    let restore = match &api.restore_credentials {
        None => None,
        Some(login) => {
            let password = one(&login.password).context("`api.restore_credentials.password` of the environment")?;
            Some((login.user.clone(), password))
        }
    };
    Ok(Access { headers, bearer, restore })
}

/// Resolves one.
///
/// # Errors
/// When it can't be had; the error names the reference, never a value.
pub(super) fn one(reference: &SecretRef) -> anyhow::Result<Secret> {
    let text = match reference {
        SecretRef::Env(name) => {
            let value = std::env::var_os(name).with_context(|| format!("{reference} can't be read: it is not set"))?;
            // The system's own error would hold the value.
            value.into_string().ok().with_context(|| format!("{reference} is not UTF-8"))?
        }
        SecretRef::File(path) => {
            let bytes = files::read(Path::new(path), LARGEST)?;
            String::from_utf8(bytes).ok().with_context(|| format!("{reference} is not UTF-8"))?
        }
        SecretRef::Command(words) => run(words).with_context(|| format!("{reference} did not give a secret"))?,
    };
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        bail!("{reference} is empty");
    }
    Ok(Secret::new(text.to_owned()))
}

/// Runs a program without a shell and takes what it prints. Its standard error goes to ours, so that it can ask.
fn run(words: &[String]) -> anyhow::Result<String> {
    let (program, arguments) = words.split_first().context("the command is empty")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{program}` can't be started"))?;
    let mut output = child.stdout.take().context("it has no output")?;
    // Read apart, a piece at a time: a child that the program leaves behind may hold its output open for ever.
    let (sender, pieces) = mpsc::channel();
    std::thread::spawn(move || {
        let mut piece = [0u8; 4096];
        while let Ok(count) = output.read(&mut piece) {
            let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else { return };
            if sender.send(read.to_vec()).is_err() {
                return;
            }
        }
    });
    let until = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().context("it can't be waited for")? {
            break status;
        }
        if Instant::now() > until {
            let _ = child.kill();
            bail!("it took longer than {} seconds", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    if !status.success() {
        bail!("it ended with {status}");
    }
    let mut text = Vec::new();
    while let Ok(piece) = pieces.recv_timeout(LAST_WORDS) {
        text.extend(piece);
        if text.len() > LARGEST_PRINTED {
            bail!("it printed more than {LARGEST_PRINTED} bytes");
        }
    }
    String::from_utf8(text).ok().context("what it printed is not UTF-8")
}
