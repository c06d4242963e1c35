//! Takes static members out of their group that are not coming back, so that their partitions need not wait for the session
//! time-out.

use super::error::ThreadError;
use super::settings::ThreadSettings;
use super::thread::is_transient;
use super::topics::leads_of;
use crate::broker::{Broker, Consumer, ConsumerConfig, GroupEvent};
use crate::clock::Clock;
use crate::topology::Topology;

/// How long one wait for the group takes.
const WAIT_MS: u64 = 20;

/// Joins in the places of these stopped static members, of one application, and leaves; says whether that could be done in this
/// time. All join before the first one leaves: a rebalance that is under way waits for every one of them. A member that still
/// runs under such a name is fenced: it can commit nothing any more.
///
/// # Errors
/// The broker refuses.
pub fn leave_group<B: Broker>(
    broker: &B,
    topology: &Topology,
    members: &[ThreadSettings],
    clock: &dyn Clock,
    max_ms: u64,
) -> Result<bool, ThreadError> {
    let leads = leads_of(topology);
    let leads: Vec<&str> = leads.iter().map(|lead| &**lead).collect();
    let mut joined = Vec::with_capacity(members.len());
    for member in members {
        let mut consumer = broker.consumer(&config(member))?;
        consumer.subscribe(&leads)?;
        joined.push(consumer);
    }
    let began_ms = clock.now_ms();
    while clock.now_ms().saturating_sub(began_ms).max(0).unsigned_abs() < max_ms {
        let mut are_members = true;
        for consumer in &mut joined {
            are_members &= is_member(consumer)?;
        }
        if are_members {
            joined.iter_mut().try_for_each(Consumer::leave)?;
            return Ok(true);
        }
        if let Some(consumer) = joined.first_mut() {
            consumer.wait(WAIT_MS);
        }
    }
    Ok(false)
}

fn config(member: &ThreadSettings) -> ConsumerConfig {
    let name = format!("{}-{}", member.instance, member.thread);
    ConsumerConfig {
        group: member.application_id.clone(),
        client: name.clone(),
        group_instance: Some(name),
        session_timeout_ms: member.session_timeout_ms,
        max_poll_interval_ms: member.max_poll_interval_ms,
    }
}

/// Serves the group; says whether it has let the consumer in.
fn is_member(consumer: &mut impl Consumer) -> Result<bool, ThreadError> {
    match consumer.poll_group() {
        Ok(Some(GroupEvent::Revoked(leads))) => consumer.release(&leads)?,
        Ok(_) => {}
        Err(error) if is_transient(&error) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(consumer.group_metadata().is_ok())
}
