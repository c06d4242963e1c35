//! A measurement, until its end or until somebody does not want to wait for it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use loadtest::interrupt::{EXIT_CODE, Interrupt};

/// Measures. When it fails, or on Ctrl-C, all that it has started is stopped and removed, and then the process ends.
pub(crate) fn attempt(measure: impl FnOnce(&Interrupt)) {
    // From here on, Ctrl-C ends the children and the cluster in order.
    let interrupt = Interrupt::catch().unwrap();
    let Err(panic) = catch_unwind(AssertUnwindSafe(|| measure(&interrupt))) else { return };
    let code = panic.downcast_ref::<u8>().copied().unwrap_or(1);
    std::process::exit(i32::from(code));
}

/// Ends the measurement if that was asked for: the unwinding ends the children and the cluster.
pub(crate) fn check(interrupt: &Interrupt) {
    if interrupt.is_asked() {
        resume_unwind(Box::new(EXIT_CODE));
    }
}

/// Something is missing here that the message names.
pub(crate) fn refuse(error: &dyn std::error::Error) -> ! {
    eprintln!("error: {error}");
    std::process::exit(2)
}
