//! The terminal itself: the alternate screen, the keys, the frames.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::draw::draw;
use super::view::View;
use crate::clock::SystemClock;
use crate::output::Output;
use crate::summary::Summary;

/// The time between two frames: fluent, and next to nothing for the machine.
const FRAME: Duration = Duration::from_millis(50);

/// Gives the terminal back as it was, however the screen ends.
struct Restored;

impl Drop for Restored {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Shows what comes in until it ends or somebody has had enough. A panic restores the terminal, too.
pub(super) fn run(outputs: &Receiver<Output>, summary: &mut Summary) -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let _restored = Restored;
    let mut view = View::default();
    loop {
        let ended = take_for_one_frame(outputs, &mut view, summary);
        terminal.draw(|frame| draw(&view, frame))?;
        if ended || quit_is_asked_for()? {
            return Ok(());
        }
    }
}

/// Takes what comes in while the frame stands; true at the end.
fn take_for_one_frame(outputs: &Receiver<Output>, view: &mut View, summary: &mut Summary) -> bool {
    let stopwatch = SystemClock.stopwatch();
    loop {
        let left = FRAME.saturating_sub(stopwatch.elapsed());
        if left.is_zero() {
            return false;
        }
        match outputs.recv_timeout(left) {
            Ok(output) => {
                summary.observe(&output);
                view.observe(&output);
            }
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => return true,
        }
    }
}

fn quit_is_asked_for() -> io::Result<bool> {
    while event::poll(Duration::ZERO)? {
        if let Event::Key(key) = event::read()?
            && quits(key)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// In raw mode Ctrl-C is a key like any other.
fn quits(key: KeyEvent) -> bool {
    let pressed = key.kind == KeyEventKind::Press;
    match key.code {
        KeyCode::Char('q' | 'Q') => pressed,
        KeyCode::Char('c') => pressed && key.modifiers.contains(KeyModifiers::CONTROL),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_and_control_c_quit_and_nothing_else_does() {
        let key = |code, modifiers| quits(KeyEvent::new(code, modifiers));
        assert!(key(KeyCode::Char('q'), KeyModifiers::NONE));
        assert!(key(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(!key(KeyCode::Char('c'), KeyModifiers::NONE));
        assert!(!key(KeyCode::Enter, KeyModifiers::NONE));
    }
}
