//! What the application does, promise by promise: the whole graph without a broker, values in, values out.

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
