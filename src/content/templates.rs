//! Texts that lie in the repository, as data: what is said where nobody else writes, or nobody in time.

use std::sync::LazyLock;

use domain::context::{AnomalyClass, ContextKey, InterventionKind};
use domain::random::seed_of;
use serde::Deserialize;
use topology::wire::{InterventionCommand, named};

use super::{Content, check};

/// The longest title that a text is filled with.
const TITLE_CHARS_MAX: usize = 80;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    group: Vec<Group>,
}

/// The texts for one situation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    #[serde(with = "named")]
    kind: InterventionKind,
    variant: Option<String>,
    class: String,
    texts: Vec<String>,
}

impl Group {
    fn is_for(&self, kind: InterventionKind, variant: Option<&str>, class: AnomalyClass) -> bool {
        (self.kind, self.variant.as_deref(), self.class.as_str()) == (kind, variant, class.name())
    }
}

static FILE: LazyLock<Result<File, toml::de::Error>> = LazyLock::new(|| toml::from_str(include_str!("templates.toml")));

/// The content of the command: the same for the same command. Nothing where there is no text for such a command; a test holds that
/// there are some for every kind, variant and class.
#[must_use]
pub fn write(command: &InterventionCommand) -> Option<Content> {
    let class = ContextKey::parse(&command.context_key)?.anomaly;
    let groups = &FILE.as_ref().ok()?.group;
    let group = groups.iter().find(|group| group.is_for(command.kind, command.variant.as_deref(), class))?;
    let known = Known::of(command);
    let fitting: Vec<Content> =
        group.texts.iter().filter_map(|text| Content::parse(command.kind, &known.fill(text)?).ok()).collect();
    let place =
        seed_of(&[command.command.as_bytes()]) % u64::try_from(fitting.len()).ok().filter(|count| *count > 0)?;
    fitting.into_iter().nth(usize::try_from(place).ok()?)
}

/// What texts are filled with.
struct Known<'a> {
    title: Option<&'a str>,
}

impl<'a> Known<'a> {
    fn of(command: &'a InterventionCommand) -> Self {
        let usable = |text: &'a str| {
            // Others wrote it: what may not be shown is as good as not known.
            let fits = !text.trim().is_empty() && text.chars().count() <= TITLE_CHARS_MAX && !text.contains('\n');
            Some(text.trim()).filter(|_| fits && check::text(text).is_ok())
        };
        Self { title: command.context.title.as_deref().and_then(usable) }
    }

    /// The text with what it names; nothing where something of that is not known.
    fn fill(&self, text: &str) -> Option<String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after.split_once('}')?;
            filled.push_str(before);
            filled.push_str(match name {
                "title" => self.title?,
                _ => return None,
            });
            rest = behind;
        }
        filled.push_str(rest);
        Some(filled)
    }
}

#[cfg(test)]
mod tests {
    use domain::intervention::Variant;
    use topology::wire::CommandStatus;

    use super::*;
    use crate::report::sample;

    fn variants(kind: InterventionKind) -> Vec<Option<Variant>> {
        match kind {
            InterventionKind::QnaPromote => Variant::ALL.iter().copied().map(Some).collect(),
            _ => vec![None],
        }
    }

    /// A command for this situation, of which nothing else is known.
    fn command(kind: InterventionKind, variant: Option<Variant>, class: AnomalyClass) -> InterventionCommand {
        InterventionCommand {
            variant: variant.map(|variant| variant.name().into()),
            context_key: format!("middle_workshop_medium_{}", class.name()).into(),
            ..sample::command("s", 5_000, kind, CommandStatus::Approved)
        }
    }

    #[test]
    fn there_are_three_texts_at_least_for_every_kind_variant_and_class_of_which_none_needs_to_know_anything() {
        let file = FILE.as_ref().unwrap();
        let mut groups = 0;
        for &kind in InterventionKind::ALL {
            for variant in variants(kind) {
                for &class in AnomalyClass::ALL {
                    groups += 1;
                    let name = variant.map(|variant| variant.name());
                    let mut found = file.group.iter().filter(|group| group.is_for(kind, name, class));
                    let group = found.next().unwrap_or_else(|| panic!("nothing for {kind} {variant:?} {class}"));
                    assert!(found.next().is_none(), "two groups for {kind} {variant:?} {class}");
                    let plain = group.texts.iter().filter(|text| !text.contains('{')).count();
                    assert!(plain >= 3, "{kind} {variant:?} {class}: {plain} texts");
                }
            }
        }
        assert_eq!(file.group.len(), groups);
    }

    #[test]
    fn every_text_may_be_shown() {
        let known = Known { title: Some("State, and where to keep it") };
        for group in &FILE.as_ref().unwrap().group {
            for text in &group.texts {
                let filled = known.fill(text).unwrap_or_else(|| panic!("{text} names something else"));
                Content::parse(group.kind, &filled).unwrap_or_else(|error| panic!("{text}: {error}"));
            }
        }
    }

    #[test]
    fn a_command_always_says_the_same_and_others_say_something_else() {
        let written = |tick: i64| {
            let mut command = command(InterventionKind::ChatPrompt, None, AnomalyClass::SuddenDrop);
            command.command = format!("s:{tick}:0").into();
            write(&command).unwrap().to_string()
        };
        let all: std::collections::BTreeSet<String> = (0..50).map(|tick| written(tick * 5_000)).collect();
        assert_eq!(all.len(), 3, "{all:?}");
        assert_eq!(written(5_000), written(5_000));
    }

    #[test]
    fn a_text_is_filled_with_what_is_known_and_may_be_shown() {
        let titled = |title: &str| {
            let mut command = command(InterventionKind::ChatPrompt, None, AnomalyClass::SuddenDrop);
            command.context.title = Some(title.into());
            let said = (0..50).map(|tick| {
                command.command = format!("s:{tick}:0").into();
                write(&command).unwrap().to_string()
            });
            said.filter(|said| said.contains(title)).count()
        };
        assert!(titled("What about {title}?") > 0, "braces of others are text");
        for hostile in ["see evil.example.com now", "a\u{202E}b", "two\nlines", &"long ".repeat(60)] {
            assert_eq!(titled(hostile), 0, "{hostile}");
        }
    }
}
