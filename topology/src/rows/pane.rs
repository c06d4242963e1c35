//! Store `panes`, key (session, start of the pane): the counts of five seconds of a session.

use domain::pane::{Counts, Pane, Stamp};

use super::row::row;

row!(Counts { messages, reactions, users });
row!(Stamp { present, active_short, active_long });
row!(Pane {
    all,
    organic,
    questions,
    joins,
    leaves_explicit,
    leaves_timeout,
    slides,
    words,
    speech_ms,
    responses,
    stamp,
});
