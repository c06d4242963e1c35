//! The closed loop in which the log is made: one partition, its sessions, and the people and the executor around them.

use std::collections::VecDeque;

use domain::audience::{Action, Audience, Happening, SessionPlan, What, World};
use domain::intervention::{Decision, Feedback, Status};
use domain::time::{MINUTE, Millis, SECOND};
use streams::testing::TopologyTestDriver;
use streams::testing::simulation::InputRecord;
use topology::codec::{Format, decode};
use topology::graph;
use topology::settings::Learning;
use topology::simulated::{self, Commands, blank};
use topology::wire::{InterventionCommand, InterventionFeedback, Session, SessionKind, topics};

use crate::log::{
    LENGTH_MINUTES, SCRIPTS, START_MS, Script, baseline, bytes, calibrated, partition_of_session, settings,
};

/// One partition with its sessions, while the log is made.
pub(crate) struct Stage {
    partition: u32,
    driver: TopologyTestDriver,
    rooms: Vec<Room>,
    log: Vec<InputRecord>,
}

struct Room {
    script: &'static Script,
    audience: Audience,
    commands: Commands,
    /// What people and the executor are about to say.
    sayings: VecDeque<(Millis, &'static str, Vec<u8>)>,
    proposals: usize,
    approvals: usize,
}

impl Room {
    fn new(script: &'static Script) -> Self {
        let starts = START_MS + script.starts_minute * MINUTE;
        let Script { seed, minutes, size, session_type, anomalies, .. } = script;
        let plan = SessionPlan::scripted(*seed, starts, minutes * MINUTE, *session_type, *size, anomalies).seated();
        let set = script.mode.map(|mode| {
            let told =
                Session { mode: Some(mode), actor: Some("organiser".into()), ..blank::session(SessionKind::Mode) };
            (starts + 3_100, topics::SESSION, bytes(&told))
        });
        let audience = Audience::new(plan, World::Normal);
        Self {
            script,
            audience,
            commands: Commands::new(),
            sayings: set.into_iter().collect(),
            proposals: 0,
            approvals: 0,
        }
    }

    /// What becomes of a command: people and the executor do each of the things that they can do.
    fn answer(&mut self, command: &InterventionCommand, now: Millis) {
        let said = |decision| Session {
            command: Some(command.command.clone()),
            decision: Some(decision),
            actor: Some("organiser".into()),
            content: (decision == Decision::Edited).then(|| "Shall we try it together?".into()),
            ..blank::session(SessionKind::Decision)
        };
        match command.status {
            Status::Proposed => {
                let decision = if self.proposals == 0 { Decision::Declined } else { Decision::Edited };
                self.proposals += 1;
                self.sayings.push_back((now + 9_500, topics::SESSION, bytes(&said(decision))));
            }
            Status::Approved => {
                let reference = self.commands.number(&command.command);
                self.approvals += 1;
                let kind = match self.approvals {
                    // The executor never answers.
                    _ if command.decided_by.is_some() => return,
                    2 => Feedback::Failed,
                    _ => Feedback::Executed,
                };
                if kind == Feedback::Executed {
                    let variant = command.variant.as_deref();
                    self.audience.act(now, Action { command: reference, kind: command.kind, variant, targets: &[] });
                }
                let feedback = InterventionFeedback {
                    kind,
                    id: None,
                    command: command.command.clone(),
                    at_ms: now + 700,
                    attempts: 1,
                    content: None,
                    provider: None,
                    tokens_in: None,
                    tokens_out: None,
                    cost_usd: None,
                    error: None,
                };
                self.sayings.push_back((now + 700, topics::INTERVENTION_FEEDBACK, bytes(&feedback)));
            }
            Status::HeldOut | Status::Cancelled => {}
        }
    }
}

impl Stage {
    pub(crate) fn new(partition: u32) -> Self {
        let mut driver = TopologyTestDriver::new(graph::build(&settings(Learning::Frozen)).unwrap()).unwrap();
        driver.pipe_input(topics::BASELINES, calibrated(), bytes(&baseline()), START_MS).unwrap();
        let here = |script: &&Script| partition_of_session(script.name) == partition;
        Self { partition, driver, rooms: SCRIPTS.iter().filter(here).map(Room::new).collect(), log: Vec::new() }
    }

    pub(crate) fn run(mut self) -> Vec<InputRecord> {
        let end = START_MS + LENGTH_MINUTES * MINUTE;
        let mut now = START_MS;
        while now < end {
            now += SECOND;
            self.second(now);
        }
        self.log
    }

    fn second(&mut self, to_ms: Millis) {
        let mut records = Vec::new();
        for room in &mut self.rooms {
            let mut happenings: Vec<Happening> = Vec::new();
            let heartbeats = room.script.heartbeats;
            room.audience.step(to_ms, &mut |happening| {
                if heartbeats || !matches!(happening.what, What::Heartbeat { .. }) {
                    happenings.push(happening);
                }
            });
            let key = room.script.name;
            for happening in happenings {
                let input = simulated::input(room.audience.plan(), &happening, &room.commands);
                let mut value = Vec::new();
                input.encode(Format::Avro, &mut value).unwrap();
                records.push((happening.at_ms, key, input.topic(), value));
            }
            while let Some((at_ms, topic, value)) = room.sayings.pop_front_if(|(at_ms, ..)| *at_ms < to_ms) {
                records.push((at_ms, key, topic, value));
            }
        }
        records.sort_by_key(|(at_ms, ..)| *at_ms);
        for (at_ms, key, topic, value) in records {
            self.driver.pipe_input(topic, key, &value, at_ms).unwrap();
            self.log.push(InputRecord {
                topic: topic.into(),
                partition: self.partition,
                timestamp_ms: at_ms,
                key: Some(key.into()),
                value: Some(value),
            });
        }
        for record in self.driver.read_outputs(topics::INTERVENTION_COMMANDS) {
            let command: InterventionCommand = decode(record.value.as_deref().unwrap_or_default()).unwrap();
            let room = self.rooms.iter_mut().find(|room| room.script.name == command.session).unwrap();
            room.answer(&command, to_ms);
        }
    }
}
