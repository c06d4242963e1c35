use std::path::Path;

use domain::time::MINUTE;
use topology::wire::{PresenceKind, SessionKind};

use super::*;
use crate::args::To;
use crate::import::read_back::{Record, present, read_back, sample};

fn run(folder: &Path, out: &Path) -> Result<Summary, Error> {
    import(&Irc { folder: folder.to_owned(), to: To { out: out.to_owned(), seed: 1, force: false } })
}

const SESSIONS: &str = "session,start,end\n";
const PRESENT: &str = "session,present_at_start,users\n";
const EVENTS: &str = "session,ts_utc,kind,user,chars,vote_or_newnick,is_bot\n";

fn imported(sessions: &str, users: &str, events: &str) -> Result<(Vec<Record>, Summary), Error> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.jsonl");
    std::fs::write(folder.path().join("sessions.csv"), format!("{SESSIONS}{sessions}")).unwrap();
    std::fs::write(folder.path().join("present_at_start.csv"), format!("{PRESENT}{users}")).unwrap();
    std::fs::write(folder.path().join("events.csv"), format!("{EVENTS}{events}")).unwrap();
    run(folder.path(), &out).map(|summary| (read_back(&out), summary))
}

/// One meeting from 10:00 to 10:30; what was done in it, and by whom.
fn one(users: &str, events: &[&str]) -> Vec<String> {
    let events: String = events.iter().map(|event| format!("5,2015-01-01T{event}\n")).collect();
    let (records, _) =
        imported("5,2015-01-01 10:00:00,2015-01-01 10:30:00\n", &format!("5,0,{users}\n"), &events).unwrap();
    present(&records);
    let done = |record: &Record| match &record.input {
        Input::Chat(chat) => format!("{} {}", chat.user, chat.chars.unwrap()),
        Input::Presence(presence) => format!("{} {}", presence.user, presence.kind),
        other => panic!("{other:?}"),
    };
    let inner = records.iter().skip(1).take(records.len() - 2);
    inner.map(done).collect()
}

#[test]
fn the_samples_have_as_many_messages_as_their_source_says_and_nobody_is_there_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a.jsonl"), folder.path().join("b.jsonl"));
    let summary = run(&sample("irc"), &first).unwrap();
    let records = read_back(&first);
    assert!(present(&records).iter().all(|count| *count < 100));
    let mut rows = csv::Reader::from_path(sample("irc/sessions.csv")).unwrap();
    for row in rows.records().map(Result::unwrap) {
        let session = format!("irc-{}", &row[0]);
        let of_session = || records.iter().filter(|record| record.session == session);
        let messages = of_session().filter(|record| record.input.topic() == "chat").count();
        assert_eq!(messages.to_string(), row[4], "{session}");
        let ends = [of_session().next().unwrap(), of_session().next_back().unwrap()];
        let kinds = ends.map(|record| match &record.input {
            Input::Session(session) => session.kind,
            other => panic!("{other:?}"),
        });
        assert_eq!(kinds, [SessionKind::Started, SessionKind::Ended]);
        let minutes: f64 = row[3].parse().unwrap();
        assert_eq!(ends[1].at_ms - ends[0].at_ms, (minutes as i64 + 1) * MINUTE);
    }
    assert_eq!(summary.sessions, 2);
    run(&sample("irc"), &second).unwrap();
    assert_eq!(std::fs::read(first).unwrap(), std::fs::read(second).unwrap(), "the same bytes again");
}

#[test]
fn a_new_nick_is_the_same_user_and_the_old_one_is_free() {
    let events =
        ["10:01Z,nick,a,0,b,0", "10:02Z,msg,b,5,,0", "10:03Z,nick,b,0,a,0", "10:04Z,msg,a,6,,0", "10:05Z,join,b,0,,0"];
    assert_eq!(one("a", &events), ["u-a joined", "u-a 5", "u-a 6", "u-b joined"]);
}

#[test]
fn presence_is_made_consistent_and_whoever_speaks_is_there() {
    let events = ["10:01Z,join,a,0,,0", "10:02Z,leave,c,0,,0", "10:03Z,action,d,5,,0", "10:04Z,leave,d,0,,0"];
    assert_eq!(one("a", &events), ["u-a joined", "u-d joined", "u-d 5", "u-d left"]);
}

#[test]
fn bots_and_what_lies_outside_a_meeting_are_left_out() {
    let events = [
        "09:59Z,msg,a,1,,0",
        "10:00Z,msg,a,2,,0",
        "10:05Z,join,bot,0,,0",
        "10:06Z,msg,bot,9,,1",
        "10:30Z,msg,a,3,+1,0",
        "10:31Z,msg,a,4,,0",
    ];
    assert_eq!(one("a bot", &events), ["u-a joined", "u-a 2", "u-a 3"]);
}

#[test]
fn the_events_of_a_minute_keep_their_order() {
    let events: Vec<_> = (0..50).map(|chars| format!("10:07Z,msg,a,{chars},,0")).collect();
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    let expected: Vec<_> = (0..50).map(|chars| format!("u-a {chars}")).collect();
    assert_eq!(one("a", &events)[1..], expected);
}

#[test]
fn meetings_at_the_same_time_are_merged() {
    let sessions = "2,2015-01-01 10:05:00,2015-01-01 10:30:00\n1,2015-01-01 10:00:00,2015-01-01 10:10:00\n";
    let events = "2,2015-01-01T10:06Z,msg,b,1,,0\n1,2015-01-01T10:06Z,msg,a,1,,0\n";
    let (records, _) = imported(sessions, "", events).unwrap();
    let kinds = records.iter().filter(|record| record.input.topic() == "session");
    assert_eq!(kinds.map(|record| record.session.as_str()).collect::<Vec<_>>(), ["irc-1", "irc-2", "irc-1", "irc-2"]);
    let joins =
        records.iter().filter(|record| matches!(&record.input, Input::Presence(p) if p.kind == PresenceKind::Joined));
    assert_eq!(joins.count(), 2);
}

#[test]
fn a_broken_row_is_named_with_its_file() {
    let session = "5,2015-01-01 10:00:00,2015-01-01 10:30:00\n";
    for (sessions, users, events, expected) in [
        ("5,x,2015-01-01 10:30:00\n", "", "", "sessions.csv:2: `start` is `x`, expected a time"),
        ("5,2015-01-01 10:00:00,2015-01-01 09:30:00\n", "", "", "sessions.csv:2: the session 5 ends before it starts"),
        (session, "6,0,\n", "", "present_at_start.csv:2: the session 6 is not in sessions.csv"),
        (session, "", "5,2015-01-01T10:01Z,wave,a,0,,0\n", "events.csv:2: `kind` is `wave`, expected one of msg,"),
        (session, "", "5,2015-01-01T10:01Z,msg,a,0,,2\n", "events.csv:2: `is_bot` is `2`"),
        (session, "", "5,2015-01-01T10:01Z,nick,a,0,,0\n", "events.csv:2: `vote_or_newnick` is empty"),
        (session, "", "5,2015-01-01T10:01Z,msg,a,0,,0\n5,2015-01-01T10:00Z,msg,a,0,,0\n", "events.csv:3: `ts_utc` is"),
    ] {
        let error = imported(sessions, users, events).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert!(matches!(imported("", "", ""), Err(Error::NoRows { .. })));
}
