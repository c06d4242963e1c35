//! A session's scores, thinned out as they grow: neighbours are merged two by two, and each merger keeps its lowest and its
//! highest value at their own times. So a dip of one tick in a day is still in the chart.

/// At most so many buckets; each gives at most two points of a line.
const BUCKETS_MAX: usize = 750;

/// A value at its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) at_ms: i64,
    pub(super) value: f64,
}

/// The lowest and the highest value of some ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    lowest: Point,
    highest: Point,
}

impl Range {
    fn of(point: Point) -> Self {
        Self { lowest: point, highest: point }
    }

    fn merge(self, other: Self) -> Self {
        Self {
            lowest: if other.lowest.value < self.lowest.value { other.lowest } else { self.lowest },
            highest: if other.highest.value > self.highest.value { other.highest } else { self.highest },
        }
    }

    /// In the order of time; one point where both are one.
    fn points(self) -> impl Iterator<Item = Point> {
        let (first, second) = if self.lowest.at_ms <= self.highest.at_ms {
            (self.lowest, self.highest)
        } else {
            (self.highest, self.lowest)
        };
        std::iter::once(first).chain((second != first).then_some(second))
    }
}

/// Some ticks in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bucket {
    ticks: u32,
    score: Range,
    score_90s: Range,
    people: Range,
}

impl Bucket {
    fn merge(self, other: Self) -> Self {
        Self {
            ticks: self.ticks + other.ticks,
            score: self.score.merge(other.score),
            score_90s: self.score_90s.merge(other.score_90s),
            people: self.people.merge(other.people),
        }
    }
}

/// What one tick adds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tick {
    pub(super) at_ms: i64,
    pub(super) score: f64,
    pub(super) score_90s: f64,
    pub(super) people: f64,
}

/// The scores of one session.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    buckets: Vec<Bucket>,
    ticks_per_bucket: u32,
}

impl Series {
    pub(super) fn new() -> Self {
        Self { buckets: Vec::new(), ticks_per_bucket: 1 }
    }

    pub(super) fn push(&mut self, tick: Tick) {
        let at = |value| Range::of(Point { at_ms: tick.at_ms, value });
        let bucket = Bucket { ticks: 1, score: at(tick.score), score_90s: at(tick.score_90s), people: at(tick.people) };
        match self.buckets.last_mut() {
            Some(last) if last.ticks < self.ticks_per_bucket => *last = last.merge(bucket),
            _ => self.buckets.push(bucket),
        }
        if self.buckets.len() > BUCKETS_MAX {
            self.halve();
        }
    }

    fn halve(&mut self) {
        let halved = self.buckets.chunks(2).filter_map(|pair| pair.iter().copied().reduce(Bucket::merge)).collect();
        self.buckets = halved;
        self.ticks_per_bucket *= 2;
    }

    /// The score over 5 minutes.
    pub(super) fn score(&self) -> impl Iterator<Item = Point> {
        self.buckets.iter().flat_map(|bucket| bucket.score.points())
    }

    /// The score over 90 seconds.
    pub(super) fn score_90s(&self) -> impl Iterator<Item = Point> {
        self.buckets.iter().flat_map(|bucket| bucket.score_90s.points())
    }

    /// The people present.
    pub(super) fn people(&self) -> impl Iterator<Item = Point> {
        self.buckets.iter().flat_map(|bucket| bucket.people.points())
    }

    /// Two points farther apart than this have a gap between them.
    pub(super) fn gap_ms(&self) -> i64 {
        60_000 + 2 * 5_000 * i64::from(self.ticks_per_bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_keeps_its_dips_and_its_peaks_within_fifteen_hundred_points() {
        let mut series = Series::new();
        for tick in 0..17_280 {
            let score = match tick {
                9_001 => 0.05,
                12_345 => 0.99,
                _ => 0.7 + f64::from(tick % 7) / 100.0,
            };
            series.push(Tick { at_ms: i64::from(tick) * 5_000, score, score_90s: 1.0 - score, people: 80.0 });
        }
        let points: Vec<Point> = series.score().collect();
        assert!(points.len() <= 1_500 && points.len() > 700, "{}", points.len());
        assert!(points.contains(&Point { at_ms: 9_001 * 5_000, value: 0.05 }));
        assert!(points.contains(&Point { at_ms: 12_345 * 5_000, value: 0.99 }));
        assert!(points.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms));
        assert!(series.score_90s().any(|point| point.value == 0.95));
        assert!(series.people().all(|point| point.value == 80.0));
    }
}
