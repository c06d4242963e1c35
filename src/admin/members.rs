//! The members of the application's group that keep their place across restarts.

use streams::broker::kafka::KafkaBroker;
use streams::runtime::{ThreadSettings, leave_group};

use super::unreachable;
use crate::clock::SystemClock;
use crate::cluster;
use crate::failure::Failure;
use crate::settings::Settings;

/// How long joining in a member's place may take: a round of the group's others.
const JOIN_MS_MAX: u64 = 30_000;

/// Takes every thread of the instance of the settings out of the group; returns their names.
///
/// # Errors
/// No name, no such member, or a cluster that does not answer.
pub fn leave(settings: &Settings) -> Result<Vec<String>, Failure> {
    let instance = &settings.engine.instance;
    if instance.is_empty() {
        return Err(Failure::refused("no process is named", "name it: --instance NAME"));
    }
    let broker = cluster::broker(settings)?;
    let threads = threads_of(&broker, &settings.application.id, instance)?;
    let topology = cluster::topology(settings)?;
    let thread = |thread| ThreadSettings {
        session_timeout_ms: settings.engine.session_timeout_ms,
        max_poll_interval_ms: settings.engine.max_poll_interval_ms,
        ..ThreadSettings::new(&settings.application.id, instance, thread)
    };
    let members: Vec<ThreadSettings> = threads.iter().map(|number| thread(*number)).collect();
    let names: Vec<String> = threads.iter().map(|thread| format!("{instance}-{thread}")).collect();
    match leave_group(&broker, &topology, &members, &SystemClock, JOIN_MS_MAX) {
        Ok(true) => Ok(names),
        Ok(false) => Err(Failure {
            remedy: Some("another member may hold a rebalance up: look at /tasks of the others, and try again".into()),
            ..Failure::failed(format_args!("{} was not let into the group within {JOIN_MS_MAX} ms", names.join(", ")))
        }),
        Err(error) => Err(Failure::failed(error)),
    }
}

/// The numbers of the instance's threads that are in the group.
fn threads_of(broker: &KafkaBroker, group: &str, instance: &str) -> Result<Vec<u32>, Failure> {
    let members = broker.member_names(group).map_err(unreachable)?;
    let mut threads: Vec<u32> = members.iter().filter_map(|member| thread_of(member, instance)).collect();
    threads.sort_unstable();
    if threads.is_empty() {
        let there = if members.is_empty() { "it has none".to_owned() } else { members.join(", ") };
        return Err(Failure::refused(
            format_args!("the group {group} has no member of an instance {instance}"),
            format!("name one of its members without the number of its thread: {there}"),
        ));
    }
    Ok(threads)
}

/// The thread's number, if the member is one of the instance.
fn thread_of(member: &str, instance: &str) -> Option<u32> {
    member.strip_prefix(instance)?.strip_prefix('-')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_an_instance_and_the_number_of_its_thread() {
        assert_eq!(thread_of("conductor-1-0", "conductor-1"), Some(0));
        assert_eq!(thread_of("conductor-1-12", "conductor-1"), Some(12));
        assert_eq!(thread_of("conductor-10-0", "conductor-1"), None);
        assert_eq!(thread_of("conductor-1-0", "conductor"), None, "another instance's");
    }
}
