//! Reports of runs made by hand.

mod document;
mod event;
mod live;
mod merge;
mod page;
mod preview;
mod scenario;
mod terminal;
