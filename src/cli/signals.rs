//! Ctrl-C and SIGTERM, heard from one moment on: none that comes between two waits is lost, though two that come close
//! together may count as one.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears signals as long as it lives.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// Begins to hear them; they end the process no more.
    ///
    /// # Errors
    /// When the system doesn't let them be heard.
    pub(super) fn heard() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(windows)]
            interrupt: tokio::signal::windows::ctrl_c()?,
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}

/// Waits for one from now on; for ever where none can be heard.
pub(super) async fn one() {
    match Signals::heard() {
        Ok(mut signals) => signals.next().await,
        Err(_) => std::future::pending().await,
    }
}
