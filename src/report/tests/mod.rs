//! Reports of runs made by hand.

mod document;
mod merge;
mod page;
mod preview;
mod scenario;
mod terminal;
