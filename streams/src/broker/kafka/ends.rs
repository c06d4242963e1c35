//! Where partitions end.
//!
//! A broker answers the requests of one connection one after the other, and a fetch that waits for records holds the others up for
//! as long as it waits (half a second by default). So the question goes by a client that does not fetch, where there is one.

use rdkafka::client::{Client, ClientContext};
use rdkafka::error::RDKafkaErrorCode;

use super::error::Call;
use super::native::{self, End};
use crate::broker::{BrokerError, Ends, TopicPartition};

/// The ends of `partitions`, in their order, as they are now.
pub(super) fn look_up<C: ClientContext>(
    client: &Client<C>,
    partitions: &[TopicPartition],
    timeout_ms: i32,
) -> Result<Vec<Ends>, BrokerError> {
    if partitions.is_empty() {
        return Ok(Vec::new());
    }
    let unknown = Ends { log_start: -1, last_stable: -1, high_watermark: -1 };
    let mut found = vec![unknown; partitions.len()];
    let answer = native::list_offsets(client, partitions, timeout_ms, |place, end, offset| {
        let Some(ends) = found.get_mut(place) else { return };
        match end {
            End::LogStart => ends.log_start = offset,
            End::LastStable => ends.last_stable = offset,
            End::HighWatermark => ends.high_watermark = offset,
        }
    });
    if let Err((place, code)) = answer {
        let call = Call::read("ends");
        return Err(match partitions.get(place) {
            // Without any known leader the client only says that there is nothing.
            Some(partition) if code == RDKafkaErrorCode::NoEnt => {
                call.of_partition(partition).failed(RDKafkaErrorCode::UnknownPartition)
            }
            Some(partition) => call.of_partition(partition).failed(code),
            None => call.failed(code),
        });
    }
    for ends in &mut found {
        if ends.log_start < 0 || ends.last_stable < 0 || ends.high_watermark < 0 {
            return Err(BrokerError::Unavailable { operation: "ends" });
        }
        // They were looked up one after the other.
        ends.high_watermark = ends.high_watermark.max(ends.last_stable);
    }
    Ok(found)
}
