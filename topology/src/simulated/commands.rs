//! The names of the commands that one session's audience has answered to.

use std::collections::VecDeque;

use compact_str::CompactString;
use domain::audience::CommandRef;

/// How many commands are remembered. A session decides at most six times an hour, and what a command causes comes within minutes:
/// the oldest has long been answered when it is forgotten.
pub const COMMANDS_MAX: usize = 256;

/// Command ids of the wire and the numbers that the audience knows them by. One table per session.
#[derive(Clone, Debug, Default)]
pub struct Commands {
    /// The id of number `first`, of the one after it, and so on.
    ids: VecDeque<CompactString>,
    /// How many have been forgotten.
    first: u64,
}

impl Commands {
    /// A table without commands.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of a command: a new one, unless the id is remembered.
    pub fn number(&mut self, id: &str) -> CommandRef {
        if let Some(place) = self.ids.iter().position(|known| known == id) {
            return CommandRef(self.first.saturating_add(place as u64));
        }
        if self.ids.len() >= COMMANDS_MAX {
            self.ids.pop_front();
            self.first = self.first.saturating_add(1);
        }
        self.ids.push_back(id.into());
        CommandRef(self.first.saturating_add(self.ids.len() as u64 - 1))
    }

    /// The id of a number; none when it was never given or has been forgotten.
    #[must_use]
    pub fn id(&self, command: CommandRef) -> Option<&str> {
        let place = usize::try_from(command.0.checked_sub(self.first)?).ok()?;
        self.ids.get(place).map(CompactString::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_keeps_its_number_and_a_number_its_command() {
        let mut commands = Commands::new();
        let (first, second) = (commands.number("a"), commands.number("b"));
        assert_ne!(first, second);
        assert_eq!(commands.number("a"), first);
        assert_eq!((commands.id(first), commands.id(second)), (Some("a"), Some("b")));
        assert_eq!(commands.id(CommandRef(2)), None);
    }

    #[test]
    fn the_oldest_command_is_forgotten_and_no_number_is_given_twice() {
        let mut commands = Commands::new();
        let numbers: Vec<_> = (0..2 * COMMANDS_MAX).map(|id| commands.number(&id.to_string())).collect();
        assert_eq!(commands.ids.len(), COMMANDS_MAX);
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(commands.id(numbers[COMMANDS_MAX - 1]), None);
        assert_eq!(commands.id(numbers[COMMANDS_MAX]), Some("256"));
        assert!(commands.number("0") > numbers[2 * COMMANDS_MAX - 1]);
    }
}
