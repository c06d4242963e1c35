mod former_schemas;
mod framed;
mod garbage;
mod golden;
mod random;
mod refusals;
mod round_trip;
mod schemas;
mod speed;

use super::*;
use crate::wire::*;

/// Runs a test for every record of the wire contract.
macro_rules! for_each_record {
    ($test:ident) => {
        $test::<Chat>();
        $test::<Poll>();
        $test::<Presence>();
        $test::<Reaction>();
        $test::<Session>();
        $test::<InterventionFeedback>();
        $test::<EngagementScore>();
        $test::<InterventionCommand>();
        $test::<InterventionResult>();
        $test::<Policy>();
        $test::<Baselines>();
    };
}
pub(crate) use for_each_record;

fn bytes_of<T: Coded>(value: &T, format: Format) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(value, format, &mut bytes).unwrap();
    bytes
}
