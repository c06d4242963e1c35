//! The dashboard in a real browser.
//!
//! - `npm`: what drives the browser; `demo`: visits to `conductor demo`
#![cfg(test)]

mod demo;
mod npm;
