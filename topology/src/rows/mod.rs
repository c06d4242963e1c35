//! What the stores hold: one file per kind of row, its fields in the order in which they are written. These files ARE the data
//! model.

pub(crate) mod attendee;
pub(crate) mod decided;
pub(crate) mod key;
pub(crate) mod learned;
pub(crate) mod pane;
pub(crate) mod perceived;
pub(crate) mod session;
pub(crate) mod trace;
#[macro_use]
pub(crate) mod row;
