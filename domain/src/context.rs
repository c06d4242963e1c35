//! The words that a situation is named by: phase, type, size, anomaly. Together they are the key that the policy learns under.

use core::fmt;

/// Declares a closed set of names: `ALL` in stable order, `name` and `parse` for the wire.
macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $variant),+
        }

        impl $type {
            /// Every value, in the order that stored rows and seeds rely on: only ever appended to.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The value with this name on the wire.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }

            /// The place in [`Self::ALL`].
            #[must_use]
            pub const fn index(self) -> usize {
                self as usize
            }
        }

        impl ::core::fmt::Display for $type {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(crate) use names;

names! {
    /// Where a session stands in its plan.
    Phase {
        /// Arriving, greeting.
        Opening = "opening",
        /// The body; also where an implicit session always is.
        Middle = "middle",
        /// Wrapping up.
        Closing = "closing",
        /// Questions and answers.
        Qa = "qa",
        /// A pause: nothing is decided, nothing alarms.
        Break = "break",
    }
}

names! {
    /// What kind of session it is.
    SessionType {
        /// One speaks, many listen.
        Keynote = "keynote",
        /// Everyone works; also what an implicit session is taken for.
        Workshop = "workshop",
        /// A few talk before an audience.
        Panel = "panel",
    }
}

names! {
    /// How large the audience is, in present people.
    SizeBand {
        /// Fewer than 20.
        Small = "small",
        /// Fewer than 200.
        Medium = "medium",
        /// 200 and more.
        Large = "large",
    }
}

names! {
    /// What an alarm says is wrong.
    AnomalyClass {
        /// Engagement fell within a minute or two.
        SuddenDrop = "SUDDEN_DROP",
        /// Engagement has been falling for minutes.
        GradualDecline = "GRADUAL_DECLINE",
        /// Engagement is low for this kind of session.
        LowEngagement = "LOW_ENGAGEMENT",
        /// People are leaving in a body.
        MassExit = "MASS_EXIT",
    }
}

names! {
    /// What can be done: the arms of the bandit.
    InterventionKind {
        /// Open a poll.
        Poll = "POLL",
        /// Post a prompt in the chat.
        ChatPrompt = "CHAT_PROMPT",
        /// Nudge a segment of the audience.
        Nudge = "NUDGE",
        /// Put a question before everyone.
        QnaPromote = "QNA_PROMOTE",
    }
}

impl SizeBand {
    /// The band of `people`, given the band that they were in: a bound must be passed by 10 % before the band changes.
    #[must_use]
    pub fn of(people: u32, before: Option<Self>) -> Self {
        let plain = |people: f64| match people {
            p if p < 20.0 => Self::Small,
            p if p < 200.0 => Self::Medium,
            _ => Self::Large,
        };
        let people = f64::from(people);
        let (low, high) = (plain(people / 1.1), plain(people * 1.1));
        match before {
            Some(band) if band >= low && band <= high => band,
            _ => plain(people),
        }
    }
}

/// The situation that the policy learns under: `phase_type_size_anomaly`, 144 of them (a break has no key: nothing is
/// decided in it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextKey {
    /// The phase; never `Break`.
    pub phase: Phase,
    /// The session's type.
    pub session_type: SessionType,
    /// The audience's size.
    pub size: SizeBand,
    /// What is wrong.
    pub anomaly: AnomalyClass,
}

impl ContextKey {
    /// The key of this name, as written by `Display`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let mut parts = name.splitn(4, '_');
        let phase = Phase::parse(parts.next()?).filter(|phase| *phase != Phase::Break)?;
        Some(Self {
            phase,
            session_type: SessionType::parse(parts.next()?)?,
            size: SizeBand::parse(parts.next()?)?,
            anomaly: AnomalyClass::parse(parts.next()?)?,
        })
    }
}

impl fmt::Display for ContextKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}_{}", self.phase, self.session_type, self.size, self.anomaly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_key_is_read_back_from_its_name() {
        let key = ContextKey {
            phase: Phase::Qa,
            session_type: SessionType::Panel,
            size: SizeBand::Large,
            anomaly: AnomalyClass::MassExit,
        };
        assert_eq!(key.to_string(), "qa_panel_large_MASS_EXIT");
        assert_eq!(ContextKey::parse("qa_panel_large_MASS_EXIT"), Some(key));
        assert_eq!(ContextKey::parse("break_panel_large_MASS_EXIT"), None);
    }

    #[test]
    fn a_size_band_changes_only_ten_percent_past_its_bound() {
        assert_eq!(SizeBand::of(20, None), SizeBand::Medium);
        assert_eq!(SizeBand::of(21, Some(SizeBand::Small)), SizeBand::Small);
        assert_eq!(SizeBand::of(23, Some(SizeBand::Small)), SizeBand::Medium);
        assert_eq!(SizeBand::of(19, Some(SizeBand::Medium)), SizeBand::Medium);
        assert_eq!(SizeBand::of(18, Some(SizeBand::Medium)), SizeBand::Small);
        assert_eq!(SizeBand::of(3, Some(SizeBand::Large)), SizeBand::Small);
    }
}
