use proptest::prelude::*;

use super::*;
use crate::poll::Poll;
use crate::time::SECOND;

/// People for the whole of a window, `share` of the usual interactions, leaves as expected.
fn audience_of(window: Window, people: f64, share: f64) -> Amounts {
    let span = window.span() as f64 / 60_000.0;
    let person_minutes = people * span;
    let active = if window == Window::Short { 0.30 } else { 0.65 };
    Amounts {
        messages: 0.14 * person_minutes * share,
        reactions: 0.10 * person_minutes * share,
        users: (active * people * share).min(people),
        leaves: 0.06 * people * span / 5.0,
        person_minutes,
        present: people,
        lived_ms: window.span(),
    }
}

fn audience(people: f64, share: f64) -> Amounts {
    audience_of(Window::Long, people, share)
}

fn core_of(window: Window, amounts: &Amounts) -> f64 {
    Terms::of(window, amounts, PollTerm::default(), &Rates::START).core()
}

fn core(amounts: &Amounts) -> f64 {
    core_of(Window::Long, amounts)
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 0.0006, "{found} instead of {expected}");
}

#[test]
fn a_signal_is_mapped_against_its_baseline_as_documented() {
    for (x, expected) in [(0.0, 0.0), (1.0, 0.70), (2.0, 0.8235), (0.43, 0.5008), (0.29, 0.4036)] {
        close(against(x * 0.14, 0.14), expected);
    }
}

#[test]
fn the_worked_values_of_eighty_people_hold() {
    close(core(&audience(80.0, 1.0)), 0.700);
    close(core(&audience(80.0, 0.5)), 0.570);
    close(core(&audience(80.0, 2.0)), 0.792);
    close(core(&audience(80.0, 0.0)), 0.175);
}

#[test]
fn an_empty_young_session_is_as_usual() {
    for window in [Window::Short, Window::Long] {
        let terms = Terms::of(window, &Amounts::default(), PollTerm::default(), &Rates::START);
        for value in [terms.score(), terms.core(), terms.core_without_chat(), terms.chat, terms.stay] {
            assert!((value - USUAL).abs() < 1e-12, "{value}");
        }
    }
}

#[test]
fn a_young_session_that_does_as_usual_is_as_usual() {
    let young = |seconds: i64| {
        let person_minutes = 80.0 * seconds as f64 / 60.0;
        let active = active_expected(Window::Long, seconds * SECOND, &Rates::START);
        core(&Amounts {
            messages: 0.14 * person_minutes,
            reactions: 0.10 * person_minutes,
            users: active * 80.0,
            leaves: 0.012 * person_minutes,
            person_minutes,
            present: 80.0,
            lived_ms: seconds * SECOND,
        })
    };
    for seconds in [5, 60, 150, 300] {
        close(young(seconds), 0.70);
    }
    close(active_expected(Window::Long, 90 * SECOND, &Rates::START), 0.2702);
}

#[test]
fn a_poll_fades_in_after_thirty_seconds_and_out_at_the_windows_end() {
    let poll = Poll::default();
    let cases = [(0, 0.0), (30, 0.0), (45, 0.5), (60, 1.0), (75, 0.5), (90, 0.0), (400, 0.0)];
    for (age, fade) in cases {
        close(poll.fade(Window::Short, age * SECOND), fade);
    }
    for (age, fade) in [(29, 0.0), (45, 0.5), (60, 1.0), (240, 1.0), (270, 0.5), (300, 0.0), (900, 0.0)] {
        close(poll.fade(Window::Long, age * SECOND), fade);
    }
}

#[test]
fn the_poll_term_is_the_mean_weighted_by_fades_and_weighs_by_the_largest() {
    let poll = |opened: i64, votes| Poll { opened_at: opened * SECOND, eligible: 100, votes, ..Poll::default() };
    let polls = [poll(100, 47), poll(155, 0)];
    let term = PollTerm::of(&polls, Window::Long, 200 * SECOND, 0.47);
    close(term.fade, 1.0);
    let silent = against(5.0 * 0.47 / 105.0, 0.47);
    close(term.value, (0.70 + 0.5 * silent) / 1.5);
    let terms = Terms::of(Window::Long, &audience(80.0, 1.0), term, &Rates::START);
    close(terms.score(), 0.7 * 0.70 + 0.3 * term.value);
    close(terms.core(), 0.70);
    let young = PollTerm::of(&polls, Window::Long, 184 * SECOND, 0.47);
    close(young.value, 0.70);
}

#[test]
fn a_new_poll_without_votes_moves_nothing_for_thirty_seconds() {
    let polls = [Poll { eligible: 500, ..Poll::default() }];
    for age in 0..=30 {
        let term = PollTerm::of(&polls, Window::Long, age * SECOND, 0.47);
        let terms = Terms::of(Window::Long, &audience(80.0, 1.0), term, &Rates::START);
        assert!(terms.poll.is_none() && (terms.score() - terms.core()).abs() < 1e-15, "{age}");
    }
}

#[test]
fn a_band_begins_at_its_bound() {
    for (score, name) in [(0.0, "low"), (0.4, "fair"), (0.59, "fair"), (0.6, "usual"), (0.8, "high"), (1.0, "high")] {
        assert_eq!(Band::of(score).name(), name);
    }
}

#[test]
fn a_million_people_do_not_overflow_a_score() {
    close(core(&audience(1e6, 1.0)), 0.70);
}

fn amounts() -> impl Strategy<Value = Amounts> {
    (0.0..5e6, 0.0..5e6, 0.0..2e6, 0.0..2e6, 0.0..1e6, 0_i64..=300_000).prop_map(
        |(messages, reactions, users, leaves, present, lived_ms)| Amounts {
            messages,
            reactions,
            users,
            leaves,
            person_minutes: present * lived_ms as f64 / 60_000.0,
            present,
            lived_ms,
        },
    )
}

fn rates() -> impl Strategy<Value = Rates> {
    let rate = prop_oneof![0.0..1.0, Just(0.0), Just(f64::NAN), Just(f64::INFINITY), Just(-1.0), 0.0..1e-4];
    proptest::array::uniform6(rate).prop_map(|[chat, poll, active_short, active_long, reactions, stay]| {
        Rates { chat, poll, active_short, active_long, reactions, stay }.sound()
    })
}

fn window() -> impl Strategy<Value = Window> {
    prop_oneof![Just(Window::Short), Just(Window::Long)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_term_and_score_lies_within_zero_and_one(
        amounts in amounts(), rates in rates(), window in window(), value in 0.0..=1.0, fade in 0.0..=1.0,
    ) {
        let terms = Terms::of(window, &amounts, PollTerm { value, fade }, &rates);
        let all = [terms.chat, terms.active, terms.reactions, terms.stay, terms.score(), terms.core(), terms.core_without_chat()];
        for value in all {
            prop_assert!((0.0..=1.0).contains(&value), "{value} in {terms:?}");
        }
    }

    #[test]
    fn the_score_rises_with_interactions_and_falls_with_leaves(
        amounts in amounts(), rates in rates(), window in window(), more in 1.0..1e4,
    ) {
        let core = |amounts: &Amounts| Terms::of(window, amounts, PollTerm::default(), &rates).core();
        let before = core(&amounts);
        let livelier = [
            Amounts { messages: amounts.messages + more, ..amounts },
            Amounts { reactions: amounts.reactions + more, ..amounts },
            Amounts { users: amounts.users + more, ..amounts },
        ];
        for livelier in livelier {
            prop_assert!(core(&livelier) >= before);
        }
        let emptier = Amounts { leaves: amounts.leaves + more, ..amounts };
        prop_assert!(core(&emptier) <= before);
    }

    #[test]
    fn the_poll_term_rises_with_votes(votes in 0_u32..1_000_000, eligible in 0_u32..1_000_000, b in 1e-6..1.0) {
        let value = |votes| {
            let poll = Poll { votes, eligible, ..Poll::default() };
            let term = PollTerm::of(&[poll], Window::Long, 60 * SECOND, b);
            (term.value, term.fade)
        };
        let ((before, fade), (after, _)) = (value(votes), value(votes + 1));
        prop_assert!((0.0..=1.0).contains(&before) && after >= before && (fade - 1.0).abs() < 1e-12);
    }

    #[test]
    fn more_of_an_ordinary_audience_is_strictly_more(people in 12.0..1e5, share in 0.0..2.0, part in 0.01..0.3) {
        let before = audience(people, share);
        let after = Amounts { messages: before.messages + part * people, ..before };
        prop_assert!(core(&after) > core(&before));
        let after = Amounts { leaves: before.leaves + part * people, ..before };
        prop_assert!(core(&after) < core(&before));
    }

    #[test]
    fn doubling_every_user_changes_little(
        window in window(), size in 1.0..1e4, rates in proptest::array::uniform3(0.5..=2.0_f64), leaves in 0.5..=2.0,
    ) {
        // From 60 person-minutes on.
        let people = size * 60.0 * 60_000.0 / window.span() as f64;
        let of = |people: f64| {
            let [chat, reactions, active] = rates;
            let usual = audience_of(window, people, 1.0);
            Amounts {
                messages: usual.messages * chat,
                reactions: usual.reactions * reactions,
                users: (usual.users * active).min(people),
                leaves: usual.leaves * leaves,
                ..usual
            }
        };
        let moved = core_of(window, &of(2.0 * people)) - core_of(window, &of(people));
        prop_assert!(moved.abs() < 0.02, "{moved}");
    }
}
