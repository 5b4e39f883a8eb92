//! `serve`: runs and reports for browsers.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;

use super::exit::Exit;
use super::process::{self, Life};
use super::signals::Signals;
use super::state::Place;
use super::{Global, secrets, system};
use crate::journal::{Holder, StateStore};
use crate::model::SecretRef;
use crate::serve::{self, Access, Config, ServeError};

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl serve
  restorectl serve --listen 127.0.0.1:0 --state ./state.db
  restorectl serve --listen 0.0.0.0:8630 --token-file /run/secrets/restorectl --state postgres://reader@db.example/restores

It reads the state store and changes nothing, neither there nor at a site. It speaks
plain http: where others are to reach it, put a proxy with TLS in front.")]
pub(super) struct Args {
    /// Where to listen; port 0 takes any free one. Other addresses than this machine's own want a token
    #[arg(long, default_value = "127.0.0.1:8630", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The file that holds the token that browsers and programs must show
    #[arg(long, value_name = "PATH", conflicts_with = "token_env")]
    token_file: Option<PathBuf>,
    /// The environment variable that holds it
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,
    /// A name under which it may be asked for besides this machine's own, as behind a proxy; repeatable
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let access = access(&args)?;
    if access.is_none() && !args.listen.ip().is_loopback() {
        terminal.say(&format!("error: {}", ServeError::Open(args.listen)));
        return Ok(Exit::Invalid);
    }
    if !args.listen.ip().is_loopback() {
        terminal.say(
            "warning: this is plain http: whoever is on the way can read the token and everything else. Put a proxy with TLS \
             in front, and let nobody else reach this port",
        );
    }
    let store = Place::of(global)?.open_to_read(global.state_patience, terminal).await?;
    let server = serve::start(Config {
        listen: args.listen,
        access,
        hosts: args.allow_host,
        store: store.clone(),
        now: system::now,
        is_gone,
        say: Box::new(move |text| terminal.say(text)),
    })
    .await?;
    let mut signals = Signals::heard().context("nobody could stop it")?;
    terminal.result(&format!("http://{}/\nread-only; stop it with Ctrl-C\n", server.addr()))?;
    signals.next().await;
    server.stop().await;
    if let StateStore::Server(store) = &store {
        store.close().await;
    }
    Ok(Exit::Done)
}

/// Who may look, where a token is named.
fn access(args: &Args) -> anyhow::Result<Option<Access>> {
    let reference = match (&args.token_file, &args.token_env) {
        (Some(path), _) => SecretRef::File(path.display().to_string()),
        (None, Some(name)) => SecretRef::Env(name.clone()),
        (None, None) => return Ok(None),
    };
    let token = secrets::one(&reference).context("the token can't be had")?;
    Ok(Some(Access::by(&token).with_context(|| format!("{reference} holds no token that can be used"))?))
}

/// Whether a process ran on this machine and doesn't any more.
fn is_gone(holder: &Holder) -> bool {
    process::life(holder, &process::this()) == Life::Gone
}
