//! `conductor policy`: what was learned, and why a decision fell as it did.

use clap::{Args, Subcommand};

use crate::failure::{Failure, print};

/// The arguments of `conductor policy`.
#[derive(Clone, Debug, Args)]
pub struct PolicyArguments {
    /// What to do with it.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// What can be asked of the policy.
#[derive(Clone, Debug, Subcommand)]
pub enum PolicyCommand {
    /// Compute a decision again from what it read, and show each step
    Explain {
        /// The command's id, `session:tick:sequence`
        #[arg(value_name = "COMMAND")]
        command: String,
    },
}

/// Prints what `explain` finds out about the command.
///
/// # Errors
/// Refused when the id is none; else what `explain` says.
pub fn run(
    arguments: &PolicyArguments,
    explain: impl FnOnce(&str, domain::intervention::Command) -> Result<String, Failure>,
) -> Result<(), Failure> {
    let PolicyCommand::Explain { command } = &arguments.command;
    let Some((session, parsed)) = domain::intervention::Command::parse(command) else {
        let error = format!("`{command}` is no command's id");
        return Err(Failure::refused(error, "write it as session:tick:sequence, such as s-1:1700000005000:0"));
    };
    print(&explain(session, parsed)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_commands_id_is_refused() {
        let command = "s-1".into();
        let arguments = PolicyArguments { command: PolicyCommand::Explain { command } };
        assert_eq!(run(&arguments, |_, _| unreachable!()).unwrap_err().exit_code(), 2);
    }
}
