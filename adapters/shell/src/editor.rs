//! The prompt: rustyline, and the terminal around it.

use std::io::Write;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use rustyline::completion::{Candidate as Offered, Completer};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Helper};

use crate::complete::{complete, shown};
use crate::history::MOST;
use crate::names::Names;
use crate::typed::goes_on;

/// The names, which change when the application at the other end does.
pub(crate) type Shared = Arc<Mutex<Arc<Names>>>;

/// What came of a prompt.
#[derive(Debug)]
pub(crate) enum Read {
    Line(String),
    /// Ctrl-C: what was typed is given up.
    Interrupted,
    /// Ctrl-D.
    Left,
    Failed(String),
}

/// The editor of lines. It blocks a thread while it reads.
pub(crate) struct Editor(rustyline::Editor<Offers, MemHistory>);

impl Editor {
    /// # Errors
    /// Why the terminal is none.
    pub(crate) fn new<'h>(names: Shared, history: impl Iterator<Item = &'h str>) -> Result<Self, String> {
        let config = Config::builder()
            .max_history_size(MOST)
            .map_err(told)?
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .auto_add_history(false)
            .build();
        let history_of = MemHistory::with_config(&config);
        let mut editor = rustyline::Editor::with_history(config, history_of).map_err(told)?;
        editor.set_helper(Some(Offers(names)));
        for line in history {
            editor.add_history_entry(line).map_err(told)?;
        }
        Ok(Editor(editor))
    }

    pub(crate) fn read(&mut self, prompt: &str) -> Read {
        match self.0.readline(prompt) {
            Ok(line) => Read::Line(line),
            Err(ReadlineError::Interrupted) => Read::Interrupted,
            Err(ReadlineError::Eof) => Read::Left,
            Err(error) => Read::Failed(error.to_string()),
        }
    }

    /// Remembers a line, for the key that brings it back.
    pub(crate) fn remember(&mut self, line: &str) {
        // Full is what it may be: the oldest goes.
        drop(self.0.add_history_entry(line));
    }
}

#[cold]
fn told(error: ReadlineError) -> String {
    format!("no prompt can be shown: {error}")
}

/// The terminal as it was before the editor, for an end that comes while it reads.
pub(crate) struct Before(Option<Termios>);

impl Before {
    pub(crate) fn now() -> Self {
        Before(tcgetattr(std::io::stdin()).ok())
    }

    /// Puts it back.
    pub(crate) fn restore(&self) {
        if let Some(termios) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Drain, termios);
            // And what is pasted comes as if it were typed.
            let mut out = std::io::stdout();
            drop(out.write_all(b"\x1b[?2004l").and_then(|()| out.flush()));
        }
    }
}

/// What is put into a line, and what is shown of it.
struct Pair {
    text: String,
    shown: String,
}

impl Offered for Pair {
    fn display(&self) -> &str {
        &self.shown
    }

    fn replacement(&self) -> &str {
        &self.text
    }
}

struct Offers(Shared);

impl Completer for Offers {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (start, found) = complete(&names, line.get(..pos).unwrap_or(line));
        let shown = shown(&found, size().1);
        let pairs = found.into_iter().zip(shown).map(|(candidate, shown)| Pair { text: candidate.text, shown });
        Ok((start, pairs.collect()))
    }
}

impl Validator for Offers {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let is_open = goes_on(context.input());
        Ok(if is_open { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Hinter for Offers {
    type Hint = String;
}

impl Highlighter for Offers {}

impl Helper for Offers {}

/// The rows and columns of the terminal.
pub(crate) fn size() -> (usize, usize) {
    window(std::io::stdout()).unwrap_or((24, 80))
}

fn window(fd: impl AsFd) -> Option<(usize, usize)> {
    let size = tcgetwinsize(fd).ok().filter(|size| size.ws_row > 0 && size.ws_col > 0)?;
    Some((size.ws_row.into(), size.ws_col.into()))
}
