//! A real Apache Kafka and a real schema registry on this machine, for tests and for trying things out.
//!
//! ```no_run
//! # fn main() -> Result<(), cluster::Error> {
//! let mut cluster = cluster::Cluster::start(cluster::Options::new().set("group.min.session.timeout.ms", 1_000))?;
//! println!("bootstrap.servers={}", cluster.bootstrap_servers());
//! cluster.kill()?; // a power cut
//! cluster.restart()?; // and back, with the same data on the same port
//! # Ok(())
//! # }
//! ```
//!
//! Each is a Java process of its own, with free ports on the loopback and a folder for its files. It ends with its owner and
//! takes its files with it, even if the owner is killed. Kafka and the registry come from Maven, once, into a folder that
//! outlives the checkout; Java 17 and Maven must be there.
//!
//! It is *not* how to run Kafka: everything on one machine, and gone in the end.
//!
//! The layout, in reading order: [`install`] fetches; [`settings`] says how the brokers are set; a [`Cluster`] has one [`Broker`] or
//! three, and a [`Certificate`] if clients are to come by TLS, too; beside it there are a [`Registry`] and a [`Postgres`]; [`args`] and [`foreground`] are the binary. Below them, `programs` are Kafka's own
//! and `server` is what brokers and registry have in common; `probe` asks them whether they are ready, `process` ends them with
//! their owner; `java`, `ports` and [`clock`] are what they need of the machine.

pub mod install;
pub mod settings;

mod broker;
mod certificate;
mod kafka;
mod postgres;
pub mod registry;

pub mod args;
pub mod foreground;

mod programs;
mod server;

mod probe;
mod process;

pub mod clock;
mod java;
mod ports;

mod error;

pub use broker::Broker;
pub use certificate::Certificate;
pub use error::Error;
pub use kafka::{Cluster, Options};
pub use postgres::Postgres;
pub use registry::Registry;
