//! The two hopping windows, as folds over panes.

use crate::pane::{Pane, RESPONSE_BUCKETS};
use crate::score::Amounts;
use crate::time::{LONG_WINDOW, MINUTE, Millis, PANE, SECOND, SHORT_WINDOW, minutes};

/// Which window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// 90 s: for the detector and for rewards.
    Short,
    /// 5 min: the published score.
    Long,
}

impl Window {
    /// Its length.
    #[must_use]
    pub const fn span(self) -> Millis {
        match self {
            Self::Short => SHORT_WINDOW,
            Self::Long => LONG_WINDOW,
        }
    }

    /// How long a poll fades out at its end: a third or a fifth of it.
    #[must_use]
    pub const fn poll_fade_out(self) -> Millis {
        match self {
            Self::Short => 30 * SECOND,
            Self::Long => MINUTE,
        }
    }
}

/// A fold over the panes of one window ending at a tick. All integers: the order of panes does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    window: Window,
    from: Millis,
    to: Millis,
    /// Chat messages.
    pub messages: u64,
    /// The same, without those that an intervention caused.
    pub messages_organic: u64,
    /// Emojis.
    pub reactions: u64,
    /// The same, without those that an intervention caused.
    pub reactions_organic: u64,
    /// Unique users with any interaction since the window's beginning, after the tick included.
    pub users: u64,
    /// The same, without those that an intervention caused.
    pub users_organic: u64,
    /// Questions.
    pub questions: u64,
    /// Joins.
    pub joins: u64,
    /// Leaves, told or not.
    pub leaves: u64,
    /// Slide changes.
    pub slides: u64,
    /// Words spoken.
    pub words: u64,
    /// The milliseconds in which they were.
    pub speech_ms: u64,
    /// Replies by response time.
    pub responses: [u64; RESPONSE_BUCKETS],
    /// People present, summed over stamped panes.
    pub person_panes: u64,
    /// Stamped panes: the part of the window that the session has lived.
    pub panes: u64,
}

impl Fold {
    /// An empty fold of the window that ends at `tick`.
    #[must_use]
    pub const fn new(window: Window, tick: Millis) -> Self {
        Self {
            window,
            from: tick.saturating_sub(window.span()),
            to: tick,
            messages: 0,
            messages_organic: 0,
            reactions: 0,
            reactions_organic: 0,
            users: 0,
            users_organic: 0,
            questions: 0,
            joins: 0,
            leaves: 0,
            slides: 0,
            words: 0,
            speech_ms: 0,
            responses: [0; RESPONSE_BUCKETS],
            person_panes: 0,
            panes: 0,
        }
    }

    /// Adds a pane, where it lies in the window. The people of the pane that just ended are [`Self::add_present`]'s: its stamp
    /// is not written yet.
    pub fn add(&mut self, start: Millis, pane: &Pane) {
        if start < self.from {
            return;
        }
        // A user's unit lies in the pane of the newest interaction, be it after the tick.
        self.users += u64::from(pane.all.users);
        self.users_organic += u64::from(pane.organic.users);
        if start >= self.to {
            return;
        }
        self.messages += u64::from(pane.all.messages);
        self.messages_organic += u64::from(pane.organic.messages);
        self.reactions += u64::from(pane.all.reactions);
        self.reactions_organic += u64::from(pane.organic.reactions);
        self.questions += u64::from(pane.questions);
        self.joins += u64::from(pane.joins);
        self.leaves += u64::from(pane.leaves());
        self.slides += u64::from(pane.slides);
        self.words += u64::from(pane.words);
        self.speech_ms += u64::from(pane.speech_ms);
        for (total, count) in self.responses.iter_mut().zip(pane.responses) {
            *total += u64::from(count);
        }
        if let Some(stamp) = pane.stamp.filter(|_| start < self.to.saturating_sub(PANE)) {
            self.add_present(stamp.present);
        }
    }

    /// Adds the people of one more pane.
    pub fn add_present(&mut self, present: u32) {
        self.person_panes += u64::from(present);
        self.panes += 1;
    }

    /// Which window it is.
    #[must_use]
    pub const fn window(&self) -> Window {
        self.window
    }

    /// The mean number present, over the panes since the session began.
    #[must_use]
    pub fn present(&self) -> f64 {
        self.person_panes as f64 / self.panes.max(1) as f64
    }

    /// How much of the window the session has lived.
    #[must_use]
    pub fn lived_ms(&self) -> Millis {
        i64::try_from(self.panes).unwrap_or(i64::MAX).saturating_mul(PANE).min(self.window.span())
    }

    /// The share of the present that was active; absent while the session is younger than the window, or empty.
    #[must_use]
    pub fn active_share(&self) -> Option<f64> {
        let full = self.lived_ms() >= self.window.span() && self.person_panes > 0;
        full.then(|| (self.users as f64 / self.present()).min(1.0))
    }

    /// What the score is made of, of all events.
    #[must_use]
    pub fn amounts(&self) -> Amounts {
        Amounts {
            messages: self.messages as f64,
            reactions: self.reactions as f64,
            users: self.users as f64,
            leaves: self.leaves as f64,
            person_minutes: self.person_panes as f64 * minutes(PANE),
            present: self.present(),
            lived_ms: self.lived_ms(),
        }
    }

    /// The same, without events that an intervention caused.
    #[must_use]
    pub fn amounts_organic(&self) -> Amounts {
        Amounts {
            messages: self.messages_organic as f64,
            reactions: self.reactions_organic as f64,
            users: self.users_organic as f64,
            ..self.amounts()
        }
    }
}
