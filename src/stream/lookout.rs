//! Looks at the instance, five times a second: whether it can go on, and whether there is something that people should know.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use streams::clock::Clock;
use streams::runtime::{Instance, Outlived, StallDetector};

use super::journal::{Journal, Line};

/// Between two looks.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Looks at an instance.
pub(super) struct Lookout {
    instance: Arc<Instance>,
    clock: Arc<dyn Clock>,
    journal: Journal,
    stalls: StallDetector,
    stalled_after_ms: u64,
    /// Why it hangs, once it does.
    hangs: Arc<OnceLock<Arc<str>>>,
    /// Topics of which it was said that their records are too old.
    told: BTreeSet<Arc<str>>,
}

impl Lookout {
    pub(super) fn new(instance: Arc<Instance>, clock: Arc<dyn Clock>, stalled_after_ms: u64) -> Self {
        let looks = u128::from(stalled_after_ms) / LOOK_EVERY.as_millis().max(1);
        let stalls = StallDetector::new(u32::try_from(looks).unwrap_or(u32::MAX));
        Self {
            instance,
            clock,
            journal: Journal::default(),
            stalls,
            stalled_after_ms,
            hangs: Arc::default(),
            told: BTreeSet::new(),
        }
    }

    /// Where it will stand why the instance hangs.
    pub(super) fn hangs(&self) -> Arc<OnceLock<Arc<str>>> {
        Arc::clone(&self.hangs)
    }

    /// Whether it can go on. One that is no longer alive ends by itself: whoever runs it starts one that ended anew, and may not
    /// ask whether it is alive.
    pub(super) fn can_go_on(&mut self) -> bool {
        for outlived in self.instance.outlived() {
            if self.told.insert(Arc::clone(&outlived.topic)) {
                tracing::warn!("{}", words(&outlived));
            }
        }
        let threads = self.instance.threads();
        for line in self.journal.look(&threads, self.clock.now_ms()) {
            match line {
                Line::Info(text) => tracing::info!("{text}"),
                Line::Warn(text) => tracing::warn!("{text}"),
            }
        }
        if let Some(thread) = self.stalls.look(&threads) {
            let max_ms = self.stalled_after_ms;
            let why = format!(
                "stream thread {thread} hangs: no round for more than {max_ms} ms (http.stalled_after_ms); start the process anew"
            );
            self.hangs.get_or_init(|| why.into());
        }
        self.hangs.get().is_none() && self.instance.failure().is_none()
    }

    /// Asks the instance to come to its end.
    pub(super) fn close(&self) {
        self.instance.close();
    }
}

/// What is to be said of a topic that may delete what is read or written.
pub(super) fn words(outlived: &Outlived) -> String {
    let Outlived { task, topic, age_ms, retention_ms } = outlived;
    format!(
        "task {task} is at records {} old, and {topic} keeps records for {} by their timestamps (retention.ms={retention_ms}): the \
         broker may delete them at once; raise its retention.ms, or move the times of what is replayed to now",
        span(*age_ms),
        span(*retention_ms)
    )
}

/// In the largest unit of which there are two at least.
fn span(ms: u64) -> String {
    [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)]
        .iter()
        .find(|(_, unit_ms)| ms >= 2 * unit_ms)
        .map_or_else(|| format!("{ms} ms"), |(unit, unit_ms)| format!("{} {unit}", ms / unit_ms))
}

#[cfg(test)]
mod tests {
    use streams::task::TaskId;

    use super::*;

    #[test]
    fn what_retention_may_take_is_told_with_both_ages_and_the_remedy() {
        let outlived = Outlived {
            task: TaskId { sub_topology: 0, partition: 3 },
            topic: "chat".into(),
            age_ms: 9 * 86_400_000,
            retention_ms: 7 * 86_400_000,
        };
        assert_eq!(
            words(&outlived),
            "task 0_3 is at records 9 d old, and chat keeps records for 7 d by their timestamps (retention.ms=604800000): the \
             broker may delete them at once; raise its retention.ms, or move the times of what is replayed to now"
        );
        assert_eq!([500, 2_000, 119_999, 7_200_000].map(span), ["500 ms", "2 s", "119 s", "2 h"]);
    }
}
