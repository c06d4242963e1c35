//! The promises of a task, on a small application: it counts per key, and ticks every 10 ms while a key is young.

mod control;
mod faults;
mod fixture;
mod order;
mod replay;
