//! A circuit breaker: who is down is left alone, and asked once in a while whether it is back (Nygard, Release It!, 2nd edition, 5.2).

use domain::time::Millis;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitBreakerSettings {
    /// So many failures in a row open it.
    pub failures: u32,
    /// How long it stays open.
    pub open_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Everything goes through.
    Closed { failures: u32 },
    /// Nothing does until then.
    Open { until_ms: Millis },
    /// One call is under way to see whether it is back; should it get lost, another one follows then.
    HalfOpen { until_ms: Millis },
}

/// The breaker of one host.
#[derive(Clone, Debug)]
pub struct CircuitBreaker {
    settings: CircuitBreakerSettings,
    state: State,
}

impl CircuitBreaker {
    /// One that is closed.
    #[must_use]
    pub fn new(settings: CircuitBreakerSettings) -> Self {
        Self { settings, state: State::Closed { failures: 0 } }
    }

    /// Lets a call through, or says when to ask again.
    ///
    /// # Errors
    /// The time from which on it may let one through.
    pub fn permit(&mut self, now_ms: Millis) -> Result<(), Millis> {
        match self.state {
            State::Closed { .. } => Ok(()),
            State::Open { until_ms } | State::HalfOpen { until_ms } if now_ms < until_ms => Err(until_ms),
            State::Open { .. } | State::HalfOpen { .. } => {
                self.state = State::HalfOpen { until_ms: self.open_until(now_ms) };
                Ok(())
            }
        }
    }

    /// A call was answered, with whatever: it is there.
    pub fn succeeded(&mut self) {
        self.state = State::Closed { failures: 0 };
    }

    /// A call was not answered, or with nothing but that it is down.
    pub fn failed(&mut self, now_ms: Millis) {
        self.state = match self.state {
            State::Closed { failures } if failures.saturating_add(1) < self.settings.failures => {
                State::Closed { failures: failures.saturating_add(1) }
            }
            // Answers to calls from before it opened do not prolong it.
            State::Open { until_ms } => State::Open { until_ms },
            State::Closed { .. } | State::HalfOpen { .. } => State::Open { until_ms: self.open_until(now_ms) },
        };
    }

    /// Whether nothing goes through.
    #[must_use]
    pub fn is_open(&self, now_ms: Millis) -> bool {
        matches!(self.state, State::Open { until_ms } if now_ms < until_ms)
    }

    fn open_until(&self, now_ms: Millis) -> Millis {
        now_ms.saturating_add_unsigned(self.settings.open_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> CircuitBreaker {
        CircuitBreaker::new(CircuitBreakerSettings { failures: 3, open_ms: 100 })
    }

    fn broken() -> CircuitBreaker {
        let mut breaker = breaker();
        (0..3).for_each(|_| breaker.failed(0));
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_others_do_not() {
        let mut breaker = breaker();
        for _ in 0..10 {
            breaker.failed(0);
            breaker.failed(0);
            breaker.succeeded();
            assert_eq!(breaker.permit(0), Ok(()));
        }
        assert_eq!(broken().permit(99), Err(100));
    }

    #[test]
    fn after_a_while_one_call_finds_out_whether_it_is_back() {
        let mut breaker = broken();
        assert_eq!((breaker.is_open(99), breaker.is_open(100)), (true, false));
        assert_eq!(breaker.permit(100), Ok(()));
        assert_eq!(breaker.permit(101), Err(200), "only one");
        breaker.succeeded();
        assert_eq!(breaker.permit(101), Ok(()));
    }

    #[test]
    fn it_opens_again_when_that_call_fails() {
        let mut breaker = broken();
        assert_eq!(breaker.permit(150), Ok(()));
        breaker.failed(160);
        assert_eq!(breaker.permit(161), Err(260));
    }

    #[test]
    fn an_old_failure_does_not_keep_it_open_and_a_lost_call_is_followed_by_another() {
        let mut breaker = broken();
        breaker.failed(90);
        assert_eq!(breaker.permit(100), Ok(()));
        assert_eq!(breaker.permit(200), Ok(()));
    }
}
