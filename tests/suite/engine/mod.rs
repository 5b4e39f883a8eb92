//! The engine: whole runs in virtual time, and the machine driven by hand.

mod deadlines;
mod hand;
mod needs;
mod odd;
mod overlap;
mod pressure;
mod retries;
mod runs;
mod search;
mod sites;
mod starts;
mod ticks;
