//! A contestant's process.

use std::io::Read;
use std::process::Command;

use crate::java;
use crate::job::{Contestant, Job, name};
use crate::shared::child::Child;

/// Starts one.
pub(crate) fn start(contestant: Contestant, job: &Job, java: Option<&java::Program>) -> Child {
    Child::of(match (contestant, java) {
        (Contestant::Java, Some(java)) => java.command(job),
        (Contestant::Java, None) => panic!("Java was not built"),
        _ => {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["run".to_owned(), name(contestant)]);
            command.args(job.arguments().into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
            command
        }
    })
}

/// Returns when the owner closes our input, or is gone; looks after things every now and then.
pub(crate) fn wait_for_the_end(mut look: impl FnMut()) {
    let reader = std::thread::spawn(read_to_the_end);
    cluster::clock::wait(|| {
        look();
        reader.is_finished().then_some(())
    });
}

/// Ends this process when the owner closes our input, or is gone.
pub(crate) fn end_with_the_owner() {
    std::thread::spawn(|| {
        read_to_the_end();
        std::process::exit(0);
    });
}

fn read_to_the_end() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
