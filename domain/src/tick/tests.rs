use proptest::prelude::*;

use super::*;
use crate::activity::Activity;
use crate::baseline::RATE_MIN;
use crate::calibration::Calibration;
use crate::random::Generator;
use crate::room::{MESSAGE, Room, START};
use crate::time::SECOND;

/// `people` who joined in words and do `share` of the usual for `span`; the panes' worth of a second at a time.
fn audience(people: u32, share: f64, span: Millis) -> Room {
    let mut room = Room::new();
    for user in 0..people {
        room.join(0, user);
    }
    go_on(&mut room, people, share, 0, span);
    room
}

fn go_on(room: &mut Room, people: u32, share: f64, from: Millis, to: Millis) {
    let mut generator = Generator::new(3);
    let per_second = share * f64::from(people) / 60.0;
    for second in from / SECOND..to / SECOND {
        let mut of = |rate: f64, activity: Activity<'_>| {
            for _ in 0..generator.poisson(rate * per_second) {
                let user = generator.below(u64::from(people)) as u32;
                room.user(second * SECOND, user, &activity);
            }
        };
        of(0.14, MESSAGE);
        of(0.10, Activity::Reaction { by_command: false });
    }
    room.advance(to + GRACE);
}

fn numbers(evaluation: &Evaluation) -> [f64; 8] {
    [
        evaluation.score,
        evaluation.score_90s,
        evaluation.core,
        evaluation.core_90s,
        evaluation.core_90s_organic,
        evaluation.core_90s_organic_without_chat,
        evaluation.core_prior,
        evaluation.core_90s_prior,
    ]
}

#[test]
fn an_empty_session_is_as_usual_and_never_not_a_number() {
    for rates in [0.0, f64::NAN, f64::INFINITY, 1.0].map(|rate| Rates { chat: rate, stay: rate, ..Rates::START }) {
        let mut room = Room::new();
        room.prior.rates = rates;
        room.advance(20 * MINUTE);
        for value in room.evaluations.iter().flat_map(numbers) {
            assert!((value - 0.70).abs() < 1e-9, "{value}");
        }
        assert_eq!(room.last().signals.focused_share, None);
        assert_eq!(room.last().signals.presence_s_mean, None);
        assert_eq!(room.last().silence, Silence::default());
    }
}

#[test]
fn people_are_counted_by_the_rectangle_rule() {
    let mut room = Room::new();
    room.join(2 * SECOND, 1);
    room.join(7 * SECOND, 2);
    room.advance(60 * SECOND + GRACE);
    let stamps: u32 = room.panes.values().filter_map(|pane| pane.stamp).map(|stamp| stamp.present).sum();
    assert_eq!(stamps, 1 + 11 * 2);
    assert_eq!(room.last().signals.present_users, 2);
    assert_eq!(room.last().signals.join_per_min, 2.0);
    assert_eq!(room.last().signals.presence_s_mean, Some(55.5));
}

#[test]
fn signals_are_rates_over_the_lived_part_of_the_window() {
    let mut room = Room::new();
    room.session(0, &Activity::Slide);
    room.session(10 * SECOND, &Activity::Speech { words: 40, span_ms: 20_000 });
    for second in 0..6 {
        room.say(second * SECOND, 1);
    }
    room.advance(2 * MINUTE + GRACE);
    let signals = &room.last().signals;
    assert_eq!(signals.chat_per_min, 3.0);
    assert_eq!(signals.slides_per_min, 0.5);
    assert_eq!(signals.words_per_min, Some(120.0));
    assert_eq!((signals.active_users, signals.elapsed_s), (1, 120.0));
    assert_eq!(room.last().silence.chat_ms, Some(115 * SECOND));
    assert_eq!(room.last().silence.reaction_ms, None);
}

#[test]
fn a_tick_holds_the_panes_before_it_and_the_users_after_it() {
    let mut room = Room::new();
    room.join(0, 1);
    room.say(MINUTE + SECOND / 2, 1);
    room.advance(MINUTE + GRACE);
    assert_eq!(room.last().at, START + MINUTE);
    assert_eq!(room.last().signals.chat_per_min, 0.0);
    assert_eq!(room.last().signals.active_users, 1);
}

#[test]
fn an_ordinary_audience_scores_as_usual_and_a_silent_one_falls() {
    let mut room = audience(100, 1.0, 10 * MINUTE);
    for value in numbers(room.last()) {
        // Nobody leaves here, and random speakers repeat themselves less than real ones: a little above .70.
        assert!((0.66..0.80).contains(&value), "{value}");
    }
    room.advance(13 * MINUTE + GRACE);
    let silent = room.last();
    assert!(silent.core_90s < 0.25, "{}", silent.core_90s);
    assert!(silent.core < 0.60 && silent.core > silent.core_90s, "{}", silent.core);
}

#[test]
fn the_own_past_leaves_out_the_last_five_minutes_and_stands_still_while_frozen() {
    let mut room = audience(50, 1.0, 5 * MINUTE);
    assert_eq!(room.session.own, Own::default());
    room.advance(8 * MINUTE + GRACE);
    assert_eq!(room.session.own.person_minutes(), 150.0);
    let own = room.session.own;
    room.frozen = true;
    room.advance(9 * MINUTE + GRACE);
    assert_eq!(room.session.own, own);
    assert!(room.evaluations.iter().rev().take(12).any(|evaluation| evaluation.retired.messages > 0));
    room.frozen = false;
    room.advance(10 * MINUTE + GRACE);
    assert_eq!(room.session.own.person_minutes(), 200.0, "what left while frozen stays out");
}

#[test]
fn the_baseline_goes_from_the_prior_to_the_own_past() {
    let room = audience(40, 0.2, 90 * MINUTE);
    let (first, last) = (room.evaluations.first().expect("ticks"), room.last());
    assert_eq!(first.baseline.rates, Rates::START);
    assert!(last.baseline.rates.chat < 0.06 && last.baseline.rates.active_long < 0.45, "{:?}", last.baseline);
    assert!(last.core > 0.60 && last.core_prior < 0.50, "{} {}", last.core, last.core_prior);
    let expected = (600.0 * 0.14 + room.session.own.messages as f64) / (600.0 + room.session.own.person_minutes());
    assert!((last.baseline.rates.chat - expected).abs() < 1e-12);
}

#[test]
fn a_poll_reaches_the_own_past_once() {
    let mut room = Room::new();
    room.join(0, 1);
    room.session(0, &Activity::PollOpened { poll: 1, eligible: Some(4), by_command: false });
    room.user(SECOND, 1, &Activity::Voted { poll: 1 });
    room.advance(4 * MINUTE);
    assert_eq!(room.last().signals.poll_participation, Some(0.25));
    assert!(room.last().terms.poll.is_some() && room.last().terms_90s.poll.is_none());
    assert!(room.last().score < room.last().core);
    room.advance(20 * MINUTE);
    assert_eq!((room.session.own.votes, room.session.own.eligible), (1, 4));
    assert_eq!(room.last().signals.poll_participation, None);
}

#[test]
fn what_an_intervention_caused_is_out_of_the_organic_core() {
    let mut room = audience(30, 0.5, 5 * MINUTE);
    let mut plain = audience(30, 0.5, 5 * MINUTE);
    for user in 0..20 {
        let by_command = Activity::Message { chars: 1, question: false, message: None, by_command: true };
        room.user(5 * MINUTE + 2 * SECOND, user, &by_command);
    }
    room.advance(5 * MINUTE + 10 * SECOND);
    plain.advance(5 * MINUTE + 10 * SECOND);
    assert!(room.last().core_90s > plain.last().core_90s + 0.1);
    assert_eq!(room.last().core_90s_organic.to_bits(), plain.last().core_90s_organic.to_bits());
    let without_chat = room.last().core_90s_organic_without_chat;
    assert_eq!(without_chat.to_bits(), plain.last().core_90s_organic_without_chat.to_bits());
}

#[test]
fn explicit_leaves_of_a_minute_stand_beside_those_expected() {
    let mut room = audience(100, 1.0, 5 * MINUTE);
    for user in 0..20 {
        room.leave(5 * MINUTE + 2 * SECOND, user);
    }
    room.advance(5 * MINUTE + 6 * SECOND);
    assert_eq!(room.last().leaves_explicit_60s, 20);
    let person_minutes = (11.0 * 100.0 + 80.0) / 12.0;
    let expected = room.last().baseline.rates.stay / 5.0 * person_minutes;
    assert!((room.last().leaves_expected_60s - expected).abs() < 1e-9);
    room.advance(6 * MINUTE + 6 * SECOND);
    assert_eq!(room.last().leaves_explicit_60s, 0);
}

#[test]
fn only_the_panes_of_the_windows_are_kept_even_after_a_gap() {
    let room = audience(10, 1.0, 12 * MINUTE);
    assert!(room.panes.len() <= 62, "{}", room.panes.len());
    // Silence ends the session: no tick fires for an hour; then it is opened anew.
    let mut panes = room.panes.clone();
    let mut session = room.session.clone();
    let again = START + 72 * MINUTE;
    for tick in 0..20 {
        let at = again + tick * PANE;
        let evaluation = evaluate(at, false, &mut session, |_, _| Prior::default(), &mut panes);
        assert!(evaluation.delete_to - evaluation.delete_from <= RETIRED_PER_TICK * PANE);
        panes.retain(|start, _| !(evaluation.delete_from..evaluation.delete_to).contains(start));
    }
    assert!(panes.keys().all(|start| *start >= again - LONG_WINDOW), "all old panes are gone within a few ticks");
    assert_eq!(session.kept_from, again + 19 * PANE - LONG_WINDOW);
}

#[test]
fn a_tick_that_fires_again_counts_nobody_twice() {
    let mut room = audience(30, 0.7, 7 * MINUTE);
    room.leave(7 * MINUTE + 1_500, 3);
    room.advance(7 * MINUTE + PANE + GRACE);
    let first = room.last().clone();
    let again = evaluate(first.at, false, &mut room.session, |_, _| Prior::default(), &mut room.panes);
    assert_eq!(numbers(&again), numbers(&first));
    assert_eq!(again.leaves_expected_60s, first.leaves_expected_60s);
}

#[test]
fn the_size_band_is_read_per_tick_with_hysteresis_and_chooses_the_prior() {
    let mut room = Room::new();
    for (people, size) in [(19, SizeBand::Small), (21, SizeBand::Small), (23, SizeBand::Medium), (19, SizeBand::Medium)]
    {
        room.session.crowd.present = people;
        let mut asked = None;
        let prior = |session_type, size| {
            asked = Some((session_type, size));
            Prior { version: 7, ..Prior::default() }
        };
        let evaluation = evaluate(START, false, &mut room.session, prior, &mut room.panes);
        assert_eq!((evaluation.size, evaluation.baseline.version), (size, 7));
        assert_eq!(asked, Some((SessionType::Workshop, size)));
    }
}

#[test]
fn a_million_people_do_not_overflow() {
    let mut room = Room::new();
    room.session.crowd.present = 1_000_000;
    room.session.crowd.since_sum_ms = 1_000_000 * 24 * 60 * MINUTE;
    for _ in 0..200 {
        let at = room.session.last_tick.map_or(START + PANE, |tick| tick + PANE);
        let busy = |pane: &mut crate::pane::Pane| {
            pane.all.messages = 4_000_000_000;
            pane.all.users = 1_000_000;
            pane.leaves_explicit = u32::MAX;
            pane.leaves_timeout = u32::MAX;
        };
        room.panes.update(at - PANE, busy);
        let evaluation = evaluate(at, false, &mut room.session, |_, _| Prior::default(), &mut room.panes);
        for value in numbers(&evaluation) {
            assert!((0.0..=1.0).contains(&value), "{value}");
        }
    }
}

#[test]
fn a_calibration_finds_the_rates_of_the_sessions_it_was_given() {
    let mut calibration = Calibration::default();
    for _ in 0..3 {
        calibration.begin_session();
        for evaluation in &audience(60, 0.5, 60 * MINUTE).evaluations {
            calibration.add(evaluation.session_type, evaluation.size, &evaluation.retired);
        }
    }
    let found: Vec<_> = calibration.finish().collect();
    let [cell] = found.as_slice() else { panic!("one cell: {found:?}") };
    assert_eq!((cell.session_type, cell.size, cell.sessions), (SessionType::Workshop, SizeBand::Medium, 3));
    assert!((cell.person_minutes - 3.0 * 55.0 * 60.0).abs() < 1e-6, "{}", cell.person_minutes);
    assert!((cell.rates.chat / 0.07 - 1.0).abs() < 0.1, "{:?}", cell.rates);
    assert!((cell.rates.reactions / 0.05 - 1.0).abs() < 0.1, "{:?}", cell.rates);
    assert!(cell.rates.active_short > 0.10 && cell.rates.active_long > cell.rates.active_short + 0.2);
    assert_eq!((cell.rates.stay, cell.rates.poll), (RATE_MIN, Rates::START.poll), "nobody left, nothing was polled");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_events_give_the_same_evaluations_at_any_pace(
        events in proptest::collection::vec((0_i64..9_000, 0_u32..9, 0_u8..6), 1..100), pause in 1_i64..4_000,
    ) {
        let run = |pause: Option<Millis>| {
            let mut room = Room::new();
            let mut now = 0;
            for (step, user, what) in &events {
                let next = now + step;
                while let Some(pause) = pause.filter(|pause| now + pause < next) {
                    now += pause;
                    room.advance(now);
                }
                now = next;
                match what {
                    0 => room.join(now, *user),
                    1 => room.leave(now, *user),
                    2 => room.beat(now, *user),
                    3 => room.react(now, *user),
                    _ => room.say(now, *user),
                }
            }
            (room.evaluations, room.session, room.panes)
        };
        let (at_once, paced) = (run(None), run(Some(pause)));
        prop_assert_eq!(&at_once, &paced);
        for value in at_once.0.iter().flat_map(numbers) {
            prop_assert!((0.0..=1.0).contains(&value));
        }
    }
}
