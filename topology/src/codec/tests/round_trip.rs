use proptest::prelude::*;

use super::random::{Dice, Random};
use super::*;

/// Both formats give back the value; a value that breaks a rule is written in neither.
fn check<T: Coded + Random + PartialEq + std::fmt::Debug>(seed: u64) {
    let value = T::random(&mut Dice::new(seed));
    for format in [Format::Json, Format::Avro] {
        let mut bytes = b"before".to_vec();
        let encoded = encode(&value, format, &mut bytes);
        match (encoded, value.validate()) {
            (Ok(()), Ok(())) => assert_eq!(decode::<T>(&bytes[6..]).unwrap(), value, "{format:?}"),
            (Err(EncodeError::Invalid { source, .. }), Err(invalid)) => {
                assert_eq!(source, invalid);
                assert_eq!(bytes, b"before");
            }
            (encoded, validated) => panic!("{format:?}: {encoded:?}, {validated:?}"),
        }
    }
}

macro_rules! round_trips {
    ($($name:ident: $Record:ty),+ $(,)?) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]
            $(#[test]
            fn $name(seed: u64) {
                check::<$Record>(seed);
            })+
        }
    };
}

round_trips! {
    every_chat_event_comes_back_from_both_formats: Chat,
    every_poll_event_comes_back_from_both_formats: Poll,
    every_presence_event_comes_back_from_both_formats: Presence,
    every_reaction_comes_back_from_both_formats: Reaction,
    every_session_event_comes_back_from_both_formats: Session,
    every_feedback_comes_back_from_both_formats: InterventionFeedback,
    every_score_comes_back_from_both_formats: EngagementScore,
    every_command_comes_back_from_both_formats: InterventionCommand,
    every_result_comes_back_from_both_formats: InterventionResult,
    every_policy_comes_back_from_both_formats: Policy,
    every_baseline_comes_back_from_both_formats: Baselines,
}
