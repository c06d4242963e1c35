//! The broker in one process.
