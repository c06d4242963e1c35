//! Measuring priors from past sessions: what each tick retired, summed per session type and size band.

use crate::baseline::{Own, Rates};
use crate::context::{SessionType, SizeBand};

/// Measures priors from past sessions: call [`Calibration::begin_session`], then [`Calibration::add`] what each tick retired.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Calibration {
    cells: [[Cell; SizeBand::ALL.len()]; SessionType::ALL.len()],
    session: u64,
}

/// What was seen of one type and size band.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Cell {
    total: Own,
    sessions: u64,
    last_session: u64,
}

/// A measured prior, and on how much it rests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibrated {
    /// Of sessions of this type,
    pub session_type: SessionType,
    /// while their audience had this size.
    pub size: SizeBand,
    /// The prior; a term of which nothing was seen keeps its start value.
    pub rates: Rates,
    /// How many sessions had a part in it.
    pub sessions: u64,
    /// How many person-minutes.
    pub person_minutes: f64,
}

impl Calibration {
    /// What is added from now on belongs to another session.
    pub fn begin_session(&mut self) {
        self.session += 1;
    }

    /// Adds totals of a stretch of the session (a tick's [`crate::tick::Evaluation::retired`]).
    pub fn add(&mut self, session_type: SessionType, size: SizeBand, total: &Own) {
        let row = self.cells.get_mut(session_type.index());
        let Some(cell) = row.and_then(|row| row.get_mut(size.index())) else { return };
        if total.person_panes == 0 && total.eligible == 0 {
            return;
        }
        cell.total.add(total);
        if cell.sessions == 0 || cell.last_session != self.session {
            cell.sessions += 1;
            cell.last_session = self.session;
        }
    }

    /// The prior of every type and size band that was seen, in stable order.
    pub fn finish(&self) -> impl Iterator<Item = Calibrated> + '_ {
        let rows = SessionType::ALL.iter().zip(&self.cells);
        rows.flat_map(|(session_type, row)| {
            SizeBand::ALL.iter().zip(row).filter(|(_, cell)| cell.sessions > 0).map(|(size, cell)| Calibrated {
                session_type: *session_type,
                size: *size,
                rates: cell.total.blend(&Rates::START, 0.0),
                sessions: cell.sessions,
                person_minutes: cell.total.person_minutes(),
            })
        })
    }
}
