//! Arrows point one way: domain <- nobody; streams -> no other room; topology -> domain, streams (not its runtime, not its
//! broker); the applications -> the public API of all three.

use crate::files::sources;

/// In every file below `folder`, except below `except`, none of `words` may stand in code.
struct Rule {
    folder: &'static str,
    except: &'static [&'static str],
    words: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        folder: "domain/src",
        except: &[],
        words: &["serde", "streams::", "topology::", "std::fs", "std::io", "std::net", "std::env"],
    },
    Rule {
        folder: "streams/src",
        except: &[],
        words: &["domain::", "topology::wire", "topology::graph", "audience", "engagement"],
    },
    Rule { folder: "streams/src", except: &["streams/src/broker/kafka"], words: &["rdkafka"] },
    Rule { folder: "streams/src", except: &["streams/src/store/rocks"], words: &["rocksdb::"] },
    Rule { folder: "topology/src", except: &[], words: &["streams::runtime", "streams::broker", "loadtest::"] },
    Rule { folder: "src", except: &[], words: &["loadtest::", "rdkafka", "rocksdb::"] },
    Rule { folder: "loadtest/src", except: &[], words: &["rdkafka", "rocksdb::"] },
];

#[test]
fn no_room_names_a_room_that_it_must_not_know() {
    let mut broken = Vec::new();
    for rule in RULES {
        for source in sources(rule.folder, "rs") {
            if rule.except.iter().any(|except| source.path.starts_with(except)) {
                continue;
            }
            for (number, line) in source.text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                for word in rule.words.iter().filter(|word| code.contains(**word)) {
                    broken.push(format!("{}:{}: {} must not know {word}", source.path, number + 1, rule.folder));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The manifests say the same: a crate can not use what it does not depend on.
#[test]
fn the_manifests_hold_the_same_arrows() {
    let table: [(&str, &[&str]); 3] = [
        ("domain", &["streams", "topology", "serde", "loadtest", "tokio"]),
        ("streams", &["domain", "topology", "loadtest"]),
        ("topology", &["loadtest", "tokio"]),
    ];
    for (crate_name, forbidden) in table {
        let manifest = std::fs::read_to_string(crate::files::root().join(crate_name).join("Cargo.toml")).unwrap();
        for name in forbidden {
            let depends = manifest
                .lines()
                .any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '.', '='])));
            assert!(!depends, "{crate_name}/Cargo.toml must not depend on {name}");
        }
    }
}

/// Who may: the product's one clock, that of the tool that paces a load, and the one that waits for servers in other processes, which
/// say nothing when they are ready.
const CLOCKS: [&str; 3] = ["src/clock.rs", "loadtest/src/clock.rs", "tests/cluster/src/clock.rs"];

/// One file of each reads the machine's clock; the lint table bans the calls elsewhere, and nobody else may lift the ban.
#[test]
fn only_the_clock_files_lift_the_ban_on_ambient_time() {
    for folder in ["domain", "streams", "topology", "src", "loadtest", "tests"] {
        for source in sources(folder, "rs") {
            let lifts = source.text.lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//") && line.contains(concat!("clippy::", "disallowed_methods"))
            });
            assert!(!lifts || CLOCKS.contains(&source.path.as_str()), "{} lifts the ban on ambient time", source.path);
        }
    }
}
