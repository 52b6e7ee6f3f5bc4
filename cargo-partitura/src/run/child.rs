//! The application as a process of its own, on the same terminal.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::signals::Told;
use crate::failure::{Failure, Result};

/// How long it may take to stop, before it is killed. An application's own budget is 10 s by default.
const STOP: Duration = Duration::from_secs(15);

/// A process that runs; it is stopped when this is dropped, so that no port stays taken.
pub(super) struct Running {
    child: Child,
    is_stopping: bool,
}

impl Running {
    /// Starts it. It shares this terminal: stdin, Ctrl-C and colours are its own.
    pub(super) fn start(mut command: Command) -> Result<Running> {
        let child = command.spawn();
        let child = child.map_err(|error| Failure::new(format!("cannot run {:?}: {error}", command.get_program())))?;
        Ok(Running { child, is_stopping: false })
    }

    /// The exit code, if it has ended: 128 and the signal, as a shell says it.
    pub(super) fn ended(&mut self) -> Result<Option<u8>> {
        let status = self.child.try_wait().map_err(|error| Failure::new(format!("cannot wait for it: {error}")))?;
        Ok(status.map(|status| {
            let code = status.code().unwrap_or_else(|| 128 + signal(status));
            u8::try_from(code).unwrap_or(1)
        }))
    }

    /// Somebody wants it to stop. From a keyboard it has heard so itself, and a second signal would end it at once.
    pub(super) fn shall_stop(&mut self, by: Told) {
        match by {
            Told::Keyboard => self.is_stopping = true,
            Told::Alone => self.ask(),
        }
    }

    fn ask(&mut self) {
        if !self.is_stopping {
            self.is_stopping = true;
            terminate(&mut self.child);
        }
    }

    /// Asks it to stop, waits, and kills it if it does not.
    pub(super) fn stop(&mut self) -> Result {
        self.ask();
        let began = Instant::now();
        while began.elapsed() < STOP {
            if self.ended()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        eprintln!("[watch] it did not stop within {} s, and is killed", STOP.as_secs());
        self.kill()
    }

    fn kill(&mut self) -> Result {
        let killed = self.child.kill().and_then(|()| self.child.wait().map(drop));
        killed.map_err(|error| Failure::new(format!("cannot end process {}: {error}", self.child.id())))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has been told by then, or there is nobody left to tell.
        if let Ok(None) = self.ended() {
            let _ = self.stop();
        }
    }
}

#[cfg(unix)]
fn terminate(child: &mut Child) {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    if let Ok(id) = i32::try_from(child.id()) {
        // Fails if it has just ended, which is what is wanted.
        let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
    }
}

/// There is no gentler word on this platform.
#[cfg(not(unix))]
fn terminate(child: &mut Child) {
    let _ = child.kill();
}

#[cfg(unix)]
fn signal(status: std::process::ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(0)
}

#[cfg(not(unix))]
fn signal(_: std::process::ExitStatus) -> i32 {
    0
}
