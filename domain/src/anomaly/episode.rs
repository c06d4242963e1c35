//! One alarm is one episode: from the first tick at WARNING until calm returns.

use super::combine::Level;
use super::settings::DetectorSettings;
use crate::time::Millis;

/// An open episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Episode {
    /// The tick that opened it. Names the episode: the hold-out is drawn from it.
    pub started_at: Millis,
    /// The worst level so far.
    pub level: Level,
    /// Since when the score has been below WARNING without a break; none while it is not.
    pub calm_since: Option<Millis>,
}

/// After the end of an episode, until the next may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rearm {
    /// Not before this tick.
    pub not_before: Millis,
    /// Only on a tick below WARNING: the last episode ended by its length, and what it alarmed at may still last.
    pub only_when_calm: bool,
}

/// Where a session stands between alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EpisodeState {
    /// The next alarm opens an episode.
    #[default]
    Armed,
    /// An alarm is on.
    Open(Episode),
    /// An alarm is over, and the next may not begin yet.
    Resting(Rearm),
}

/// What a tick did to the episodes: at most one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpisodeEvent {
    /// An alarm began.
    Opened(Episode),
    /// A WARNING became CRITICAL: the same episode.
    Grown(Episode),
    /// It is over.
    Ended(Episode, EpisodeEnd),
}

/// Why an episode ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpisodeEnd {
    /// Calm has returned.
    Calm,
    /// It lasted as long as an episode may: what it alarmed at is now how the session is.
    TooLong,
}

impl EpisodeState {
    /// The open episode.
    #[must_use]
    pub fn open(&self) -> Option<Episode> {
        match self {
            Self::Open(episode) => Some(*episode),
            Self::Armed | Self::Resting(_) => None,
        }
    }

    /// Goes on to tick `at`. `level` is none when nothing can be said: not knowing is no calm, but the longest length still holds.
    pub fn advance(&mut self, at: Millis, level: Option<Level>, settings: &DetectorSettings) -> Option<EpisodeEvent> {
        if let Self::Resting(rearm) = self
            && at >= rearm.not_before
            && (!rearm.only_when_calm || level == Some(Level::None))
        {
            *self = Self::Armed;
        }
        match self {
            Self::Armed => self.begin(at, level?),
            Self::Open(episode) => {
                let (event, ended) = episode.advance(at, level, settings);
                if let Some(end) = ended {
                    let not_before = at.saturating_add(settings.episode_rearm);
                    *self = Self::Resting(Rearm { not_before, only_when_calm: end == EpisodeEnd::TooLong });
                }
                event
            }
            Self::Resting(_) => None,
        }
    }

    fn begin(&mut self, at: Millis, level: Level) -> Option<EpisodeEvent> {
        if level == Level::None {
            return None;
        }
        let episode = Episode { started_at: at, level, calm_since: None };
        *self = Self::Open(episode);
        Some(EpisodeEvent::Opened(episode))
    }
}

impl Episode {
    fn advance(
        &mut self,
        at: Millis,
        level: Option<Level>,
        settings: &DetectorSettings,
    ) -> (Option<EpisodeEvent>, Option<EpisodeEnd>) {
        self.calm_since = match level {
            Some(Level::None) => self.calm_since.or(Some(at)),
            Some(Level::Warning | Level::Critical) | None => None,
        };
        let calm = self.calm_since.is_some_and(|since| at.saturating_sub(since) >= settings.episode_calm);
        let too_long = at.saturating_sub(self.started_at) >= settings.episode_length_max;
        if let Some(end) = calm.then_some(EpisodeEnd::Calm).or(too_long.then_some(EpisodeEnd::TooLong)) {
            return (Some(EpisodeEvent::Ended(*self, end)), Some(end));
        }
        let grown = level.is_some_and(|level| level > self.level);
        self.level = level.map_or(self.level, |level| level.max(self.level));
        (grown.then_some(EpisodeEvent::Grown(*self)), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{MINUTE, SECOND, TICK};
    use Level::{Critical, None as Calm, Warning};

    /// What happens when each level lasts for that many ticks: (tick, event) without the calm's bookkeeping.
    fn events(stretches: &[(Option<Level>, usize)]) -> Vec<(Millis, &'static str)> {
        let (mut state, mut at, mut events) = (EpisodeState::default(), 0, Vec::new());
        for &(level, ticks) in stretches {
            for _ in 0..ticks {
                let name = match state.advance(at, level, &DetectorSettings::default()) {
                    Some(EpisodeEvent::Opened(_)) => "opened",
                    Some(EpisodeEvent::Grown(_)) => "grown",
                    Some(EpisodeEvent::Ended(_, EpisodeEnd::Calm)) => "calm",
                    Some(EpisodeEvent::Ended(_, EpisodeEnd::TooLong)) => "too long",
                    None => {
                        at += TICK;
                        continue;
                    }
                };
                events.push((at / SECOND, name));
                at += TICK;
            }
        }
        events
    }

    #[test]
    fn one_alarm_is_one_episode_until_a_minute_of_calm() {
        let got = events(&[(Some(Warning), 3), (Some(Calm), 11), (Some(Warning), 1), (Some(Calm), 14)]);
        assert_eq!(got, [(0, "opened"), (135, "calm")]);
    }

    #[test]
    fn a_warning_that_becomes_critical_is_the_same_episode_and_grows_once() {
        let got = events(&[(Some(Warning), 2), (Some(Critical), 3), (Some(Warning), 2), (Some(Critical), 2)]);
        assert_eq!(got, [(0, "opened"), (10, "grown")]);
    }

    #[test]
    fn the_next_episode_may_open_five_minutes_after_the_end() {
        let got = events(&[(Some(Warning), 1), (Some(Calm), 13), (Some(Warning), 100)]);
        assert_eq!(got, [(0, "opened"), (65, "calm"), (365, "opened")]);
    }

    #[test]
    fn an_episode_ends_after_fifteen_minutes_and_the_next_waits_for_calm() {
        let got = events(&[(Some(Critical), 500), (Some(Calm), 1), (Some(Warning), 1)]);
        assert_eq!(got, [(0, "opened"), (900, "too long"), (2_505, "opened")]);
        // A short calm within the five minutes does not arm it: it must be calm at their end or later.
        let early = events(&[(Some(Critical), 190), (Some(Calm), 2), (Some(Critical), 200)]);
        assert_eq!(early, [(0, "opened"), (900, "too long")]);
    }

    #[test]
    fn not_knowing_is_no_calm() {
        let got = events(&[(Some(Warning), 1), (Some(Calm), 5), (None, 100), (Some(Calm), 13)]);
        assert_eq!(got, [(0, "opened"), (590, "calm")]);
        let unknown = events(&[(Some(Warning), 1), (None, 300)]);
        assert_eq!(unknown, [(0, "opened"), (15 * MINUTE / SECOND, "too long")]);
    }
}
