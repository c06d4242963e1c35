//! How long something took, each time.

/// Milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Latency {
    /// Of all that was measured, in milliseconds; there must be something.
    pub(crate) fn of(mut each: Vec<f64>) -> Self {
        assert!(!each.is_empty(), "nothing was measured");
        each.sort_unstable_by(f64::total_cmp);
        let at = |percent: usize| each[(each.len() - 1) * percent / 100];
        Self { p50: at(50), p95: at(95), p99: at(99), max: at(100) }
    }
}
