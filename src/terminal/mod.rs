//! The face of `conductor demo`: the sessions and what the application does about them, live.
//!
//! # Layout
//! - [`view`]: what is to be seen, from one output to the next; pure
//! - [`draw`]: that on a screen
//! - [`lines`]: that line by line, where there is no screen
//! - [`screen`]: the terminal itself: alternate screen, keys, frames
//! - [`mod@show`]: picks one of them and runs it to the end

pub mod view;

pub mod draw;
pub mod lines;

pub mod screen;

pub mod show;

#[cfg(test)]
mod tests;

pub use show::{Face, show};
pub use view::View;
