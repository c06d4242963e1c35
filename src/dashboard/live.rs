//! What viewers are sent: one list of frames per session, made once and shared by all who watch it.
//!
//! ```text
//! records --> View --> changes, at most four times a second --> one frame --> every viewer of the session
//!                                                                 |
//!                                                                 +--> the last ones are kept, for those who come back
//! ```
//! A frame is the bytes of a server-sent event. Viewers share them; one that is so slow that frames are lost to it is cut off.

use std::collections::{HashMap, VecDeque};

use axum::body::Bytes;
use compact_str::CompactString;
use serde::Serialize;
use tokio::sync::broadcast;

use super::view::{Delta, View};

/// Frames that are kept for viewers who come back: a minute of them, at a tick every five seconds and what happens between.
const KEPT_MAX: usize = 64;
/// Frames that wait for a slow viewer; more, and it is cut off.
const WAITING_MAX: usize = 32;
/// Time between two frames of a session: four a second.
const PACE_MS: i64 = 250;
/// Time between two lists.
const LIST_PACE_MS: i64 = 1_000;
/// A session that nobody has watched for so long is no longer written down.
const UNWATCHED_MS: i64 = 60_000;

/// What one viewer gets: what is sent at once, and what comes later.
pub struct Watching {
    /// To be sent at once.
    pub first: Vec<Bytes>,
    /// What comes.
    pub later: broadcast::Receiver<Bytes>,
}

/// Says where the executor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutorState {
    /// It answers.
    Here,
    /// It does not.
    Away,
    /// Nobody said where to ask.
    #[default]
    Unknown,
}

#[derive(Clone, Copy, Serialize)]
struct Executor {
    state: ExecutorState,
}

#[derive(Serialize)]
struct SnapshotEvent<'a> {
    now_ms: i64,
    speed: f64,
    session: &'a super::view::session::Shown,
    points: Vec<&'a super::view::point::Point>,
    interventions: Vec<&'a super::view::card::Card>,
    executor: Executor,
}

#[derive(Serialize)]
struct DeltaEvent<'a> {
    now_ms: i64,
    #[serde(flatten)]
    delta: &'a Delta,
    #[serde(skip_serializing_if = "Option::is_none")]
    executor: Option<Executor>,
}

#[derive(Serialize)]
struct ListEvent<'a> {
    now_ms: i64,
    speed: f64,
    sessions: Vec<&'a super::view::session::Shown>,
}

/// The frames of one session.
struct Channel {
    sender: broadcast::Sender<Bytes>,
    /// Each with its number.
    kept: VecDeque<(u64, Bytes)>,
    /// Whoever has seen this one has missed nothing that is not kept.
    complete_after: u64,
    sent_ms: i64,
    watched_ms: i64,
}

/// Everything that is shown, and who watches it.
pub struct Live {
    /// What is known.
    pub view: View,
    executor: ExecutorState,
    speed: f64,
    /// Tells the frames of this process from those of another.
    epoch: i64,
    /// The number of the last frame, over all sessions.
    number: u64,
    channels: HashMap<CompactString, Channel>,
    list: broadcast::Sender<Bytes>,
    list_sent_ms: i64,
    list_has_changed: bool,
}

/// The two clocks: that of the sessions, which a demo lets go faster, and that of the viewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Of the sessions, in milliseconds since the epoch.
    pub session_ms: i64,
    /// Of the viewers.
    pub wall_ms: i64,
}

impl Live {
    /// Nobody watches yet. `epoch` differs from that of every other process; `speed` is how fast the sessions' clock goes.
    #[must_use]
    pub fn new(view: View, epoch: i64, speed: f64) -> Self {
        Self {
            view,
            executor: ExecutorState::default(),
            speed,
            epoch,
            number: 0,
            channels: HashMap::new(),
            list: broadcast::Sender::new(WAITING_MAX),
            list_sent_ms: i64::MIN,
            list_has_changed: false,
        }
    }

    /// Where the executor is.
    #[must_use]
    pub fn executor(&self) -> ExecutorState {
        self.executor
    }

    /// Tells all viewers when the executor goes or comes.
    pub fn set_executor(&mut self, state: ExecutorState, now: Now) {
        if state == self.executor {
            return;
        }
        self.executor = state;
        let none = Delta { session: None, points: Vec::new(), interventions: Vec::new() };
        let sessions: Vec<CompactString> = self.channels.keys().cloned().collect();
        for session in sessions {
            let delta = self.view.take(&session).unwrap_or_else(|| none.clone());
            self.send(&session, &delta, Some(Executor { state }), now);
        }
    }

    /// Begins to watch a session. `last_seen` is the id of the last frame that the viewer has seen.
    pub fn watch(&mut self, session: &str, last_seen: Option<&str>, now: Now) -> Watching {
        let number = self.number;
        let channel = self.channels.entry(session.into()).or_insert_with(|| Channel {
            sender: broadcast::Sender::new(WAITING_MAX),
            kept: VecDeque::new(),
            complete_after: number,
            sent_ms: i64::MIN,
            watched_ms: now.wall_ms,
        });
        channel.watched_ms = now.wall_ms;
        let later = channel.sender.subscribe();
        let seen = last_seen.and_then(|id| self.seen(id)).filter(|seen| {
            self.channels.get(session).is_some_and(|channel| channel.complete_after <= *seen) && *seen <= number
        });
        let first = match (seen, self.channels.get(session)) {
            (Some(seen), Some(channel)) => {
                channel.kept.iter().filter(|(number, _)| *number > seen).map(|(_, frame)| frame.clone()).collect()
            }
            _ => vec![self.snapshot(session, now)],
        };
        Watching { first, later }
    }

    /// Begins to watch the list.
    pub fn watch_list(&mut self, now: Now) -> Watching {
        let later = self.list.subscribe();
        Watching { first: vec![self.list_frame(now)], later }
    }

    /// Sends what has changed to those who watch, where it is time to.
    pub fn publish(&mut self, now: Now) {
        for session in self.view.changed() {
            self.list_has_changed = true;
            match self.channels.get(&session) {
                Some(channel) if now.wall_ms.saturating_sub(channel.sent_ms) < PACE_MS => continue,
                Some(_) => {
                    if let Some(delta) = self.view.take(&session) {
                        self.send(&session, &delta, None, now);
                    }
                }
                // Nobody watches: nothing is written down, and whoever comes back has missed something.
                None => {
                    drop(self.view.take(&session));
                    self.number += 1;
                }
            }
        }
        if self.list_has_changed && now.wall_ms.saturating_sub(self.list_sent_ms) >= LIST_PACE_MS {
            self.list_has_changed = false;
            self.list_sent_ms = now.wall_ms;
            if self.list.receiver_count() > 0 {
                // Nobody may be left meanwhile.
                let _ = self.list.send(self.list_frame(now));
            }
        }
        self.channels.retain(|_, channel| {
            if channel.sender.receiver_count() > 0 {
                channel.watched_ms = now.wall_ms;
            }
            now.wall_ms.saturating_sub(channel.watched_ms) < UNWATCHED_MS
        });
    }

    /// Viewers at this moment.
    #[must_use]
    pub fn viewers(&self) -> usize {
        let sessions = self.channels.values().map(|channel| channel.sender.receiver_count());
        sessions.sum::<usize>() + self.list.receiver_count()
    }

    fn send(&mut self, session: &str, delta: &Delta, executor: Option<Executor>, now: Now) {
        self.number += 1;
        let event = DeltaEvent { now_ms: now.session_ms, delta, executor };
        let frame = frame("delta", Some((self.epoch, self.number)), &event);
        let Some(channel) = self.channels.get_mut(session) else { return };
        channel.sent_ms = now.wall_ms;
        channel.kept.push_back((self.number, frame.clone()));
        if channel.kept.len() > KEPT_MAX
            && let Some((number, _)) = channel.kept.pop_front()
        {
            channel.complete_after = number;
        }
        // Nobody may be watching just now.
        let _ = channel.sender.send(frame);
    }

    fn snapshot(&self, session: &str, now: Now) -> Bytes {
        let unknown;
        let view = match self.view.get(session) {
            Some(view) => view,
            None => {
                unknown = self.view.unknown(session);
                &unknown
            }
        };
        let event = SnapshotEvent {
            now_ms: now.session_ms,
            speed: self.speed,
            session: view.shown(),
            points: view.points().collect(),
            interventions: view.cards().collect(),
            executor: Executor { state: self.executor },
        };
        frame("snapshot", Some((self.epoch, self.number)), &event)
    }

    fn list_frame(&self, now: Now) -> Bytes {
        let event = ListEvent { now_ms: now.session_ms, speed: self.speed, sessions: self.view.list() };
        frame("sessions", None, &event)
    }

    /// The number of a frame of ours.
    fn seen(&self, id: &str) -> Option<u64> {
        let (epoch, number) = id.split_once('-')?;
        (epoch.parse() == Ok(self.epoch)).then_some(())?;
        number.parse().ok()
    }
}

/// What keeps a connection open and tells the time.
#[must_use]
pub fn heartbeat(now_ms: i64) -> Bytes {
    #[derive(Serialize)]
    struct Heartbeat {
        now_ms: i64,
    }
    frame("heartbeat", None, &Heartbeat { now_ms })
}

/// A server-sent event. JSON has no line breaks, so the data is one line.
fn frame(event: &str, id: Option<(i64, u64)>, data: &impl Serialize) -> Bytes {
    // What is shown has text keys and finite numbers: it can always be written.
    let data = serde_json::to_string(data).unwrap_or_default();
    let id = id.map_or_else(String::new, |(epoch, number)| format!("id: {epoch}-{number}\n"));
    Bytes::from(format!("event: {event}\n{id}data: {data}\n\n"))
}

#[cfg(test)]
mod tests {
    use topology::wire::Mode;

    use super::*;
    use crate::dashboard::view::Budget;
    use crate::report::sample;

    const EPOCH: i64 = 77;

    fn live() -> Live {
        Live::new(View::new(Mode::Suggest, Budget { decisions: 6, span_ms: 3_600_000 }), EPOCH, 1.0)
    }

    fn at(wall_ms: i64) -> Now {
        Now { session_ms: 1_000_000 + wall_ms, wall_ms }
    }

    fn tick(live: &mut Live, tick: i64, wall_ms: i64) {
        live.view.take_score(&sample::score("s", tick * 5_000, 0.7));
        live.publish(at(wall_ms));
    }

    fn text(frame: &Bytes) -> &str {
        std::str::from_utf8(frame).unwrap()
    }

    fn id(frame: &Bytes) -> &str {
        text(frame).lines().find_map(|line| line.strip_prefix("id: ")).unwrap()
    }

    /// The ticks that frames bring.
    fn ticks(frames: &[Bytes]) -> Vec<i64> {
        let data = |frame: &Bytes| -> serde_json::Value {
            let data = text(frame).lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
            serde_json::from_str(data).unwrap()
        };
        let of = |frame: &Bytes| data(frame)["points"].as_array().cloned().unwrap_or_default();
        frames.iter().flat_map(of).map(|point| point["at_ms"].as_i64().unwrap() / 5_000).collect()
    }

    fn drain(watching: &mut Watching) -> Vec<Bytes> {
        std::iter::from_fn(|| watching.later.try_recv().ok()).collect()
    }

    #[test]
    fn a_viewer_gets_a_snapshot_and_then_what_changes() {
        let mut live = live();
        tick(&mut live, 1, 0);
        let mut watching = live.watch("s", None, at(10));
        assert!(text(&watching.first[0]).starts_with("event: snapshot\nid: 77-1\ndata: {"), "{:?}", watching.first);
        assert_eq!(ticks(&watching.first), [1]);
        tick(&mut live, 2, 5_000);
        let later = drain(&mut watching);
        assert_eq!((ticks(&later), id(&later[0])), (vec![2], "77-2"));
    }

    #[test]
    fn no_more_than_four_a_second_and_nothing_is_left_out() {
        let mut live = live();
        let mut watching = live.watch("s", None, at(0));
        for number in 0..100 {
            tick(&mut live, number, number * 10);
        }
        live.publish(at(1_250));
        let later = drain(&mut watching);
        assert_eq!(ticks(&later), (0..100).collect::<Vec<_>>());
        assert!(later.len() <= 5, "{} in 1.25 s", later.len());
    }

    #[test]
    fn who_comes_back_gets_what_was_missed_without_a_gap_or_a_double() {
        let mut live = live();
        let mut watching = live.watch("s", None, at(0));
        for number in 1..=10 {
            tick(&mut live, number, number * 1_000);
        }
        let seen = drain(&mut watching);
        drop(watching);
        let again = live.watch("s", Some(id(&seen[3])), at(11_000));
        assert_eq!(ticks(&again.first), [5, 6, 7, 8, 9, 10]);
        let nothing = live.watch("s", Some(id(&seen[9])), at(11_000));
        assert!(nothing.first.is_empty());
    }

    #[test]
    fn who_was_away_for_too_long_or_with_another_server_gets_a_snapshot() {
        let mut live = live();
        let watching = live.watch("s", None, at(0));
        for number in 1..=100 {
            tick(&mut live, number, number * 1_000);
        }
        for unknown in ["77-1", "76-100", "77-101", "nonsense", ""] {
            let again = live.watch("s", Some(unknown), at(101_000));
            assert!(text(&again.first[0]).starts_with("event: snapshot"), "{unknown}");
        }
        drop(watching);
        live.publish(at(101_000));
        live.publish(at(101_000 + UNWATCHED_MS));
        assert_eq!(live.channels.len(), 0, "what nobody watches is not written down");
        tick(&mut live, 101, 200_000);
        let again = live.watch("s", Some("77-100"), at(200_000));
        assert!(text(&again.first[0]).starts_with("event: snapshot"), "what happened meanwhile is not kept");
    }

    #[test]
    fn a_slow_viewer_is_cut_off_and_holds_nothing() {
        let mut live = live();
        let mut slow = live.watch("s", None, at(0));
        for number in 1..=1_000 {
            tick(&mut live, number, number * 1_000);
        }
        assert!(matches!(slow.later.try_recv(), Err(broadcast::error::TryRecvError::Lagged(_))));
        assert_eq!(live.channels["s"].kept.len(), KEPT_MAX);
    }

    #[test]
    fn hostile_text_stays_within_its_frame() {
        let mut live = live();
        let mut score = sample::score("s", 5_000, 0.7);
        score.anomaly.reason = Some("</script>\n\ndata: x\r\u{2028}".into());
        live.view.take_score(&score);
        let watching = live.watch("s", None, at(0));
        assert_eq!(text(&watching.first[0]).trim_end().lines().count(), 3);
    }
}
