//! Reports of runs made by hand.

mod browser;
mod compare;
mod document;
mod event;
mod formats;
mod live;
mod merge;
mod notice;
mod otlp;
mod page;
mod preview;
mod scenario;
mod terminal;
mod watch;
