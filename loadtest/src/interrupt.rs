//! Somebody asks for an end: Ctrl-C, or a polite kill.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// What a shell reports of a command that was ended by Ctrl-C.
pub const EXIT_CODE: u8 = 130;

/// Whether an end was asked for. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// Catches Ctrl-C and SIGTERM from here on; the second one ends the process at once.
    ///
    /// # Errors
    /// The system does not let it.
    pub fn catch() -> io::Result<Self> {
        let interrupt = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the first signal finds the flag not set yet.
            flag::register_conditional_shutdown(signal, i32::from(EXIT_CODE), Arc::clone(&interrupt.asked))?;
            flag::register(signal, Arc::clone(&interrupt.asked))?;
        }
        Ok(interrupt)
    }

    /// Asks for an end.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether somebody did.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}
