//! The dashboard in a real browser.
//!
//! - `npm`: what drives the browser; `demo`: visits to `conductor demo`; `returning`: the dashboard is killed while somebody watches
//! - `world`: sessions, stream and roles in this process, with `others` that they talk to; `hostile`: an audience that means harm; `ended`:
//!   what is left of a session
//! - `soon`: how soon those who watch are sent what is committed, without a browser
#![cfg(test)]

mod demo;
mod ended;
mod hostile;
mod npm;
mod others;
mod returning;
mod soon;
mod world;
