//! The application around the stream: what an operator types, sets, and sees.
//!
//! # Layout
//! - [`cli`]: the commands, one file each
//! - [`settings`]: defaults, file, environment and flags, and where each value came from
//! - [`failure`]: what a command that did not work says, and its exit code
//! - [`clock`]: the only file that reads the machine's clock
//! - [`output`]: what a running application puts out, for whoever watches it
//! - [`alarm`], [`words`], [`summary`]: that output as episodes, as sentences and as totals
//! - [`cluster`]: how a Kafka cluster is reached, and what runs on it
//! - [`stream`]: the stream on that cluster; [`admin`]: what an operator does to that cluster, and to a registry
//! - [`registry`]: a schema registry
//! - [`embedded`]: the stream in one process; [`backtest`], [`calibration`] and [`demo`] feed it
//! - [`act`]: the port to what carries commands out, and the simulated platform behind it
//! - [`content`]: what an intervention says; [`executor`]: carries it out, and remembers in a [`database`]; [`http`]: how both call others
//! - [`history`]: what happened, in that database, for those who ask later
//! - [`terminal`]: that output on a screen, or line by line
//! - [`report`]: that output as one page of HTML
//! - [`probes`]: what every role shows to those who probe it
//! - [`progress`], [`logging`], [`spans`]: how far long work has come, the log, and what those see who collect traces
//!
//! What this is NOT: the stream (crate `streams`), its graph (crate `topology`) or what it computes (crate `domain`).

pub mod cli;
pub mod settings;

pub mod failure;

pub mod admin;
pub mod cluster;
pub mod registry;
pub mod stop;
pub mod stream;

pub mod embedded;

pub mod act;
pub mod content;
pub mod database;
pub mod executor;
pub mod history;
pub mod http;

pub mod backtest;
pub mod calibration;
pub mod dashboard;
pub mod demo;

pub mod clock;

pub mod alarm;
pub mod output;
pub mod summary;
pub mod words;

pub mod report;
pub mod terminal;

pub mod logging;
pub mod probes;
pub mod progress;
pub mod spans;
