//! Alarms as people count them: one episode, however often its level goes up and down in between.

use topology::wire::{Anomaly, AnomalyClass, AnomalyLevel};

/// An alarm is over after this long without one: the same as the detector's default `episode_calm`.
const CALM_MS: i64 = 60_000;

/// One alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// The first tick of it.
    pub from_ms: i64,
    /// The last tick of it so far.
    pub to_ms: i64,
    /// What was wrong when it was at its worst.
    pub class: AnomalyClass,
    /// Its worst level so far.
    pub level: AnomalyLevel,
}

impl Episode {
    /// How long it has lasted so far.
    #[must_use]
    pub fn length_ms(self) -> i64 {
        self.to_ms.saturating_sub(self.from_ms)
    }
}

/// What a tick changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// An alarm began.
    Raised(Episode),
    /// A warning became critical.
    Grew(Episode),
    /// An alarm is over.
    Ended(Episode),
}

/// Follows one session's alarm from tick to tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlarmTracker {
    open: Option<Episode>,
}

impl AlarmTracker {
    /// What this tick changed, if anything.
    pub fn observe(&mut self, at_ms: i64, anomaly: &Anomaly) -> Option<Edge> {
        let class = anomaly.class.filter(|class| *class != AnomalyClass::InsufficientData);
        let class = class.filter(|_| anomaly.level != AnomalyLevel::None);
        match (&mut self.open, class) {
            (None, None) => None,
            (open @ None, Some(class)) => {
                let episode = Episode { from_ms: at_ms, to_ms: at_ms, class, level: anomaly.level };
                *open = Some(episode);
                Some(Edge::Raised(episode))
            }
            (Some(episode), Some(class)) => {
                episode.to_ms = at_ms;
                if anomaly.level <= episode.level {
                    return None;
                }
                (episode.class, episode.level) = (class, anomaly.level);
                Some(Edge::Grew(*episode))
            }
            (Some(episode), None) if at_ms.saturating_sub(episode.to_ms) < CALM_MS => None,
            (Some(_), None) => self.open.take().map(Edge::Ended),
        }
    }

    /// The alarm that is on.
    #[must_use]
    pub fn open(&self) -> Option<Episode> {
        self.open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anomaly(level: AnomalyLevel) -> Anomaly {
        let class = (level != AnomalyLevel::None).then_some(AnomalyClass::MassExit);
        Anomaly { score: 0.0, level, class, expected: None, deviation_sd: None, parts: Vec::new(), reason: None }
    }

    #[test]
    fn an_alarm_that_flickers_is_one_alarm() {
        use AnomalyLevel::{Critical, None as Calm, Warning};
        let mut tracker = AlarmTracker::default();
        let mut seen = Vec::new();
        for (tick, level) in [Calm, Warning, Calm, Warning, Critical, Warning].into_iter().chain([Calm; 20]).enumerate()
        {
            match tracker.observe(5_000 * tick as i64, &anomaly(level)) {
                Some(Edge::Raised(episode)) => seen.push(("raised", episode.to_ms)),
                Some(Edge::Grew(episode)) => seen.push(("grew", episode.to_ms)),
                Some(Edge::Ended(episode)) => seen.push(("ended", episode.to_ms)),
                None => {}
            }
        }
        assert_eq!(seen, [("raised", 5_000), ("grew", 20_000), ("ended", 25_000)]);
        assert_eq!(tracker.open(), None);
    }

    #[test]
    fn too_little_data_is_no_alarm() {
        let mut tracker = AlarmTracker::default();
        let unknown = Anomaly { class: Some(AnomalyClass::InsufficientData), ..anomaly(AnomalyLevel::Warning) };
        assert_eq!(tracker.observe(0, &unknown), None);
    }
}
