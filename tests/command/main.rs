//! The promises of the `conductor` binary, kept by the binary itself.

mod backtest;
mod demo;
mod real_logs;
mod run;
