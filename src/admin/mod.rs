//! What an operator does to the cluster and to the registry, apart from running the stream.

pub mod schemas;
pub mod topics;
