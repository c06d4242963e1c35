use std::path::Path;

use super::*;
use crate::args::To;
use crate::import::read_back::{Record, read_back, sample};

fn run(file: &Path, out: &Path, seed: u64) -> Result<Summary, Error> {
    import(&Twitch { file: file.to_owned(), to: To { out: out.to_owned(), seed, force: false } })
}

fn imported(text: &str) -> Result<Vec<Record>, Error> {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("chat.csv"), folder.path().join("out.jsonl"));
    std::fs::write(&file, text).unwrap();
    let imported = run(&file, &out, 1);
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, if imported.is_ok() { 2 } else { 1 }, "a failure leaves nothing behind");
    imported.map(|_| read_back(&out))
}

#[test]
fn every_message_of_the_sample_is_there_in_its_second_with_its_user_and_length() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (sample("twitch/northernlion_1087079172.csv"), folder.path().join("out.jsonl.zst"));
    let summary = run(&file, &out, 1).unwrap();
    let records = read_back(&out);
    let messages = records.iter().filter_map(|record| match &record.input {
        Input::Chat(chat) => Some(((record.at_ms - START_MS) / SECOND, chat.user.to_string(), chat.chars.unwrap())),
        _ => None,
    });
    let source: Vec<Vec<String>> =
        csv::Reader::from_path(&file).unwrap().into_deserialize::<Vec<String>>().map(Result::unwrap).collect();
    let expected = source.iter().map(|row| (row[0].parse().unwrap(), format!("u-{}", row[1]), row[2].parse().unwrap()));
    assert_eq!(messages.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    let reactions: u64 = source.iter().map(|row| row[3].parse::<u64>().unwrap().min(3)).sum();
    assert_eq!(summary.counts.topics.get("reaction"), Some(&reactions));
    assert_eq!(summary.counts.topics.get("chat"), Some(&(source.len() as u64)));
    assert!(source.len() > 500 && reactions > 50);
}

#[test]
fn the_same_file_and_seed_give_the_same_bytes_and_another_seed_others() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |name: &str, seed| {
        let out = folder.path().join(name);
        run(&sample("twitch/northernlion_1087079172.csv"), &out, seed).unwrap();
        std::fs::read(out).unwrap()
    };
    assert_eq!(bytes("a.jsonl", 1), bytes("b.jsonl", 1));
    assert_ne!(bytes("c.jsonl", 2), bytes("d.jsonl", 1));
}

#[test]
fn a_message_gives_at_most_three_reactions_at_its_own_time() {
    let records = imported("emotes,user,offset_s,chars\n0,a,0,5\n2,b,7,5\n20,c,7,5\n").unwrap();
    let topics: Vec<_> = records.iter().map(|record| record.input.topic()).collect();
    assert_eq!(
        topics,
        ["session", "chat", "chat", "reaction", "reaction", "chat", "reaction", "reaction", "reaction", "session"]
    );
    assert!(records[5..9].iter().all(|record| record.at_ms == records[5].at_ms));
    assert_eq!(records[9].at_ms, START_MS + 8 * SECOND);
}

#[test]
fn a_broken_row_is_named_and_leaves_no_log() {
    for (row, expected) in [
        ("x,a,1,0", "`offset_s` is `x`, expected a whole number from 0 to 2678400"),
        ("2,,1,0", "`user` is empty"),
        ("2,a,-1,0", "`chars` is `-1`, expected a whole number"),
        ("2,a,1", "not a row of CSV"),
        ("0,a,1,0", "`offset_s` is 0, before 1 in the row above"),
    ] {
        let error = imported(&format!("offset_s,user,chars,emotes\n1,a,1,0\n{row}\n")).unwrap_err();
        assert!(error.to_string().contains("chat.csv:3: ") && error.to_string().contains(expected), "{error}");
        assert_eq!(error.exit_code(), 1);
    }
}

#[test]
fn a_log_that_is_there_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.jsonl");
    std::fs::write(&out, "precious").unwrap();
    let error = run(&sample("twitch/northernlion_1087079172.csv"), &out, 1).unwrap_err();
    assert!(matches!(error, Error::Exists { .. }) && error.exit_code() == 2);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "precious");
}
