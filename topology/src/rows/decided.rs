//! Stores `ticks`, key session: the detector; and `interventions`, key (session, command): what was decided.

use domain::anomaly::episode::Rearm;
use domain::anomaly::level::Held;
use domain::anomaly::slope::Slope;
use domain::anomaly::z_score::{SlowMean, SlowMeans};
use domain::anomaly::{Detector, Episode, EpisodeState, Level};
use domain::bandit::Offsets;
use domain::context::InterventionKind;
use domain::intervention::{Command, Intervention, Ledger, Mode, Outcome, Stage};
use domain::outcome::Measure;
use domain::time::Millis;

use serde_json::{Value, json};

use super::row::{Row, row, row_of_names};
use crate::codec;
use crate::wire::InterventionCommand;

/// The newest tick of a session.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct TickRow {
    /// The session's first tick.
    pub(crate) first_tick: Millis,
    /// What the detector remembers.
    pub(crate) detector: Detector,
}
row!(TickRow { first_tick, detector });
row!(Detector { slow, slope, held, held_90s, episode });
row!(SlowMeans { core, core_90s, ticks });
row!(SlowMean { mean, variance });
row!(Slope { means, filled, sum, ticks });
row!(Held { warning_ticks, critical_ticks });
row!(Episode { started_at, level, calm_since });
row!(Rearm { not_before, only_when_calm });
row_of_names!(Level, Mode, Outcome, InterventionKind);

impl Row for EpisodeState {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Armed => 0_u8.write(out),
            Self::Open(episode) => {
                1_u8.write(out);
                episode.write(out);
            }
            Self::Resting(rearm) => {
                2_u8.write(out);
                rearm.write(out);
            }
        }
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        Some(match u8::read(input)? {
            0 => Self::Armed,
            1 => Self::Open(Row::read(input)?),
            2 => Self::Resting(Row::read(input)?),
            _ => return None,
        })
    }

    fn show(&self) -> Value {
        match self {
            Self::Armed => "armed".into(),
            Self::Open(episode) => json!({ "open": episode.show() }),
            Self::Resting(rearm) => json!({ "resting": rearm.show() }),
        }
    }
}

/// What a session remembers of its decisions. Under the empty command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LedgerRow {
    /// Budget, cooldowns, mode and the open command.
    pub(crate) ledger: Ledger,
    /// How the session differs from the fleet, per kind.
    pub(crate) offsets: Offsets,
}
row!(LedgerRow { ledger, offsets });
row!(Ledger { mode, paused, decided_at, last_use, open });
row!(Offsets { counts, sums });

/// One command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CommandRow {
    /// How far it has come.
    pub(crate) intervention: Intervention,
    /// The measurement under way.
    pub(crate) measure: Option<Measure>,
    /// The command as it was published last, in Avro.
    pub(crate) published: Published,
}
row!(CommandRow { intervention, measure, published });
row!(Intervention { command, kind, stage, held_out, waited, expires_at });
row!(Command { tick, sequence });
row!(Measure { kind, started_ms, score_before, core_before, response_before, response_sum, response_count, judged });

impl Row for Stage {
    fn write(&self, out: &mut Vec<u8>) {
        let tag = |tag: u8, out: &mut Vec<u8>| tag.write(out);
        match self {
            Self::Proposed => tag(0, out),
            Self::Approved => tag(1, out),
            Self::Withdrawn => tag(2, out),
            Self::Executed => tag(3, out),
            Self::Measuring { from } => {
                tag(4, out);
                from.write(out);
            }
            Self::Settled(outcome) => {
                tag(5, out);
                outcome.write(out);
            }
        }
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        Some(match u8::read(input)? {
            0 => Self::Proposed,
            1 => Self::Approved,
            2 => Self::Withdrawn,
            3 => Self::Executed,
            4 => Self::Measuring { from: Row::read(input)? },
            5 => Self::Settled(Row::read(input)?),
            _ => return None,
        })
    }

    fn show(&self) -> Value {
        match self {
            Self::Proposed => "proposed".into(),
            Self::Approved => "approved".into(),
            Self::Withdrawn => "withdrawn".into(),
            Self::Executed => "executed".into(),
            Self::Measuring { from } => json!({ "measuring_from": from }),
            Self::Settled(outcome) => json!({ "settled": outcome.show() }),
        }
    }
}

/// Encoded bytes, kept as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Published(pub(crate) Vec<u8>);

impl Row for Published {
    fn write(&self, out: &mut Vec<u8>) {
        (self.0.len() as u64).write(out);
        out.extend_from_slice(&self.0);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(u64::read(input)?).ok()?;
        let (bytes, rest) = input.split_at_checked(length)?;
        *input = rest;
        Some(Self(bytes.to_vec()))
    }

    /// The command; its size, where it does not decode.
    fn show(&self) -> Value {
        let command = codec::decode::<InterventionCommand>(&self.0).ok();
        let shown = command.and_then(|command| serde_json::to_value(command).ok());
        shown.unwrap_or_else(|| json!({ "bytes": self.0.len() }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rows::row::testing::there_and_back;

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![Just(0.0), -1e308..1e308_f64, 0.0..1.0_f64]
    }

    fn episode() -> impl Strategy<Value = EpisodeState> {
        prop_oneof![
            Just(EpisodeState::Armed),
            (any::<Millis>(), 0..Level::ALL.len(), any::<Option<Millis>>()).prop_map(
                |(started_at, level, calm_since)| {
                    EpisodeState::Open(Episode { started_at, level: Level::ALL[level], calm_since })
                }
            ),
            (any::<Millis>(), any::<bool>()).prop_map(|(not_before, only_when_calm)| {
                EpisodeState::Resting(Rearm { not_before, only_when_calm })
            }),
        ]
    }

    fn stage() -> impl Strategy<Value = Stage> {
        prop_oneof![
            Just(Stage::Proposed),
            Just(Stage::Approved),
            Just(Stage::Withdrawn),
            Just(Stage::Executed),
            any::<Millis>().prop_map(|from| Stage::Measuring { from }),
            (0..Outcome::ALL.len()).prop_map(|outcome| Stage::Settled(Outcome::ALL[outcome])),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_tick_is_read_back_and_takes_at_most_256_bytes(
            first_tick: Millis,
            means in prop::array::uniform4(number()),
            ticks: u32,
            slope in (any::<[u16; 10]>(), any::<[u8; 2]>(), any::<u16>()),
            held in any::<[u8; 4]>(),
            episode in episode(),
        ) {
            let mean = |mean, variance| SlowMean { mean, variance };
            let hold = |warning_ticks, critical_ticks| Held { warning_ticks, critical_ticks };
            let row = TickRow {
                first_tick,
                detector: Detector {
                    slow: SlowMeans { core: mean(means[0], means[1]), core_90s: mean(means[2], means[3]), ticks },
                    slope: Slope {
                        means: slope.0.map(f32::from),
                        filled: slope.1[0],
                        sum: f32::from(slope.2),
                        ticks: slope.1[1],
                    },
                    held: hold(held[0], held[1]),
                    held_90s: hold(held[2], held[3]),
                    episode,
                },
            };
            prop_assert!(there_and_back(&row) <= 256);
        }

        #[test]
        fn a_ledger_is_read_back(
            mode in 0..Mode::ALL.len(),
            paused: bool,
            decided_at in any::<[Option<Millis>; 6]>(),
            last_use in any::<[Option<Millis>; 4]>(),
            open in any::<Option<(Millis, u16)>>(),
            counts in prop::array::uniform4(number()),
            sums in prop::array::uniform4(number()),
        ) {
            let open = open.map(|(tick, sequence)| Command { tick, sequence });
            let ledger = Ledger { mode: Mode::ALL[mode], paused, decided_at, last_use, open };
            there_and_back(&LedgerRow { ledger, offsets: Offsets { counts, sums } });
        }

        #[test]
        fn a_command_is_read_back(
            place in any::<(Millis, u16)>(),
            kind in 0..InterventionKind::ALL.len(),
            stage in stage(),
            flags in any::<(bool, bool)>(),
            expires_at: Millis,
            measure in prop::option::of((any::<Millis>(), prop::array::uniform4(number()), any::<u32>(), prop::option::of((number(), number())))),
            published in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let kind = InterventionKind::ALL[kind];
            there_and_back(&CommandRow {
                intervention: Intervention {
                    command: Command { tick: place.0, sequence: place.1 },
                    kind,
                    stage,
                    held_out: flags.0,
                    waited: flags.1,
                    expires_at,
                },
                measure: measure.map(|(started_ms, values, response_count, judged)| Measure {
                    kind,
                    started_ms,
                    score_before: values[0],
                    core_before: values[1],
                    response_before: values[2],
                    response_sum: values[3],
                    response_count,
                    judged,
                }),
                published: Published(published),
            });
        }
    }
}
