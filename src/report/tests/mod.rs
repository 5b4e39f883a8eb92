//! Reports of runs made by hand.

mod document;
mod scenario;
mod terminal;
