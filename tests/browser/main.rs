//! The dashboard in a real browser.
//!
//! - `npm`: what drives the browser; `demo`: visits to `conductor demo`; `returning`: the dashboard is killed while somebody watches
#![cfg(test)]

mod demo;
mod npm;
mod returning;
