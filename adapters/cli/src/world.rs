//! What the command line sees of the world around it.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::path::Path;
use std::sync::Arc;

use partitura_runtime::entrypoint::Streams;
use partitura_runtime::error::Result;
use partitura_runtime::future::BoxFuture;
use partitura_runtime::telemetry::log::{self, LogConfig};

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
    /// Sets the log up.
    pub log: fn(&LogConfig) -> Result<bool>,
    /// stdin and stdout themselves, for a verb that speaks a protocol there: once, and what has been read of `stdin` is gone.
    pub streams: fn() -> Option<Streams>,
    /// Makes the future that completes when the process shall stop. Called inside of the tokio runtime.
    pub stop: fn() -> BoxFuture<'static, Result<()>>,
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
            log: log::install,
            streams: || Some(Streams { input: Box::new(tokio::io::stdin()), output: Box::new(tokio::io::stdout()) }),
            stop: || Box::pin(partitura_runtime::host::signal()),
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

    /// Tells the person at the terminal something that is no answer.
    pub(crate) fn tell(&mut self, line: impl Display) {
        // Nobody is left to be told when this fails.
        drop(writeln!(self.stderr, "{line}"));
    }

    /// A variable of the environment, unless it is not Unicode.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        match &self.environment {
            Some(variables) => variables.iter().rfind(|(own, _)| own == name).map(|(_, value)| value.clone()),
            None => std::env::var(name).ok(),
        }
    }
}
