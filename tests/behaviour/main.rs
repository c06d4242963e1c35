//! What the application does, promise by promise: the whole graph without a broker, values in, values out.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is tests, their helpers too: what is not there must fail"
)]

mod conductor;
mod partition;
mod room;

mod bad_input;
mod closed_loop;
mod describe;
mod learning;
mod life;
mod modes;
mod outage;
mod retention;
mod silence;
mod time;
mod traces;
