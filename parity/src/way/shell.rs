//! The shell, by a script of a few lines.

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex, PoisonError};

use partitura_runtime::entrypoint::{Asked as Wanted, Console, Entrypoint as _, Exit, Invocation, Terminal};
use partitura_runtime::telemetry::trace::TraceParent;
use partitura_shell::Shell;
use tokio::sync::mpsc;

use super::line::{Printed, read};
use super::{Asked, socket};
use crate::answer::Answer;
use crate::home::Home;

pub(crate) async fn ask(asked: &Asked, home: &Home<'_>, trace: TraceParent) -> Result<Answer, String> {
    let line = format!("{} {}\n", home.message, home.case.input);
    let printed = match home.case.before.is_empty() {
        true => {
            let script = match &home.case.roles {
                Some(roles) => format!("as {} {}\n{line}", home.subject(), roles.join(" ")),
                None => line,
            };
            home.watch.begin();
            script_of(home, Vec::new(), script, trace).await?
        }
        false => {
            let (app, socket) = socket::open(home).await?;
            let arguments = vec!["--attach".to_owned(), home.path("socket").to_string_lossy().into_owned()];
            let printed = script_of(home, arguments, line, trace).await;
            socket::close(&app, &socket).await?;
            printed?
        }
    };
    read(&printed, asked.streams)
}

/// Runs the verb with a script, and gathers what it prints.
async fn script_of(
    home: &Home<'_>,
    arguments: Vec<String>,
    script: String,
    trace: TraceParent,
) -> Result<Printed, String> {
    let (terminal, mut wanted) = Terminal::new();
    let (out, err) = (Page::default(), Page::default());
    let invocation = Invocation::new(home.ground.blueprint, arguments, home.config()?).at(terminal).within(Some(trace));
    let shell = Shell::new();
    let verb = shell.subcommands().into_iter().next().ok_or("the shell has no verb")?;
    let mut running = (verb.run)(invocation);
    // Kept, so that no signal seems to come.
    let (_signals, mut signals) = mpsc::channel(1);
    let mut script = Cursor::new(script.into_bytes());
    let answer = loop {
        tokio::select! {
            answer = &mut running => break answer,
            Some(wanted) = wanted.recv() => match wanted {
                Wanted::Take(given) => {
                    let signals = std::mem::replace(&mut signals, mpsc::channel(1).1);
                    drop(given.send(Ok(Console::new(std::mem::take(&mut script), out.clone(), err.clone(), signals))));
                }
                Wanted::Tell(line, done) => {
                    let told = writeln!(err.clone(), "{line}");
                    drop((told, done.send(())));
                }
                Wanted::Answer(text, done) => drop(done.send(writeln!(out.clone(), "{text}"))),
                Wanted::Read(_, done) => drop(done.send(Ok(Vec::new()))),
            },
        }
    };
    let code = match &answer {
        Ok(text) => {
            let _ = write!(out.clone(), "{text}");
            0
        }
        Err(error) => match error.downcast_ref::<Exit>() {
            Some(Exit(code)) => *code,
            None => {
                let _ = writeln!(err.clone(), "error[{}]: {error}", error.code());
                error.exit_code()
            }
        },
    };
    // `stdin:2: ` stands before what is told first.
    let told = err.text();
    let told: Vec<&str> = told.lines().map(without_place).collect();
    Ok(Printed { code, out: out.text(), err: told.join("\n") })
}

fn without_place(line: &str) -> &str {
    let rest = line.strip_prefix("stdin:").and_then(|rest| rest.split_once(": "));
    rest.filter(|(number, _)| number.chars().all(|c| c.is_ascii_digit())).map_or(line, |(_, rest)| rest)
}

/// What is printed.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
