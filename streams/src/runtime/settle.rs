//! How a commit ended whose answer was lost. A new producer of the same name fences the old one; after that the group's
//! offsets, which the transaction carried, tell. Where they say nothing, the changelog does.

use super::commit::{Carried, Phase};
use super::error::ThreadError;
use super::thread::{StreamThread, is_transient, new_producer};
use super::transaction::Transaction;
use crate::broker::{Broker, Consumer, Offset, TransactionalProducer};
use crate::task::TaskId;

/// What the offsets say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The transaction was committed: its effects are part of the log.
    Committed,
    /// It was not: nothing of it is.
    NotCommitted,
    /// They say nothing: no input went on in it, or another has written since.
    Unclear,
}

/// Compares the group's offsets of one task with those before the transaction and those that it carried.
pub(crate) fn verdict_of_task(before: &[Option<Offset>], sent: &[Offset], found: &[Option<Offset>]) -> Verdict {
    let is_sent = found.len() == sent.len() && found.iter().zip(sent).all(|(found, sent)| *found == Some(*sent));
    match (is_sent, found == before) {
        (true, false) => Verdict::Committed,
        (false, true) => Verdict::NotCommitted,
        // A commit in the middle of a long gap of timers leaves the offsets as they were.
        (true, true) | (false, false) => Verdict::Unclear,
    }
}

/// The verdict on the whole transaction. It is atomic: what is clear for one task holds for all.
pub(crate) fn verdict(tasks: impl IntoIterator<Item = Verdict>) -> Verdict {
    let mut found = Verdict::Unclear;
    for verdict in tasks {
        match (found, verdict) {
            (_, Verdict::Unclear) => {}
            (Verdict::Unclear, clear) => found = clear,
            (known, clear) if known == clear => {}
            // Somebody else has written offsets; no part of it can be trusted.
            _ => return Verdict::Unclear,
        }
    }
    found
}

impl<B: Broker> StreamThread<B> {
    /// A new producer of the same name: from here on the old one can change nothing.
    pub(super) fn replace_producer(&mut self) -> Result<bool, ThreadError> {
        self.transaction = None;
        let mut producer = new_producer(&self.broker, &self.settings)?;
        match producer.init_transactions() {
            Ok(()) => {}
            Err(error) if is_transient(&error) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        self.transaction = Some(Transaction::new(producer));
        self.counts.producers_replaced += 1;
        match core::mem::replace(&mut self.phase, Phase::Open) {
            Phase::Replacing { unknown: Some(carried) } => self.phase = Phase::Settling(carried),
            _ => self.roll_back()?,
        }
        Ok(true)
    }

    /// Reads from the group's offsets how the commit ended.
    pub(super) fn settle(&mut self) -> Result<bool, ThreadError> {
        let Phase::Settling(carried) = &self.phase else { return Ok(true) };
        let carried = carried.clone();
        let mut found: Vec<(TaskId, Vec<Option<Offset>>)> = Vec::new();
        for (id, _) in &carried.offsets {
            let Some(slot) = self.slots.get(id) else { continue };
            match self.consumer.committed(&slot.inputs) {
                Ok(offsets) => found.push((*id, offsets)),
                Err(error) if is_transient(&error) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        // Only now: whoever is still a member was the owner while the offsets were read, and nobody else wrote them.
        if !self.serve_group()? {
            return Ok(false);
        }
        let mut verdicts = Vec::new();
        for (id, offsets) in &found {
            let sent = carried.offsets.iter().find(|(task, _)| task == id).map(|(_, sent)| sent);
            let loaded = self.slots.get(id).and_then(|slot| slot.running());
            if let (Some(sent), Some(loaded)) = (sent, loaded) {
                verdicts.push((
                    *id,
                    sent,
                    verdict_of_task(&loaded.group, sent, offsets),
                    offsets,
                    loaded.group.clone(),
                ));
            }
        }
        let outcome = verdict(verdicts.iter().map(|(_, _, verdict, _, _)| *verdict));
        let mut kept = Carried { offsets: Vec::new(), ends: carried.ends.clone() };
        for (id, sent, _, offsets, before) in verdicts {
            let is_sent = offsets.iter().zip(sent).all(|(found, sent)| *found == Some(*sent));
            match outcome {
                Verdict::Committed if is_sent => kept.offsets.push((id, sent.clone())),
                Verdict::NotCommitted if *offsets == before => {}
                _ => self.reopen(id)?,
            }
        }
        if outcome == Verdict::Committed {
            self.phase = Phase::Open;
            self.apply(&kept)?;
            self.purge(&kept)?;
        } else {
            self.roll_back()?;
        }
        Ok(true)
    }

    /// Only the changelog knows: the task is closed, and its tail restored.
    fn reopen(&mut self, id: TaskId) -> Result<(), ThreadError> {
        if !self.settings.changelog {
            return Err(ThreadError::UnknownOutcome { task: id });
        }
        self.close_slot(id)?;
        self.open_slot(id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Committed, NotCommitted, Unclear};

    #[test]
    fn the_offsets_tell_how_a_commit_ended() {
        let cases = [
            (vec![Some(3), Some(0)], vec![5, 0], vec![Some(5), Some(0)], Committed),
            (vec![Some(3), Some(0)], vec![5, 0], vec![Some(3), Some(0)], NotCommitted),
            (vec![None, None], vec![5, 0], vec![Some(5), Some(0)], Committed),
            (vec![None, None], vec![5, 0], vec![None, None], NotCommitted),
            (vec![Some(3)], vec![3], vec![Some(3)], Unclear),
            (vec![Some(3)], vec![5], vec![Some(9)], Unclear),
            (vec![Some(3)], vec![5], vec![], Unclear),
        ];
        for (before, sent, found, expect) in cases {
            assert_eq!(verdict_of_task(&before, &sent, &found), expect, "{before:?} {sent:?} {found:?}");
        }
    }

    #[test]
    fn what_is_clear_for_one_task_holds_for_the_transaction() {
        assert_eq!(verdict([Unclear, Committed, Unclear]), Committed);
        assert_eq!(verdict([Unclear, NotCommitted]), NotCommitted);
        assert_eq!(verdict([Committed, NotCommitted]), Unclear);
        assert_eq!(verdict([Unclear]), Unclear);
    }
}
