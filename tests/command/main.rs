//! The promises of the `conductor` binary, kept by the binary itself.

#![cfg(test)]

mod backtest;
mod demo;
mod real_logs;
mod run;
