//! `run`: builds and runs the application, again at every change if asked.

mod child;
mod signals;
mod watched;

use std::ffi::OsString;
use std::process::Command;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use clap::ArgMatches;

use self::child::Running;
use self::signals::Told;
use self::watched::Watched;
use crate::application::Application;
use crate::failure::Result;
use crate::project::{Choice, Project};

/// How often files are looked at. Their times are asked for, not their contents: some hundred files take a millisecond. A watcher
/// of the system would be told sooner, and is deaf in many containers, on network drives and for editors that write
/// beside and rename; this is not.
const LOOK: Duration = Duration::from_millis(300);
/// A burst of saved files is one change: nothing may have changed for so long.
const QUIET: Duration = Duration::from_millis(150);

/// Runs it once, or until Ctrl-C.
pub(crate) fn run(matches: &ArgMatches) -> Result<u8> {
    let choice = Choice::of(matches);
    let mut arguments: Vec<OsString> = matches.get_many("arguments").into_iter().flatten().cloned().collect();
    if arguments.is_empty() {
        arguments.push("serve".into());
    }
    if matches.get_flag("watch") { watch(&choice, &arguments) } else { once(&choice, &arguments) }
}

fn once(choice: &Choice, arguments: &[OsString]) -> Result<u8> {
    let application = Application::build(choice)?;
    // Ctrl-C reaches the program itself, which stops in order; this tool waits for it and tells its exit code.
    let stop = signals::listen()?;
    let mut running = Running::start(command(&application, arguments))?;
    loop {
        if let Some(code) = running.ended()? {
            return Ok(code);
        }
        if let Ok(by) = stop.recv_timeout(Duration::from_millis(20)) {
            running.shall_stop(by);
        }
    }
}

fn watch(choice: &Choice, arguments: &[OsString]) -> Result<u8> {
    let stop = signals::listen()?;
    let project = Project::read_all(choice)?;
    // What cannot be mended by editing a file is told now.
    project.binary(choice)?;
    let mut watched = Watched::new(&project);
    let mut running = build(choice, arguments, None)?;
    say(&format!("{}; Ctrl-C ends it", crate::listed::count(watched.len(), "file")));
    loop {
        match stop.recv_timeout(LOOK) {
            Ok(by) => return end(running, by),
            Err(RecvTimeoutError::Disconnected) => return Ok(0),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(code) = running.as_mut().map(Running::ended).transpose()?.flatten() {
            say(&format!("the application ended with {code}; waiting for a change"));
            running = None;
        }
        let Some(mut changed) = watched.changed() else { continue };
        let told = loop {
            match (stop.recv_timeout(QUIET), watched.changed()) {
                (Ok(by), _) => break Some(by),
                (Err(_), Some(more)) => changed = more,
                (Err(_), None) => break None,
            }
        };
        if let Some(by) = told {
            return end(running, by);
        }
        let name = changed.strip_prefix(&project.workspace_root).unwrap_or(&changed);
        say(&format!("{} changed", name.display()));
        running = build(choice, arguments, running)?;
    }
}

/// Nothing is left behind.
fn end(running: Option<Running>, by: Told) -> Result<u8> {
    if let Some(mut running) = running {
        running.shall_stop(by);
        running.stop()?;
    }
    Ok(0)
}

/// Builds, and only then stops the old one: what does not compile leaves it running.
fn build(choice: &Choice, arguments: &[OsString], old: Option<Running>) -> Result<Option<Running>> {
    let application = match Application::build(choice) {
        Ok(application) => application,
        Err(failure) => {
            let left = if old.is_some() { "the old one still runs" } else { "waiting for a change" };
            eprintln!("{failure}");
            say(left);
            return Ok(old);
        }
    };
    if let Some(mut old) = old {
        old.stop()?;
    }
    Ok(Some(Running::start(command(&application, arguments))?))
}

fn command(application: &Application, arguments: &[OsString]) -> Command {
    let mut command = Command::new(&application.program);
    command.args(arguments);
    command
}

fn say(text: &str) {
    eprintln!("[watch] {text}");
}
