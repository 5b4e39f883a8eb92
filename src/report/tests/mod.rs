//! Reports of runs made by hand.

mod document;
mod page;
mod scenario;
mod terminal;
