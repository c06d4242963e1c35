//! Events of which only the second or the minute is known.

use domain::random::Generator;

/// Where `count` events of the span of `length_ms` from `from_ms` on lie in it: uniformly drawn, in order.
pub(super) fn spread(generator: &mut Generator, count: usize, from_ms: i64, length_ms: i64) -> Vec<i64> {
    let length = u64::try_from(length_ms).unwrap_or(0);
    let mut times: Vec<i64> = (0..count).map(|_| from_ms.saturating_add_unsigned(generator.below(length))).collect();
    times.sort_unstable();
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_lie_in_their_span_in_order_and_all_over_it() {
        let times = spread(&mut Generator::new(1), 1_000, 120_000, 60_000);
        assert!(times.is_sorted() && times.iter().all(|at| (120_000..180_000).contains(at)));
        assert!((145_000..155_000).contains(&times[500]) && times[0] < 121_000 && times[999] > 179_000, "{times:?}");
    }
}
