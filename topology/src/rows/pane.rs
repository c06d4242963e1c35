//! Store `panes`, key (session, start of the pane): the counts of five seconds of a session.

use domain::pane::{Counts, Pane, Stamp};

use super::row::row;

row!(Counts { messages, reactions, users });
row!(Stamp { present, active_short, active_long });
row!(Pane {
    all,
    organic,
    questions,
    joins,
    leaves_explicit,
    leaves_timeout,
    slides,
    words,
    speech_ms,
    responses,
    stamp,
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rows::row::testing::there_and_back;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_pane_is_read_back_and_takes_at_most_200_bytes(
            counts in any::<[u32; 13]>(),
            responses in any::<[u32; 12]>(),
            stamp in any::<Option<(u32, Option<u32>, Option<u32>)>>(),
        ) {
            let [a, b, c, d, e, f, questions, joins, leaves_explicit, leaves_timeout, slides, words, speech_ms] = counts;
            let pane = Pane {
                all: Counts { messages: a, reactions: b, users: c },
                organic: Counts { messages: d, reactions: e, users: f },
                questions,
                joins,
                leaves_explicit,
                leaves_timeout,
                slides,
                words,
                speech_ms,
                responses,
                stamp: stamp.map(|(present, short, long)| Stamp {
                    present,
                    active_short: short.map(f64::from),
                    active_long: long.map(f64::from),
                }),
            };
            prop_assert!(there_and_back(&pane) <= 200);
        }
    }

    #[test]
    fn a_quiet_pane_is_small() {
        assert!(there_and_back(&Pane::default()) <= 32);
    }
}
