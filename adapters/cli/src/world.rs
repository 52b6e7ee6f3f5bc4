//! What the command line sees of the world around it.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::path::Path;
use std::sync::Arc;

use partitura_runtime::entrypoint::Console;
use partitura_runtime::error::Result as Outcome;
use partitura_runtime::future::BoxFuture;
use partitura_runtime::line::output::Output;
use partitura_runtime::line::told::tame;
use partitura_runtime::telemetry::log::{self, LogConfig};
use partitura_runtime::telemetry::trace::TraceParent;
use serde_json::Value;

use crate::exit;

/// Where lines go that are told in the middle of other work.
pub type Notes = Arc<dyn Fn(&str) + Send + Sync>;

/// Everything that [`run`](crate::run) has from outside.
pub struct World<'w> {
    /// The name of the program, for `--help`.
    pub program: String,
    /// The arguments, without the program's name.
    pub arguments: Vec<OsString>,
    /// The environment; `None` for that of the process.
    pub environment: Option<Vec<(String, String)>>,
    /// Where `--json -` reads from.
    pub stdin: &'w mut dyn Read,
    /// Where answers go.
    pub stdout: &'w mut dyn Write,
    /// Where all else goes.
    pub stderr: &'w mut dyn Write,
    /// Where the progress of plans goes.
    pub notes: Notes,
    /// Whether a person watches, so that progress can be a live tree.
    pub is_terminal: bool,
    /// How wide the terminal is that answers go to, if it is one: long cells of tables are cut there.
    pub width: Option<usize>,
    /// Sets the log up.
    pub log: fn(&LogConfig) -> Outcome<bool>,
    /// Makes the future that completes when the process shall stop. Called inside of the tokio runtime.
    pub stop: fn() -> BoxFuture<'static, Outcome<()>>,
    /// Gives streams and signals to a verb that asks for them; none if there is no process to take them from. Called inside of the tokio
    /// runtime.
    pub console: Option<fn() -> std::io::Result<Console>>,
}

impl<'w> World<'w> {
    /// That of this process, with its signals and its log.
    pub fn process(stdin: &'w mut dyn Read, stdout: &'w mut dyn Write, stderr: &'w mut dyn Write) -> Self {
        let mut arguments = std::env::args_os();
        let program = arguments.next().unwrap_or_default();
        let program = Path::new(&program).file_stem().map(|name| name.to_string_lossy().into_owned());
        World {
            program: program.unwrap_or_else(|| "app".to_owned()),
            arguments: arguments.collect(),
            environment: None,
            stdin,
            stdout,
            stderr,
            notes: crate::progress::to_stderr(),
            is_terminal: std::io::stderr().is_terminal(),
            width: console::Term::stdout().size_checked().map(|(_, columns)| columns.into()),
            log: log::install,
            stop: || Box::pin(partitura_runtime::host::signal()),
            console: Some(Console::process),
        }
    }

    /// Writes an answer; a line break is added. False if that failed.
    pub(crate) fn answer(&mut self, text: impl Display) -> bool {
        match writeln!(self.stdout, "{text}").and_then(|()| self.stdout.flush()) {
            Ok(()) => true,
            // Whoever read has enough, as in `bank ls | head -1`.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => true,
            Err(error) => {
                self.tell(format_args!("the answer cannot be written: {error}"));
                false
            }
        }
    }

    /// Writes a part of an answer as it is.
    ///
    /// # Errors
    /// The exit code if nobody takes any more: done if the reader has enough.
    pub(crate) fn answer_part(&mut self, text: &str) -> Result<(), u8> {
        write!(self.stdout, "{text}").and_then(|()| self.stdout.flush()).map_err(|error| {
            if error.kind() == ErrorKind::BrokenPipe {
                return exit::DONE;
            }
            self.tell(format_args!("the answer cannot be written: {error}"));
            exit::OUTPUT
        })
    }

    /// Writes an answer in the form that was asked for.
    pub(crate) fn answer_as(&mut self, output: Output, value: &Value) -> bool {
        let text = output.whole(value, self.width);
        // A table of nothing has no line.
        text.is_empty() || self.answer(text)
    }

    /// Tells the person at the terminal something that is no answer. What was typed or sent, and is told again, steers no terminal.
    pub(crate) fn tell(&mut self, line: impl Display) {
        let line = line.to_string();
        // Nobody is left to be told when this fails.
        drop(writeln!(self.stderr, "{}", tame(&line)));
    }

    /// The caller's trace, if `TRACEPARENT` names one; what does not parse is as good as absent (W3C Trace Context).
    pub(crate) fn trace(&self) -> Option<TraceParent> {
        self.variable("TRACEPARENT").and_then(|text| text.parse().ok())
    }

    /// A variable of the environment, unless it is not Unicode.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        match &self.environment {
            Some(variables) => variables.iter().rfind(|(own, _)| own == name).map(|(_, value)| value.clone()),
            None => std::env::var(name).ok(),
        }
    }
}
