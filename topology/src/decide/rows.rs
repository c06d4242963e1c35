//! The rows of a session's decisions: one ledger, and one per command under the command's own part of the key.

use core::ops::ControlFlow;

use domain::bandit::Offsets;
use domain::intervention::{Command, Ledger};
use domain::time::{HOUR, Millis};
use streams::processor::{Context, ProcessError};

use super::Decide;
use crate::rows::decided::{CommandRow, LedgerRow};
use crate::rows::{key, perceived};
use crate::stores::{load, save};

impl Decide {
    /// Whether the perceiving half has heard of the session.
    pub(super) fn is_known(&mut self, session: &str, context: &mut Context<'_>) -> Result<bool, ProcessError> {
        key::session_part(session, perceived::SESSION, &mut self.scratch.key);
        Ok(context.get(self.stores.sessions, &self.scratch.key)?.is_some())
    }

    /// The session's ledger. People may speak of a session before its first event, or of one that never comes: such a ledger
    /// is kept for an hour.
    pub(super) fn ledger(
        &mut self,
        session: &str,
        now: Millis,
        context: &mut Context<'_>,
    ) -> Result<LedgerRow, ProcessError> {
        key::session(session, &mut self.scratch.key);
        if let Some(row) = load(context, self.interventions, &self.scratch.key)? {
            return Ok(row);
        }
        let row = LedgerRow { ledger: Ledger::new(self.settings.mode), offsets: Offsets::default() };
        self.keep_ledger(session, &row, context)?;
        if !self.is_known(session, context)? {
            context.schedule(now.saturating_add(HOUR), session.as_bytes());
        }
        Ok(row)
    }

    pub(super) fn keep_ledger(
        &mut self,
        session: &str,
        row: &LedgerRow,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        key::session(session, &mut self.scratch.key);
        Ok(save(context, self.interventions, &self.scratch.key, row, &mut self.scratch.value)?)
    }

    pub(super) fn command(
        &mut self,
        session: &str,
        command: Command,
        context: &mut Context<'_>,
    ) -> Result<Option<CommandRow>, ProcessError> {
        command_key(session, command, &mut self.scratch.key);
        Ok(load(context, self.interventions, &self.scratch.key)?)
    }

    pub(super) fn keep_command(
        &mut self,
        session: &str,
        row: &CommandRow,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        command_key(session, row.intervention.command, &mut self.scratch.key);
        Ok(save(context, self.interventions, &self.scratch.key, row, &mut self.scratch.value)?)
    }

    /// Deletes all rows of a session: its budget keeps them few.
    pub(super) fn forget(&mut self, session: &str, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let mut keys: Vec<Box<[u8]>> = Vec::new();
        key::session_at(session, Millis::MIN, &mut self.scratch.key);
        key::session_at(session, Millis::MAX, &mut self.scratch.value);
        let (from, to) = (&self.scratch.key, &self.scratch.value);
        context.scan(self.interventions, from, to, &mut |key, _| {
            keys.push(key.into());
            ControlFlow::Continue(())
        })?;
        for key in keys {
            context.delete(self.interventions, &key)?;
        }
        key::session(session, &mut self.scratch.key);
        Ok(context.delete(self.interventions, &self.scratch.key)?)
    }
}

pub(super) fn command_key(session: &str, command: Command, key: &mut Vec<u8>) {
    key::session_at(session, command.tick, key);
    key.extend_from_slice(&command.sequence.to_be_bytes());
}
