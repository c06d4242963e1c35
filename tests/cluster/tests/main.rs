//! The servers keep their promises: they hold their data, hang and come back when told to, and leave nothing behind.
#![cfg(test)]

mod foreground;
mod kafka;
mod registry;
