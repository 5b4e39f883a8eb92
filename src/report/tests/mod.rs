//! Reports of runs made by hand.

mod browser;
mod compare;
mod document;
mod formats;
mod merge;
mod page;
mod scenario;
mod terminal;
