//! Store `sessions`, key (session, kind of row): the session's own row, what was written in it, and the prior that it
//! pinned. One more row, of no session, belongs to the partition: how its topics flow.

use domain::baseline::Rates;
use domain::context::{SessionType, SizeBand};
use domain::outage::{Flow, Flows};
use domain::session::Session;
use domain::time::Millis;
use serde_json::{Value, json};

use super::row::{Row, row};

/// Kinds of rows of a session: the part of the key behind its id.
pub(crate) const SESSION: &str = "session";
/// See [`Texts`].
pub(crate) const TEXTS: &str = "texts";
/// See [`PinnedPrior`].
pub(crate) const PRIOR: &str = "prior";
/// See [`Flows`]; under the empty session id.
pub(crate) const FLOWS: &str = "flows";

/// A session with the timers that are pending for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SessionRow {
    /// The session.
    pub(crate) session: Session,
    /// The tick that fires next; none when the session is over.
    pub(crate) next_tick: Option<Millis>,
    /// When it is looked at for purging; none before it is over for the first time.
    pub(crate) purge_at: Option<Millis>,
}
row!(SessionRow { session, next_tick, purge_at });

/// What was written in a session, as far as an intervention's content may need it. Texts are cut.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Texts {
    /// The title.
    pub(crate) title: Option<String>,
    /// What it is about.
    pub(crate) topic: Option<String>,
    /// The last messages, oldest first.
    pub(crate) messages: Vec<Text>,
    /// The last questions, oldest first.
    pub(crate) questions: Vec<Text>,
}
row!(Texts { title, topic, messages, questions });

/// A message or a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// When.
    pub(crate) at: Millis,
    /// Who.
    pub(crate) user: String,
    /// Its id, where it has one.
    pub(crate) id: String,
    /// The text.
    pub(crate) text: String,
}
row!(Text { at, user, id, text });

/// The priors of one version, by type and size: copied when the session pins the version, because the table that they come
/// from changes at any time and a score must not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PinnedPrior {
    /// The version.
    pub(crate) version: u64,
    /// By the places of [`SessionType::ALL`], then [`SizeBand::ALL`]; start values where the version has none.
    pub(crate) rates: [[Rates; SizeBand::ALL.len()]; SessionType::ALL.len()],
}

impl Row for PinnedPrior {
    fn write(&self, out: &mut Vec<u8>) {
        self.version.write(out);
        self.rates.iter().flatten().for_each(|rates| rates.write(out));
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        let mut pinned = Self { version: Row::read(input)?, rates: [[Rates::START; 3]; 3] };
        for rates in pinned.rates.iter_mut().flatten() {
            *rates = Row::read(input)?;
        }
        Some(pinned)
    }

    fn show(&self) -> Value {
        let bands = |rates: &[Rates; SizeBand::ALL.len()]| {
            let bands = SizeBand::ALL.iter().zip(rates).map(|(size, rates)| (size.to_string(), rates.show()));
            Value::Object(bands.collect())
        };
        let types = SessionType::ALL.iter().zip(&self.rates).map(|(of, rates)| (of.to_string(), bands(rates)));
        json!({ "version": self.version, "rates": Value::Object(types.collect()) })
    }
}
row!(Rates { chat, poll, active_short, active_long, reactions, stay });

row!(Flow { last_at, rate, sessions });
row!(Flows { chat, presence, reaction });

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rows::row::testing::there_and_back;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_known_of_a_session_is_read_back(
            times in any::<(Millis, Option<Millis>, Option<Millis>)>(),
            texts in prop::collection::vec(any::<(Millis, String, String, String)>(), 0..4),
            heads in any::<[Option<String>; 2]>(),
        ) {
            there_and_back(&SessionRow { session: Session::open(times.0), next_tick: times.1, purge_at: times.2 });
            let texts: Vec<Text> =
                texts.into_iter().map(|(at, user, id, text)| Text { at, user, id, text }).collect();
            let [title, topic] = heads;
            there_and_back(&Texts { title, topic, messages: texts.clone(), questions: texts });
        }

        #[test]
        fn a_prior_and_the_flows_are_read_back(
            version: u64,
            rates in prop::array::uniform6(0.0..1e6_f64),
            flow in (any::<Option<Millis>>(), 0.0..1e6_f64, any::<[Option<(u64, Millis)>; 3]>()),
        ) {
            let [chat, poll, active_short, active_long, reactions, stay] = rates;
            let mut pinned = PinnedPrior { version, rates: [[Rates::START; 3]; 3] };
            pinned.rates[2][1] = Rates { chat, poll, active_short, active_long, reactions, stay };
            there_and_back(&pinned);
            let flow = Flow { last_at: flow.0, rate: flow.1, sessions: flow.2 };
            there_and_back(&Flows { chat: flow, presence: Flow::default(), reaction: flow });
        }
    }
}
