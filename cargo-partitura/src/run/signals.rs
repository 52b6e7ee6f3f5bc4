//! What tells this tool to end.

use std::sync::mpsc::{Receiver, channel};

use crate::failure::{Failure, Result};

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Somebody at the keyboard: a terminal tells every program that runs on it.
    Keyboard,
    /// Somebody else, and this program alone.
    Alone,
}

/// Gets a word for each Ctrl-C, SIGHUP and SIGTERM.
#[cfg(unix)]
pub(super) fn listen() -> Result<Receiver<Told>> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])
        .map_err(|error| Failure::new(format!("cannot listen to signals: {error}")))?;
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let is_keyboard = signal != SIGTERM && std::io::IsTerminal::is_terminal(&std::io::stdin());
            if tell.send(if is_keyboard { Told::Keyboard } else { Told::Alone }).is_err() {
                break;
            }
        }
    });
    Ok(told)
}

/// Gets a word for each Ctrl-C.
#[cfg(not(unix))]
pub(super) fn listen() -> Result<Receiver<Told>> {
    let (tell, told) = channel();
    ctrlc::set_handler(move || {
        // Nobody listens any more when this program ends.
        let _ = tell.send(Told::Keyboard);
    })
    .map_err(|error| Failure::new(format!("cannot listen to signals: {error}")))?;
    Ok(told)
}
