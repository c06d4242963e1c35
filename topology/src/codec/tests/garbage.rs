use proptest::prelude::*;

use super::random::{Dice, Random};
use super::*;

/// Random bytes, alone and behind the record's own header.
fn decode_garbage<T: Coded>(garbage: &[u8]) {
    let _ = decode::<T>(garbage);
    let header = T::avro().unwrap().header;
    let _ = decode::<T>(&[&header[..], garbage].concat());
    let _ = decode::<T>(&[b"{\"", garbage].concat());
}

/// A true value with one byte changed.
fn decode_damaged<T: Coded + Random>(seed: u64, place: usize, byte: u8) {
    let value = T::random(&mut Dice::new(seed));
    for format in [Format::Json, Format::Avro] {
        let mut bytes = Vec::new();
        if encode(&value, format, &mut bytes).is_ok() {
            let place = place % bytes.len();
            bytes[place] = byte;
            let _ = decode::<T>(&bytes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn garbage_is_an_error_and_never_a_panic(garbage in prop::collection::vec(any::<u8>(), 0..200)) {
        macro_rules! each { ($($Record:ident),+) => { $(decode_garbage::<$Record>(&garbage);)+ } }
        each!(Chat, Poll, Presence, Reaction, Session, InterventionFeedback, EngagementScore, InterventionCommand,
              InterventionResult, Policy, Baselines);
    }

    #[test]
    fn a_damaged_value_is_never_a_panic(seed: u64, place: usize, byte: u8) {
        macro_rules! each { ($($Record:ident),+) => { $(decode_damaged::<$Record>(seed, place, byte);)+ } }
        each!(Chat, Poll, Presence, Reaction, Session, InterventionFeedback, EngagementScore, InterventionCommand,
              InterventionResult, Policy, Baselines);
    }
}
