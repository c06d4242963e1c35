//! A simulated session on the wire, from its start to its end, interventions included.

use domain::audience::{Action, Audience, World};
use domain::context::InterventionKind;
use domain::time::MINUTE;

use super::*;
use crate::codec::{Format, decode};
use crate::wire::SessionPhase;

/// A session that is acted on by every kind, twice by none.
fn happenings(commands: &mut Commands) -> (SessionPlan, Vec<Happening>) {
    let plan = SessionPlan::scripted(4, 1_700_000_000_000, 30 * MINUTE, SessionType::Workshop, 60, &[]);
    let mut audience = Audience::new(plan.clone(), World::Normal);
    let mut all = Vec::new();
    for (number, kind) in InterventionKind::ALL.iter().enumerate() {
        let at_ms = plan.start_ms + (10 + 4 * number as Millis) * MINUTE;
        audience.step(at_ms, &mut |happening| all.push(happening));
        let command = commands.number(kind.name());
        audience.act(at_ms, Action { command, kind: *kind, variant: None, targets: &[] });
    }
    audience.step(Millis::MAX, &mut |happening| all.push(happening));
    (plan, all)
}

#[test]
fn whatever_happens_is_a_valid_record_in_both_formats_and_reads_back() {
    let mut commands = Commands::new();
    let (plan, happenings) = happenings(&mut commands);
    assert!(happenings.len() > 2_000, "{}", happenings.len());
    for happening in &happenings {
        let input = input(&plan, happening, &commands);
        for format in [Format::Json, Format::Avro] {
            let mut bytes = Vec::new();
            input.encode(format, &mut bytes).unwrap();
            let again = match input.topic() {
                "chat" => Input::Chat(decode(&bytes).unwrap()),
                "poll" => Input::Poll(decode(&bytes).unwrap()),
                "presence" => Input::Presence(decode(&bytes).unwrap()),
                "reaction" => Input::Reaction(decode(&bytes).unwrap()),
                _ => Input::Session(decode(&bytes).unwrap()),
            };
            assert_eq!(again, input);
        }
    }
}

#[test]
fn what_a_command_causes_carries_its_name() {
    let mut commands = Commands::new();
    let (plan, happenings) = happenings(&mut commands);
    let mut named = std::collections::BTreeSet::new();
    for happening in &happenings {
        let id = match input(&plan, happening, &commands) {
            Input::Chat(chat) => chat.command,
            Input::Poll(poll) => poll.command,
            Input::Reaction(reaction) => reaction.command,
            Input::Presence(_) | Input::Session(_) => None,
        };
        assert_eq!(id.as_deref(), happening.what.command().and_then(|command| commands.id(command)));
        named.extend(id);
    }
    assert_eq!(
        named.iter().map(CompactString::as_str).collect::<Vec<_>>(),
        ["CHAT_PROMPT", "NUDGE", "POLL", "QNA_PROMOTE"]
    );
}

#[test]
fn the_start_tells_the_plan() {
    let mut commands = Commands::new();
    let (plan, happenings) = happenings(&mut commands);
    let Input::Session(started) = input(&plan, &happenings[0], &commands) else { panic!("{:?}", happenings[0]) };
    assert_eq!((started.kind, started.session_type), (SessionKind::Started, Some(SessionType::Workshop)));
    assert_eq!(started.ends_at_ms, Some(plan.ends_at_ms()));
    let phases: Vec<_> = started.schedule.unwrap().iter().map(|planned| planned.phase).collect();
    assert_eq!(phases, [SessionPhase::Opening, SessionPhase::Middle, SessionPhase::Qa, SessionPhase::Closing]);
    let ended = input(&plan, &happenings[happenings.len() - 1], &commands);
    assert!(matches!(ended, Input::Session(Session { kind: SessionKind::Ended, .. })));
}

#[test]
fn a_user_is_found_again_by_the_id_on_the_wire_and_the_platform_is_none() {
    for user in [0, 7, u32::MAX - 1] {
        assert_eq!(user_of(&user_id(user)), Some(user));
    }
    for foreign in ["platform", "u-", "u-07", "u-+7", "7", "u-4294967295"] {
        assert_eq!(user_of(foreign), None, "{foreign}");
    }
}
