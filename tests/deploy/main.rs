//! What is handed out to run elsewhere says the same as what is tested here.
#![cfg(test)]

mod compose;
mod image;
