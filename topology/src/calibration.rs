//! The watching half alone, for calibration: instead of deciding, it writes down what left the longest window.

use domain::baseline::Own;
use domain::context::{SessionType, SizeBand};
use streams::processor::{Context, ProcessError, Processor};
use streams::record::{BoxError, Record};
use streams::serde::SinkBuffers;
use streams::topology::{Edge, ProcessorSpec, Topology, TopologyBuilder, TopologyError};

use crate::event::SessionId;
use crate::graph;
use crate::moment::Moment;
use crate::rows::row::{self, row};
use crate::settings::ConductorSettings;

/// The topic that it writes.
pub const RETIRED: &str = "calibration-retired";

/// What left the longest window of a session at a tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Retired {
    /// The session's type.
    pub session_type: SessionType,
    /// Its audience's size.
    pub size: SizeBand,
    /// The totals.
    pub total: Own,
}
row!(Retired { session_type, size, total });

impl Retired {
    /// The record that these bytes hold.
    #[must_use]
    pub fn decode(value: &[u8]) -> Option<Self> {
        row::decode(value)
    }
}

/// Builds the topology.
///
/// # Errors
/// An application id that can not be a part of a topic's name.
pub fn build(settings: &ConductorSettings) -> Result<Topology, TopologyError> {
    let mut builder = TopologyBuilder::new();
    let (_, moments) = graph::perceiving(&mut builder)?;
    let retired = builder.edge();
    let spec = ProcessorSpec { stores: &[], forwards: &[retired.id()], globals: &[] };
    builder.processor("calibrate", &[&moments], spec, move || Calibrate { retired })?;
    builder.sink("retired-sink", RETIRED, &retired, |key: &SessionId, value: &Retired, into: &mut SinkBuffers| {
        into.key.extend_from_slice(key.as_bytes());
        row::encode(value, &mut into.value);
        Ok::<(), BoxError>(())
    })?;
    builder.build(&settings.application_id)
}

struct Calibrate {
    retired: Edge<SessionId, Retired>,
}

impl Processor for Calibrate {
    type Key = SessionId;
    type Value = Moment;

    fn process(&mut self, record: Record<SessionId, Moment>, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let Moment::Tick(tick) = record.value else { return Ok(()) };
        let evaluation = &tick.evaluation;
        let total = evaluation.retired;
        if total.person_panes == 0 && total.eligible == 0 {
            return Ok(());
        }
        let retired = Retired { session_type: evaluation.session_type, size: evaluation.size, total };
        context.forward(self.retired, Record::new(record.key, retired, evaluation.at))
    }
}
