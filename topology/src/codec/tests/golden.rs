//! The JSON text of one example of each record, as other people's programs read and write it.

use super::*;

/// The text gives a value, and the value gives the same text, through either format.
fn check<T: Coded + PartialEq + std::fmt::Debug>(text: &str) {
    let value: T = decode(text.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(bytes_of(&value, Format::Json)).unwrap(), text);
    let through_avro: T = decode(&bytes_of(&value, Format::Avro)).unwrap();
    assert_eq!(String::from_utf8(bytes_of(&through_avro, Format::Json)).unwrap(), text);
}

#[test]
fn a_chat_event_has_this_json() {
    check::<Chat>(r#"{"kind":"message","user":"u-7","text":"hi"}"#);
    check::<Chat>(r#"{"kind":"message","id":"e-1","user":"u-7","message":"m-1","chars":2,"command":"s-1/5000/0"}"#);
    check::<Chat>(r#"{"kind":"question","user":"u-7","message":"m-2","text":"why?"}"#);
    check::<Chat>(r#"{"kind":"upvote","user":"u-8","message":"m-2"}"#);
    check::<Chat>(r#"{"kind":"reply","user":"u-9","in_reply_to":"m-2","text":"because"}"#);
}

#[test]
fn a_poll_event_has_this_json() {
    check::<Poll>(
        r#"{"kind":"opened","poll":"p-1","question":"ready?","options":["yes","no"],"eligible":80,"command":"c-1"}"#,
    );
    check::<Poll>(r#"{"kind":"voted","id":"e-2","poll":"p-1","user":"u-7","option":1}"#);
    check::<Poll>(r#"{"kind":"closed","poll":"p-1"}"#);
}

#[test]
fn a_presence_event_has_this_json() {
    check::<Presence>(r#"{"kind":"joined","user":"u-7","first_time":true}"#);
    check::<Presence>(r#"{"kind":"left","id":"e-3","user":"u-7"}"#);
    check::<Presence>(r#"{"kind":"heartbeat","user":"u-7","focused":false}"#);
    check::<Presence>(r#"{"kind":"heartbeat","user":"u-7"}"#);
}

#[test]
fn a_reaction_has_this_json() {
    check::<Reaction>(r#"{"kind":"emoji","id":"e-4","user":"u-7","emoji":"🎉","command":"c-1"}"#);
}

#[test]
fn a_session_event_has_this_json() {
    check::<Session>(
        r#"{"kind":"started","title":"Streams","description":"all about them","speaker":"u-1","type":"workshop","capacity":100,"schedule":[{"phase":"opening","at_ms":1700000000000},{"phase":"qa","at_ms":1700003000000}],"ends_at_ms":1700003600000}"#,
    );
    check::<Session>(r#"{"kind":"phase","phase":"break"}"#);
    check::<Session>(r#"{"kind":"slide","index":3}"#);
    check::<Session>(r#"{"kind":"speech","words":140,"span_ms":60000}"#);
    check::<Session>(r#"{"kind":"mode","mode":"assist","actor":"o-1"}"#);
    check::<Session>(
        r#"{"kind":"decision","command":"c-1","decision":"edited","actor":"o-1","content":"better","reason":"too long"}"#,
    );
    check::<Session>(r#"{"kind":"paused","actor":"o-1"}"#);
    check::<Session>(r#"{"kind":"resumed","actor":"o-1"}"#);
    check::<Session>(r#"{"kind":"ended"}"#);
}

#[test]
fn a_feedback_has_this_json() {
    check::<InterventionFeedback>(
        r#"{"kind":"executed","command":"c-1","at_ms":1700000000000,"attempts":1,"content":"ready?","provider":"templates","tokens_in":10,"tokens_out":20,"cost_usd":0.25}"#,
    );
    check::<InterventionFeedback>(
        r#"{"kind":"refused","command":"c-1","at_ms":1700000000000,"attempts":0,"error":"cancelled"}"#,
    );
}

#[test]
fn a_score_has_this_json() {
    check::<EngagementScore>(
        r#"{"session":"s-1","at_ms":1700000000000,"score":0.7,"score_90s":0.5,"core":0.71,"core_90s":0.48,"band":"usual","people":80,"anomaly":{"score":0.65,"level":"warning","class":"SUDDEN_DROP","expected":0.7,"deviation_sd":-3.5,"parts":[{"name":"z","score":0.65}],"reason":"fell from .70 to .48"},"signals":{"chat_per_min":11.5,"active_users":40,"phase":"middle","elapsed_s":1200.0},"terms":{"chat":0.6,"stay":0.7},"baseline":{"version":1,"chat":0.14,"poll":0.47,"active":0.65,"reactions":0.1,"stay":0.06}}"#,
    );
}

#[test]
fn a_command_has_this_json() {
    check::<InterventionCommand>(
        r#"{"command":"s-1/1700000000000/0","session":"s-1","at_ms":1700000000000,"kind":"QNA_PROMOTE","variant":"SURFACE_BEST","target":{"segment":"LURKERS","users":["u-7"]},"parameters":{"message":"m-2"},"confidence":0.6,"propensity":0.57,"holdout_probability":0.12,"context_key":"middle_workshop_medium_SUDDEN_DROP","reason":"score .48, expected .70","expires_at_ms":1700000120000,"status":"approved","mode":"suggest","content":"why?","decided_by":"o-1","decided_at_ms":1700000030000,"policy":{"version":7,"arms":[{"arm":"QNA_PROMOTE","mean":0.05,"sd":0.02,"n":12.5}],"control_mean":0.01,"seed_ms":1700000000000,"episode_ms":1699999990000},"context":{"title":"Streams","topic":"all about them","messages":[{"at_ms":1699999999000,"user":"u-7","text":"hi"}]}}"#,
    );
}

#[test]
fn a_result_has_this_json() {
    check::<InterventionResult>(
        r#"{"command":"c-1","session":"s-1","at_ms":1700000180000,"context_key":"middle_workshop_medium_SUDDEN_DROP","kind":"POLL","propensity":0.57,"treated":true,"held_out":false,"waited":false,"outcome":"measured","started_ms":1700000000000,"score_before":0.48,"score_after":0.66,"change":0.15,"reward":0.14,"success":true,"success_5min":false}"#,
    );
    check::<InterventionResult>(
        r#"{"command":"c-1","session":"s-1","at_ms":1700000180000,"context_key":"k","kind":"NUDGE","variant":"v","propensity":0.57,"treated":false,"held_out":false,"waited":true,"outcome":"declined"}"#,
    );
}

#[test]
fn a_policy_and_its_control_have_this_json() {
    check::<Policy>(
        r#"{"version":7,"arms":[{"arm":"POLL","n":12.5,"sum":1.5,"sum_squares":0.5,"successes":7.25,"failures":5.25}]}"#,
    );
    check::<Policy>(r#"{"version":8,"arms":[],"mean":0.01,"n":40.0}"#);
}

#[test]
fn the_baselines_have_this_json() {
    check::<Baselines>(
        r#"{"version":1,"chat":0.14,"poll":0.47,"active":0.65,"active_90s":0.3,"reactions":0.1,"stay":0.06,"calibrated_from":"start values","at_ms":1700000000000}"#,
    );
}

#[test]
fn a_chat_event_has_these_avro_bytes() {
    let value: Chat = decode(br#"{"kind":"message","user":"u-7","text":"hi"}"#).unwrap();
    let bytes = bytes_of(&value, Format::Avro);
    let (header, record) = bytes.split_at(10);
    assert_eq!(header[..2], [0xC3, 0x01]);
    assert_eq!(record, b"\x0emessage\x00\x06u-7\x00\x00\x02\x04hi\x00\x00");
}
