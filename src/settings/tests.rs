//! What the layers promise, end to end.

use std::path::PathBuf;

use super::*;

/// The settings of a file with this text, these variables and these flags.
fn load_from(text: &str, environment: &[(&str, &str)], flags: Vec<Given>) -> Result<Loaded, SettingsError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("conductor.toml");
    std::fs::write(&path, text).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    load(Sources { file: Some(path), environment, flags })
}

fn origin_of(loaded: &Loaded, key: &str) -> String {
    let row = loaded.rows.iter().find(|row| row.key == key).unwrap();
    let shown = row.origin.to_string();
    // The folder is a new one each time.
    shown.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn each_layer_wins_over_the_one_below_it_and_says_so() {
    let text = "[engine]\ncommit_interval_ms = 200\nidle_advance_ms = 3000\n\n[demo]\nseed = 2\nspeed = 5\n";
    let environment =
        [("CONDUCTOR__ENGINE__IDLE_ADVANCE_MS", "4000"), ("CONDUCTOR__DEMO__SEED", "3"), ("PATH", "/bin")];
    let flags = vec![Given::by_flag("--seed", "demo.seed", 4)];
    let loaded = load_from(text, &environment, flags).unwrap();

    assert_eq!(
        loaded.settings.engine,
        EngineSection { commit_interval_ms: 200, idle_advance_ms: 4_000, ..EngineSection::default() }
    );
    assert_eq!(loaded.settings.demo.seed, 4);
    assert_eq!(loaded.settings.demo.speed, topology::event_log::Speed::Times(5.0));
    for (key, origin) in [
        ("engine.partitions", "default"),
        ("engine.commit_interval_ms", "conductor.toml:2"),
        ("engine.idle_advance_ms", "environment CONDUCTOR__ENGINE__IDLE_ADVANCE_MS"),
        ("demo.speed", "conductor.toml:7"),
        ("demo.seed", "flag --seed"),
    ] {
        assert_eq!(origin_of(&loaded, key), origin, "{key}");
    }
}

#[test]
fn without_any_layer_the_defaults_are_the_domains() {
    let settings = Settings::default();
    assert!(settings.validate().is_ok());
    assert_eq!(settings.detector.to_domain(), domain::anomaly::DetectorSettings::default());
    assert_eq!(settings.decision.to_domain(), domain::intervention::DecisionSettings::default());
    assert_eq!(settings.decision.mode, domain::intervention::Mode::Suggest);
}

#[test]
fn what_is_set_reaches_the_domain() {
    let text = "[detector.z]\nwarning = -2\ncritical = -4\n[decision]\ncooldown_ms = 60000\nmode = \"auto\"\n";
    let settings = load_from(text, &[("CONDUCTOR__DETECTOR__LEVEL__WARNING", "0.5")], Vec::new()).unwrap().settings;
    let detector = settings.detector.to_domain();
    assert_eq!((detector.z.warning, detector.z.critical, detector.level.warning), (-2.0, -4.0, 0.5));
    assert_eq!(settings.decision.to_domain().cooldown, 60_000);
    assert_eq!(settings.decision.mode, domain::intervention::Mode::Auto);
}

#[test]
fn a_refusal_names_the_key_its_origin_and_the_remedy() {
    let file = |text: &str| load_from(text, &[], Vec::new());
    let variable = |name: &str, value: &str| load_from("", &[(name, value)], Vec::new());
    let flag = |key: &str, value: &str| load_from("", &[], vec![Given::by_flag("--set", key, value)]);
    for (refused, error, remedy) in [
        (file("[demo]\nsead = 1\n"), "unknown setting `demo.sead` (FILE:2)", "did you mean `demo.seed`?"),
        (file("a = 1\n"), "unknown setting `a` (FILE:1)", "`conductor config describe` lists every setting"),
        (
            file("[decision]\nmode = \"all\"\n"),
            "`decision.mode` cannot be \"all\" (FILE:2): unknown mode `all`, expected one of off, suggest, assist, auto",
            "set it to one of them, such as \"suggest\"",
        ),
        (
            file("[engine]\npartitions = -1\n"),
            "`engine.partitions` cannot be -1 (FILE:2): invalid value: integer `-1`, expected u32",
            "set it to a whole number, such as 6",
        ),
        (
            file("\n[log]\nlevel = 3\n"),
            "`log.level` cannot be 3 (FILE:3): invalid type: integer `3`, expected a string",
            "set it to a text, such as \"info\"",
        ),
        (
            file("[demo\n"),
            "FILE:1: unclosed table, expected `]`",
            "write it as TOML: `[section]`, then lines `key = value`, texts in quotes",
        ),
        (
            variable("CONDUCTOR__DEMO__SEED", "many"),
            "`demo.seed` cannot be `many` (environment CONDUCTOR__DEMO__SEED): it is not a whole number",
            "set it to a whole number, such as 7",
        ),
        (
            variable("CONDUCTOR__DEMO__SEEDS", "1"),
            "unknown setting `demo.seeds` (environment CONDUCTOR__DEMO__SEEDS)",
            "did you mean `demo.seed`?",
        ),
        (
            flag("decision.hold_out", "1.0"),
            "`decision.hold_out` cannot be 1.0 (flag --set): it is out of range",
            "set it to 0 to less than 1",
        ),
        (
            flag("decision.hold_out", "NaN"),
            "`decision.hold_out` cannot be `NaN` (flag --set): it is not a number",
            "set it to a number, such as 0.12",
        ),
        (
            flag("detector.level.critical", "0.6"),
            "`detector.level.critical` cannot be 0.6 (flag --set): it is out of range",
            "set it to below detector.level.warning, both from 0 to 1",
        ),
    ] {
        let refused = refused.unwrap_err();
        let shown = refused.to_string();
        // The folder of the file is a new one each time.
        let shown = match (shown.find('/'), shown.find("conductor.toml")) {
            (Some(start), Some(end)) => format!("{}FILE{}", &shown[..start], &shown[end + "conductor.toml".len()..]),
            _ => shown,
        };
        assert_eq!((shown.as_str(), refused.remedy().as_str()), (error, remedy));
    }
}

#[test]
fn a_named_file_must_be_there() {
    let file = Some(PathBuf::from("no/such/file.toml"));
    let refused = load(Sources { file, ..Sources::default() }).unwrap_err();
    assert!(matches!(refused, SettingsError::Unreadable { .. }));
}

#[test]
fn a_secret_is_neither_in_the_table_nor_in_a_refusal() {
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Known {
        token_file: String,
    }
    let known = Known { token_file: String::new() };
    let given = vec![Given::by_flag("--set", "token_file", "hunter2")];
    let (_, rows) = layers::apply(&known, given).unwrap();
    let typed = layers::GivenValue::Typed(toml::Value::Array(vec!["hunter2".into()]));
    let given = vec![Given { key: "token_file".into(), value: typed, origin: Origin::Default }];
    let refused = layers::apply(&known, given).unwrap_err();
    for shown in [show::table(&rows), show::json(&rows), refused.to_string(), refused.remedy()] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn the_table_shows_every_key_with_value_and_origin() {
    let loaded = load_from("[demo]\nseed = 7\n", &[], Vec::new()).unwrap();
    let table = show::table(&loaded.rows);
    assert_eq!(table.lines().count(), loaded.rows.len() + 1);
    assert!(table.starts_with("KEY "));
    assert!(table.lines().any(|line| line.starts_with("demo.seed ") && line.contains(" 7 ") && line.ends_with(":2")));
    let json: serde_json::Value = serde_json::from_str(&show::json(&loaded.rows)).unwrap();
    let seed = json.as_array().unwrap().iter().find(|row| row["key"] == "demo.seed").unwrap();
    assert_eq!((&seed["value"], &seed["origin"]["layer"]), (&serde_json::json!(7), &serde_json::json!("file")));
}

#[test]
fn properties_of_the_client_are_handed_on_under_any_name_and_secrets_among_them_are_not_shown() {
    let text = "[kafka.properties]\nsecurity.protocol = \"SASL_SSL\"\n\"producer.linger.ms\" = 5\n\
                sasl.password = \"hunter2\"\n";
    let environment = [("CONDUCTOR__KAFKA__PROPERTIES__SECURITY__PROTOCOL", "SSL")];
    let flags = vec![Given::by_flag("--set", "kafka.properties.client.dns.lookup", "use_all_dns_ips")];
    let loaded = load_from(text, &environment, flags).unwrap();
    let properties = &loaded.settings.kafka.properties;
    let pairs: Vec<(&str, &str)> = properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        pairs,
        [
            ("client.dns.lookup", "use_all_dns_ips"),
            ("producer.linger.ms", "5"),
            ("sasl.password", "hunter2"),
            ("security.protocol", "SSL"),
        ]
    );
    assert_eq!(origin_of(&loaded, "kafka.properties.producer.linger.ms"), "conductor.toml:3");
    let shown: Vec<String> = loaded.rows.iter().map(Row::shown).collect();
    assert!(!shown.iter().any(|value| value.contains("hunter2")));
}
