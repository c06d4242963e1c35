//! What an operator does to the cluster, apart from running the stream.

pub mod topics;
