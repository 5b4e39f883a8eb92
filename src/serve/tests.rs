//! The server over a store of runs made by hand.
