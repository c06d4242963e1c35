//! What the simulated audience promises, session by session.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::context::{AnomalyClass, InterventionKind};
use crate::math;
use crate::time::{MINUTE, TICK, minutes};

const START: Millis = 1_700_000_000_000;

fn healthy(seed: u64, size: u32, length: Millis) -> SessionPlan {
    SessionPlan::scripted(seed, START, length, SessionType::Workshop, size, &[]).seated()
}

fn troubled(seed: u64, class: AnomalyClass, minute: f64) -> SessionPlan {
    SessionPlan::scripted(seed, START, 40 * MINUTE, SessionType::Workshop, 200, &[(class, minute)]).seated()
}

fn action(kind: InterventionKind, targets: &[u32]) -> Action<'_> {
    Action { command: CommandRef(7), kind, variant: None, targets }
}

/// Steps to `minute` and returns what happened on the way.
fn step_to(audience: &mut Audience, minute: f64) -> Vec<Happening> {
    let mut seen = Vec::new();
    let to = audience.plan().start_ms + (minute * MINUTE as f64) as Millis;
    audience.step(to, &mut |happening| seen.push(happening));
    seen
}

/// The whole session, with an action every five minutes.
fn whole_session(plan: SessionPlan) -> Vec<Happening> {
    let mut audience = Audience::new(plan, World::Normal);
    let mut seen = Vec::new();
    for (kind, minute) in InterventionKind::ALL.iter().cycle().zip((5..).step_by(5)) {
        seen.extend(step_to(&mut audience, f64::from(minute)));
        audience.act(START + Millis::from(minute) * MINUTE, action(*kind, &[1, 2, 3]));
        if audience.has_ended() {
            return seen;
        }
    }
    seen
}

fn count(seen: &[Happening], is: impl Fn(&What) -> bool) -> f64 {
    seen.iter().filter(|happening| is(&happening.what)).count() as f64
}

fn is_message(what: &What) -> bool {
    matches!(what, What::Message { .. })
}

#[test]
fn the_same_seed_gives_the_same_happenings_and_another_does_not() {
    let session = |seed| whole_session(SessionPlan::random(seed, START, 30 * MINUTE));
    assert_eq!(session(4), session(4));
    assert_ne!(session(4), session(5));
}

#[test]
fn it_does_not_matter_in_how_large_bites_time_is_taken() {
    let bites = |bite: Millis| {
        let mut audience = Audience::new(SessionPlan::random(4, START, 20 * MINUTE), World::Normal);
        let mut seen = Vec::new();
        let mut to = START;
        while !audience.has_ended() {
            to += bite;
            audience.step(to, &mut |happening| {
                assert!(happening.at_ms < to);
                seen.push(happening);
            });
        }
        seen
    };
    assert_eq!(bites(700), bites(10 * MINUTE));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn happenings_come_in_time_order_from_the_people_who_are_there(seed: u64) {
        let seen = whole_session(SessionPlan::random(seed, START, 30 * MINUTE));
        prop_assert!(seen.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms));
        let starts = matches!(seen.first().map(|first| first.what), Some(What::Started { .. }));
        prop_assert!(starts, "the first happening is the start");
        prop_assert_eq!(seen.last().map(|last| last.what), Some(What::Ended));
        prop_assert_eq!(count(&seen, |what| matches!(what, What::Ended)), 1.0);
        let mut present = BTreeSet::new();
        let mut known = BTreeSet::new();
        for happening in &seen {
            match happening.what {
                What::Joined { user, .. } => prop_assert!(known.insert(user) && present.insert(user)),
                What::Left { user } => prop_assert!(present.remove(&user)),
                what => prop_assert!(what.user().is_none_or(|user| present.contains(&user)), "{happening:?}"),
            }
        }
        prop_assert!(present.is_empty(), "everyone has left before the session is over");
    }

    #[test]
    fn answers_follow_what_they_answer(seed: u64) {
        let mut messages = BTreeSet::new();
        let mut open = BTreeSet::new();
        let mut votes = BTreeSet::new();
        for happening in whole_session(SessionPlan::random(seed, START, 30 * MINUTE)) {
            match happening.what {
                What::Message { message, in_reply_to, .. } => {
                    prop_assert!(in_reply_to.is_none_or(|to| messages.contains(&to)), "{happening:?}");
                    prop_assert!(messages.insert(message));
                }
                What::Upvote { message, .. } => prop_assert!(messages.contains(&message)),
                What::PollOpened { poll, .. } => prop_assert!(open.insert(poll)),
                What::Voted { poll, user, .. } => {
                    prop_assert!(open.contains(&poll));
                    prop_assert!(votes.insert((poll, user)), "one vote each");
                }
                What::PollClosed { poll } => prop_assert!(open.remove(&poll)),
                _ => {}
            }
        }
        prop_assert!(open.is_empty());
    }
}

#[test]
fn rates_are_those_of_the_formulas() {
    let (mut person_minutes, mut usual_minutes, mut hazard_minutes) = (0.0, 0.0, 0.0);
    let mut seen = Vec::new();
    for seed in 0..40 {
        let mut audience = Audience::new(healthy(seed, 200, 30 * MINUTE), World::Normal);
        for tick in 1..=30 * 12 {
            audience.step(START + tick * TICK, &mut |happening| seen.push(happening));
            let people = audience.present() as f64 * minutes(TICK);
            person_minutes += people;
            usual_minutes += people * math::pow(audience.attention() / 0.5, 1.5);
            hazard_minutes += people * math::exp(-2.0 * (audience.attention() - 0.5));
        }
    }
    let near = |name: &str, measured: f64, expected: f64, within: f64| {
        assert!((measured / expected - 1.0).abs() < within, "{name}: {measured} instead of {expected}");
    };
    let beats = count(&seen, |what| matches!(what, What::Heartbeat { .. }));
    let focused = count(&seen, |what| matches!(what, What::Heartbeat { focused: true, .. }));
    near("chat", count(&seen, is_message) / usual_minutes, 0.085 / 0.6, 0.03);
    near("reactions", count(&seen, |what| matches!(what, What::Reaction { .. })) / usual_minutes, 0.10, 0.03);
    near("leaves", count(&seen, |what| matches!(what, What::Left { .. })) / hazard_minutes, 0.012, 0.06);
    near("heartbeats", beats / person_minutes, 2.0, 0.01);
    near("focus", focused / beats, 0.6, 0.01);
    let voters = count(&seen, |what| matches!(what, What::Voted { .. }));
    let polls: f64 = seen
        .iter()
        .map(|h| if let What::PollOpened { eligible, .. } = h.what { f64::from(eligible) } else { 0.0 })
        .sum();
    near("poll participation", voters / polls, 0.47, 0.1);
}

#[test]
fn most_of_a_polls_votes_come_within_half_a_minute() {
    let mut audience = Audience::new(healthy(1, 100_000, 20 * MINUTE), World::NoEffect);
    step_to(&mut audience, 1.0);
    audience.act(START + MINUTE, action(InterventionKind::Poll, &[]));
    let voted = |what: &What| matches!(what, What::Voted { command: Some(_), .. });
    let half_a_minute = count(&step_to(&mut audience, 1.5), voted);
    let all = half_a_minute + count(&step_to(&mut audience, 4.0), voted);
    assert!((half_a_minute / all - (1.0 - math::pow(0.72, 6.0))).abs() < 0.01, "{half_a_minute} of {all}");
}

#[test]
fn the_audience_comes_within_the_ramp_unless_it_is_seated() {
    let mut plan = healthy(3, 1_000, 30 * MINUTE);
    let mut seated = Audience::new(plan.clone(), World::Normal);
    step_to(&mut seated, 1.0 / 60.0);
    assert_eq!(seated.present(), 1_000);
    plan.seated_at_start = false;
    let mut arriving = Audience::new(plan, World::Normal);
    let joins: Vec<_> = [4.0, 8.0, 18.0]
        .map(|minute| count(&step_to(&mut arriving, minute), |what| matches!(what, What::Joined { .. })))
        .into();
    for (joined, expected) in joins.iter().zip([750.0, 250.0, 60.0]) {
        assert!((joined - expected).abs() < 4.0 * f64::sqrt(expected), "{joins:?}");
    }
}

#[test]
fn a_few_write_most_of_the_chat() {
    let seen = step_to(&mut Audience::new(healthy(1, 200, 30 * MINUTE), World::Normal), 30.0);
    let mut by_user = vec![0; 400];
    seen.iter()
        .filter(|h| is_message(&h.what))
        .filter_map(|h| h.what.user())
        .for_each(|user| by_user[user as usize] += 1);
    by_user.sort_unstable_by(|a, b| b.cmp(a));
    let (tenth, all): (i32, i32) = (by_user[..20].iter().sum(), by_user.iter().sum());
    assert!(tenth * 3 > all, "20 of 200 wrote {tenth} of {all}");
}

#[test]
fn chat_and_reactions_come_in_bursts() {
    let mut by_minute = [vec![], vec![]];
    for seed in 0..20 {
        let mut audience = Audience::new(healthy(seed, 200, 30 * MINUTE), World::Normal);
        let mut was = 1.0;
        for slot in 1..=90 {
            let seen = step_to(&mut audience, f64::from(slot) / 3.0);
            // What attention explains is taken out: the rest would be Poisson without bursts.
            let usual = audience.present() as f64 * math::pow(audience.attention() / 0.5, 1.5);
            by_minute[0].push((count(&seen, is_message), 0.5 * (usual + was)));
            by_minute[1].push((count(&seen, |what| matches!(what, What::Reaction { .. })), 0.5 * (usual + was)));
            was = usual;
        }
    }
    for (name, pairs) in ["chat", "reactions"].iter().zip(by_minute) {
        let rate = pairs.iter().map(|(n, _)| n).sum::<f64>() / pairs.iter().map(|(_, usual)| usual).sum::<f64>();
        let dispersion: f64 = pairs.iter().map(|(n, usual)| math::pow(n - rate * usual, 2.0) / (rate * usual)).sum();
        assert!(dispersion / pairs.len() as f64 > 1.3, "{name}: {}", dispersion / pairs.len() as f64);
    }
}

#[test]
fn a_message_draws_others_for_twenty_seconds() {
    let mut counts: Vec<f64> = Vec::new();
    for seed in 0..20 {
        let mut audience = Audience::new(healthy(seed, 200, 30 * MINUTE), World::Normal);
        for slot in 1..=180 {
            counts.push(count(&step_to(&mut audience, f64::from(slot) / 6.0), is_message));
        }
    }
    let mean = counts.iter().sum::<f64>() / counts.len() as f64;
    let together = |lag: usize| {
        let pairs = counts.iter().zip(counts.iter().skip(lag));
        pairs.map(|(x, y)| (x - mean) * (y - mean)).sum::<f64>() / counts.len() as f64
    };
    // Theory, in units of the mean: .20 from the echo and .19 from how attention wanders.
    assert!((together(1) / mean - 0.39).abs() < 0.1, "{}", together(1) / mean);
    let replies = |seen: &[Happening]| count(seen, |what| matches!(what, What::Message { in_reply_to: Some(_), .. }));
    let seen = step_to(&mut Audience::new(healthy(1, 200, 30 * MINUTE), World::Normal), 30.0);
    let share = replies(&seen) / count(&seen, is_message);
    assert!((share - 0.4 * 0.4).abs() < 0.04, "{share} are replies: .4 of the .4 that were drawn");
}

#[test]
fn the_inattentive_leave_sooner() {
    let (mut before, mut during) = (0.0, 0.0);
    for seed in 0..40 {
        let mut audience = Audience::new(troubled(seed, AnomalyClass::LowEngagement, 12.0), World::Normal);
        step_to(&mut audience, 4.0);
        let rate = |audience: &mut Audience, to| {
            let present = audience.present() as f64;
            count(&step_to(audience, to), |what| matches!(what, What::Left { .. })) / present
        };
        before += rate(&mut audience, 12.0);
        during += rate(&mut audience, 20.0);
    }
    // The hazard's ratio at A = .21 and .5, both with their wandering.
    assert!((during / before - math::exp(2.0 * 0.29)).abs() < 0.2, "{}", during / before);
}

#[test]
fn an_audience_tires() {
    let tired = |minute| {
        let at = |seed| {
            let mut audience = Audience::new(healthy(seed, 1, 120 * MINUTE), World::Normal);
            step_to(&mut audience, minute);
            audience.attention()
        };
        (0..200).map(at).sum::<f64>() / 200.0
    };
    let lost = tired(1.0) - tired(101.0);
    assert!((0.07..0.13).contains(&lost), "100 minutes at -.004 on the logit cost about .1: {lost}");
}

#[test]
fn a_plan_beyond_the_limits_is_cut() {
    let mut plan = healthy(1, 5, 10 * MINUTE);
    (plan.size, plan.length) = (u32::MAX, Millis::MAX);
    let audience = Audience::new(plan, World::Normal);
    assert_eq!((audience.plan().size, audience.plan().length), (MOST_PEOPLE, LONGEST));
}

#[test]
fn no_start_time_breaks_it() {
    for start in [Millis::MIN, -1, Millis::MAX - 5 * MINUTE, Millis::MAX] {
        let mut audience = Audience::new(SessionPlan::random(1, start, 30 * MINUTE), World::Normal);
        audience.step(start.saturating_add(3 * MINUTE), &mut |_| {});
        audience.act(start, action(InterventionKind::Poll, &[]));
        audience.step(start.saturating_add(40 * MINUTE), &mut |_| {});
    }
}

#[test]
fn each_anomaly_that_cuts_attention_lowers_the_chat_and_it_comes_back() {
    for class in [AnomalyClass::SuddenDrop, AnomalyClass::GradualDecline, AnomalyClass::LowEngagement] {
        let (mut before, mut during, mut after) = (0.0, 0.0, 0.0);
        for seed in 0..10 {
            let mut audience = Audience::new(troubled(seed, class, 12.0), World::Normal);
            step_to(&mut audience, 8.0);
            before += count(&step_to(&mut audience, 12.0), is_message);
            step_to(&mut audience, if class == AnomalyClass::GradualDecline { 18.0 } else { 12.5 });
            let to = if class == AnomalyClass::GradualDecline { 22.0 } else { 16.5 };
            during += count(&step_to(&mut audience, to), is_message);
            step_to(&mut audience, 32.0);
            after += count(&step_to(&mut audience, 36.0), is_message);
        }
        assert!(during < 0.5 * before, "{class}: {during} instead of {before}");
        assert!(after > 0.7 * before, "{class}: {after} after {before}");
    }
}

#[test]
fn a_mass_exit_empties_the_room() {
    for seed in 0..10 {
        let mut audience = Audience::new(troubled(seed, AnomalyClass::MassExit, 12.0), World::Normal);
        step_to(&mut audience, 12.0);
        let before = audience.present() as f64;
        let left = count(&step_to(&mut audience, 13.5), |what| matches!(what, What::Left { .. }));
        assert!((0.25..0.6).contains(&(left / before)), "{left} of {before}");
        let later = count(&step_to(&mut audience, 15.0), |what| matches!(what, What::Left { .. }));
        assert!(later < 0.2 * left, "{later} after {left}");
    }
}

#[test]
fn all_that_an_action_causes_carries_its_command_and_nothing_else_does() {
    let without = step_to(&mut Audience::new(healthy(2, 200, 30 * MINUTE), World::NoEffect), 20.0);
    assert!(without.iter().all(|happening| happening.what.command().is_none()));
    for kind in InterventionKind::ALL {
        let mut audience = Audience::new(healthy(2, 200, 30 * MINUTE), World::NoEffect);
        let mut seen = step_to(&mut audience, 10.0);
        audience.act(START + 10 * MINUTE, action(*kind, &[]));
        seen.extend(step_to(&mut audience, 20.0));
        let caused: Vec<_> = seen.iter().filter(|happening| happening.what.command().is_some()).collect();
        assert!(caused.len() > 5, "{kind}: {}", caused.len());
        assert!(caused.iter().all(|happening| happening.what.command() == Some(CommandRef(7))));
        assert!(caused.iter().all(|happening| happening.at_ms >= START + 10 * MINUTE));
        assert_eq!(unnumbered(&seen), unnumbered(&without), "{kind}: the rest goes on as if nothing had been done");
    }
}

/// What carries no command, without the numbers that an action's messages and polls shift.
fn unnumbered(seen: &[Happening]) -> Vec<Happening> {
    let own = seen.iter().filter(|happening| happening.what.command().is_none()).copied();
    let renumbered = own.filter_map(|happening| {
        let what = match happening.what {
            What::Message { user, chars, in_reply_to, question, command, .. } => {
                What::Message { user, chars, message: 0, in_reply_to: in_reply_to.map(|_| 0), question, command }
            }
            What::Upvote { user, command, .. } => What::Upvote { user, message: 0, command },
            What::Voted { user, option, command, .. } => What::Voted { poll: 0, user, option, command },
            What::PollOpened { eligible, command, .. } => What::PollOpened { poll: 0, eligible, command },
            What::PollClosed { .. } => return None,
            what => what,
        };
        Some(Happening { what, ..happening })
    });
    renumbered.collect()
}

/// So that a healthy session scores about .70: everything that the score looks at lies near its baseline.
#[test]
fn as_many_are_active_as_the_score_expects() {
    for (window, expected) in [(1.5, 0.30), (5.0, 0.65)] {
        let (mut active, mut present) = (0.0, 0.0);
        for seed in 0..40 {
            let mut audience = Audience::new(healthy(seed, 80, 40 * MINUTE), World::Normal);
            step_to(&mut audience, 5.0);
            for index in 1..=6 {
                let seen = step_to(&mut audience, 5.0 + window * f64::from(index));
                let interactions = seen
                    .iter()
                    .filter(|h| !matches!(h.what, What::Joined { .. } | What::Left { .. } | What::Heartbeat { .. }));
                active += interactions.filter_map(|h| h.what.user()).collect::<BTreeSet<_>>().len() as f64;
                present += audience.present() as f64;
            }
        }
        assert!((active / present - expected).abs() < 0.1 * expected, "{window} min: {}", active / present);
    }
}

#[test]
fn only_who_was_nudged_reacts_to_the_nudge() {
    let targets: Vec<u32> = (0..150).step_by(2).collect();
    let mut audience = Audience::new(healthy(2, 200, 30 * MINUTE), World::Normal);
    step_to(&mut audience, 5.0);
    audience.act(START + 5 * MINUTE, action(InterventionKind::Nudge, &targets));
    let seen = step_to(&mut audience, 15.0);
    let reacted: Vec<_> = seen.iter().filter(|h| h.what.command().is_some()).filter_map(|h| h.what.user()).collect();
    assert!(!reacted.is_empty() && reacted.iter().all(|user| targets.contains(user)), "{reacted:?}");
}

/// Attention two minutes after an answer to a sudden drop, less what it is without one.
fn gain(seed: u64, world: World) -> (bool, f64) {
    let mut audience = Audience::new(troubled(seed, AnomalyClass::SuddenDrop, 12.0), world);
    step_to(&mut audience, 13.0);
    let mut without = audience.clone();
    let acted = audience.act(START + 13 * MINUTE, action(InterventionKind::Nudge, &[]));
    assert_eq!(acted.anomaly, Some(AnomalyClass::SuddenDrop));
    step_to(&mut audience, 15.0);
    step_to(&mut without, 15.0);
    (acted.took, audience.attention() - without.attention())
}

#[test]
fn an_intervention_raises_attention_when_it_takes_and_only_then() {
    let gains: Vec<_> = (0..100).map(|seed| gain(seed, World::Normal)).collect();
    assert!(gains.iter().all(|(took, gain)| if *took { *gain > 0.05 } else { *gain < 0.0 }), "{gains:?}");
    let taken = gains.iter().filter(|(took, _)| *took).count();
    assert!((57..=83).contains(&taken), "{taken} of 100 at theta .70");
}

#[test]
fn in_a_world_without_effect_no_intervention_moves_attention() {
    assert!((0..100).all(|seed| gain(seed, World::NoEffect) == (false, 0.0)));
}

#[test]
fn before_the_start_and_after_the_end_there_is_no_one_to_act_on() {
    let mut audience = Audience::new(healthy(1, 50, 10 * MINUTE), World::Normal);
    assert_eq!(audience.act(START, action(InterventionKind::Poll, &[])).at_ms, None);
    step_to(&mut audience, 10.0);
    assert_eq!(audience.act(START, action(InterventionKind::Poll, &[])).at_ms, None);
    let rest = step_to(&mut audience, 60.0);
    assert!(rest.iter().all(|happening| happening.what.command().is_none()));
    assert_eq!((audience.present(), audience.has_ended()), (0, true));
    assert!(rest.last().unwrap().at_ms <= START + 11 * MINUTE + STEP);
}

#[test]
fn an_action_in_the_past_happens_now() {
    let mut audience = Audience::new(healthy(1, 50, 10 * MINUTE), World::Normal);
    step_to(&mut audience, 5.0);
    let acted = audience.act(START, action(InterventionKind::ChatPrompt, &[]));
    assert_eq!(acted.at_ms, Some(START + 5 * MINUTE));
    assert!(step_to(&mut audience, 6.0).iter().any(|h| h.what.user().is_none() && h.what.command().is_some()));
}

#[test]
fn who_acts_without_end_is_refused_in_the_end() {
    let mut audience = Audience::new(healthy(1, 50, 10 * MINUTE), World::Normal);
    step_to(&mut audience, 5.0);
    let carried_out = (0..5_000)
        .filter(|_| audience.act(START + 5 * MINUTE, action(InterventionKind::Poll, &[])).at_ms.is_some())
        .count();
    assert!(carried_out <= 1_024, "{carried_out}");
}

/// The cost: no work per person and second. Here 40 sessions of 80 people and 20 minutes; a thousand are 25 times as much.
#[test]
fn many_sessions_are_cheap_to_generate() {
    let mut happenings = 0_u64;
    for seed in 0..40 {
        let mut audience = Audience::new(healthy(seed, 80, 20 * MINUTE), World::Normal);
        audience.step(START + 20 * MINUTE, &mut |_| happenings += 1);
    }
    println!("{happenings} happenings in 40 sessions");
    assert!((120_000..220_000).contains(&happenings), "{happenings}");
}
