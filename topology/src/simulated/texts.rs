//! What simulated people and organisers say, where the wire needs a text.

use compact_str::CompactString;
use domain::audience::{EMOJIS, POLL_OPTIONS};

const EMOJI: [&str; EMOJIS as usize] = ["👍", "👏", "❤️", "😂", "🎉", "🤔"];

const TITLES: [&str; 8] = [
    "Streams that never forget",
    "What your dashboard does not show",
    "Ten years of on-call",
    "Designing for the second user",
    "State, and where to keep it",
    "Small teams, large systems",
    "The cost of one more replica",
    "Reading other people's code",
];

const QUESTIONS: [&str; 8] = [
    "What happens when the network splits?",
    "How large was the team that built this?",
    "Can you show the last example again?",
    "What would you do differently today?",
    "Does this work on a single machine?",
    "How do you test that?",
    "Where do the slides go afterwards?",
    "What does it cost to run?",
];

const POLLS: [&str; 4] = [
    "How is the pace so far?",
    "How much of this is new to you?",
    "Would you try this at work?",
    "How clear was the last part?",
];

const OPTIONS: [&str; POLL_OPTIONS as usize] = ["Very much", "Somewhat", "A little", "Not at all"];

pub(super) fn emoji(number: u32) -> CompactString {
    one_of(&EMOJI, u64::from(number))
}

pub(super) fn title(number: u64) -> CompactString {
    one_of(&TITLES, number)
}

pub(super) fn question(number: u64) -> CompactString {
    one_of(&QUESTIONS, number)
}

pub(super) fn poll(number: u64) -> CompactString {
    one_of(&POLLS, number)
}

pub(super) fn options() -> Vec<CompactString> {
    OPTIONS.iter().map(|option| CompactString::const_new(option)).collect()
}

/// The text of this number, counted in a circle.
fn one_of(texts: &[&'static str], number: u64) -> CompactString {
    let place = number.checked_rem(texts.len() as u64).unwrap_or_default();
    texts.get(place as usize).map_or(CompactString::const_new("-"), |text| CompactString::const_new(text))
}
