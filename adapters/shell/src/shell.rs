//! One command after the other.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use partitura_runtime::app::Blueprint;
use partitura_runtime::app::describe::{Description, MessageDescription};
use partitura_runtime::entrypoint::Signal;
use partitura_runtime::error::{Error, Result};
use partitura_runtime::identity::Identity;
use partitura_runtime::input::shape::Shape;
use partitura_runtime::line::{self, Input, table, told};
use partitura_runtime::telemetry::trace::TraceParent;
use partitura_wire::{Client, DESCRIBE, Items, Remote, Request};
use serde_json::json;
use tokio::sync::mpsc;

use crate::command::{self, Command};
use crate::editor::{Before, Editor, Read, Shared};
use crate::history::History;
use crate::inside::CANCELLED;
use crate::link::Link;
use crate::names::{self, Names};
use crate::screen::{Form, Screen, page};
use crate::script::Script;
use crate::secret::{Keep, keep};
use crate::typed::{Rest, Typed, take_apart, words};

/// The answer could not be written.
const OUTPUT: u8 = 74;
/// A defect on this side.
const INTERNAL: u8 = 70;

/// Where the commands come from.
pub(crate) enum From {
    Script { script: Script, keep_going: bool },
    Prompt { history: History },
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Done,
    /// It failed, which has been told.
    Failed(u8),
    /// By Ctrl-C.
    Cancelled,
    /// Nothing more shall be done.
    End(u8),
}

/// A shell.
pub(crate) struct Shell {
    blueprint: &'static Blueprint,
    link: Link,
    screen: Screen,
    signals: mpsc::Receiver<Signal>,
    names: Shared,
    history: History,
    /// Where in a script: it stands before all that is told.
    place: Option<String>,
    form: Form,
    timeout: Option<Duration>,
    /// The trace that all is sent within, if somebody began one.
    within: Option<TraceParent>,
    last_trace: Option<String>,
}

impl Shell {
    pub(crate) fn new(
        blueprint: &'static Blueprint,
        link: Link,
        screen: Screen,
        signals: mpsc::Receiver<Signal>,
        within: Option<TraceParent>,
    ) -> Self {
        Shell {
            blueprint,
            link,
            screen,
            signals,
            // Until the application has said what it is.
            names: Arc::new(Mutex::new(Arc::new(Names::new(blueprint.describe())))),
            history: History::default(),
            place: None,
            form: Form::default(),
            timeout: None,
            within,
            last_trace: None,
        }
    }

    /// Runs all commands. Answers with the exit code.
    pub(crate) async fn run(mut self, from: From) -> u8 {
        let client = self.link.client().await;
        let learned = match client {
            Ok((client, _)) => self.unless_cancelled(learn(client)).await,
            Err(error) => Ok(Err(error)),
        };
        match learned {
            Ok(names) => self.know(names),
            Err(_) => return CANCELLED,
        }
        match from {
            From::Script { script, keep_going } => self.script(script, keep_going).await,
            From::Prompt { history } => self.prompt(history).await,
        }
    }

    async fn script(mut self, mut script: Script, keep_going: bool) -> u8 {
        let mut code = 0;
        loop {
            // A thread of its own, which a signal leaves behind.
            let read = tokio::task::spawn_blocking(move || {
                let read = script.next();
                (script, read)
            });
            let read = tokio::select! {
                biased;
                read = read => read,
                _ = self.signals.recv() => return CANCELLED,
            };
            let Ok((back, read)) = read else { return INTERNAL };
            script = back;
            self.place = Some(format!("{}:{}: ", script.name, script.line));
            let text = match read {
                Ok(Some(text)) => text,
                Ok(None) => return code,
                // What follows cannot be told apart from it.
                Err(error) => {
                    self.complain(told::operator(&error));
                    return if code == 0 { error.exit_code() } else { code };
                }
            };
            match self.line(&text).await {
                After::Done => {}
                After::Failed(own) if keep_going => code = if code == 0 { own } else { code },
                After::Failed(own) => return own,
                After::Cancelled => return CANCELLED,
                After::End(own) => return if own == 0 { code } else { own },
            }
        }
    }

    async fn prompt(mut self, history: History) -> u8 {
        let before = Before::now();
        self.history = history;
        let mut editor = match Editor::new(self.names.clone(), self.history.lines()) {
            Ok(editor) => editor,
            Err(why) => {
                self.screen.tell(why);
                return INTERNAL;
            }
        };
        self.greet();
        let prompt = format!("{}> ", self.known().application.application.name.to_lowercase());
        loop {
            let own = prompt.clone();
            let mut read = tokio::task::spawn_blocking(move || {
                let read = editor.read(&own);
                (editor, read)
            });
            let read = loop {
                tokio::select! {
                    biased;
                    read = &mut read => break read,
                    signal = self.signals.recv() => if signal != Some(Signal::Interrupt) {
                        // The thread still reads, and will not put the terminal back.
                        before.restore();
                        self.screen.tell("");
                        return CANCELLED;
                    },
                }
            };
            let Ok((back, read)) = read else {
                before.restore();
                return INTERNAL;
            };
            editor = back;
            let text = match read {
                Read::Line(text) => text,
                Read::Interrupted => continue,
                Read::Left => return 0,
                Read::Failed(why) => {
                    self.screen.tell(format_args!("the terminal cannot be read: {why}"));
                    return INTERNAL;
                }
            };
            self.remember(&mut editor, &text);
            match self.line(&text).await {
                After::Done | After::Failed(_) => {}
                // Behind what the terminal has shown for the key.
                After::Cancelled => self.screen.tell("\ncancelled"),
                After::End(code) => return code,
            }
        }
    }

    fn greet(&mut self) {
        let own = self.known();
        let own = &own.application;
        let messages = table::count(self.known().sendable().count(), "message");
        let at = self.link.place().map(|path| format!(", which runs and listens at {path}")).unwrap_or_default();
        let (name, version) = (&own.application.name, &own.application.version);
        self.screen
            .tell(format_args!("{name} {version}{at}: {messages}; `help` says what can be typed, Ctrl-D leaves"));
    }

    fn remember(&mut self, editor: &mut Editor, text: &str) {
        let kept = keep(&self.known(), text);
        if kept == Keep::Nowhere || text.trim().is_empty() {
            return;
        }
        editor.remember(text.trim());
        if let Err(error) = self.history.add(text, kept == Keep::File) {
            self.screen.tell(format_args!("warning[PT0474]: the history is not kept: {error}"));
            self.history = History::default();
        }
    }

    /// Runs one line.
    async fn line(&mut self, text: &str) -> After {
        let (name, is_command, rest) = match take_apart(text) {
            Typed::Nothing => return After::Done,
            Typed::Line { name, is_command, rest } => (name, is_command, rest),
        };
        if is_command || command::is_one(name) {
            let text = match rest {
                Rest::Words(text) | Rest::Json(text) => text,
            };
            let words = words(text).all.into_iter().map(|word| word.text).collect();
            return match Command::read(name, words) {
                Ok(command) => self.command(command).await,
                Err(error) => self.refuse(&error),
            };
        }
        let client = match self.client().await {
            Ok(client) => client,
            Err(after) => return after,
        };
        let names = self.known();
        let message = match names.send(name) {
            Ok(message) => message,
            Err(error) => return self.refuse(&error),
        };
        let shape = Shape::new(names::schema(message));
        let input = match rest {
            Rest::Json(text) => line::json("input", text),
            Rest::Words(text) => {
                let words = words(text).all.into_iter().map(|word| word.text.into()).collect();
                let mut typed = line::parse(&shape, words, &[]);
                if typed.help {
                    return self.page(names::explain(message)).await;
                }
                let json = typed.json.take();
                match json.as_deref() {
                    Some("-") => Err(vec!["--json -: stdin is where the commands come from".to_owned()]),
                    json => line::read(&shape, typed, json, &mut std::io::empty()),
                }
            }
        };
        let input = match input {
            Ok(input) => input,
            Err(wrong) => {
                wrong.iter().for_each(|line| self.complain(line));
                return After::Failed(2);
            }
        };
        self.send(&client, message, &shape, input).await
    }

    /// Sends a message, and prints its reply.
    async fn send(&mut self, client: &Client, message: &MessageDescription, shape: &Shape<'_>, input: Input) -> After {
        let env = self.link.env();
        let trace = self.within.map_or_else(|| TraceParent::root(env, true), |within| within.child(env));
        self.last_trace = Some(trace.trace_id.to_string());
        let mut request = Request::new(message.name.as_str(), input.value.clone()).within(trace);
        if let Some(timeout) = self.timeout {
            request = request.timeout(timeout);
        }
        let sent = if names::streams(message) {
            match self.unless_cancelled(client.send_stream(request)).await {
                Ok(Ok(items)) => self.items(items).await,
                Ok(Err(error)) => Err(error),
                Err(after) => Ok(after),
            }
        } else {
            match self.unless_cancelled(client.send(request)).await {
                Ok(Ok(reply)) => return self.page(self.form.print(&reply)).await,
                Ok(Err(error)) => Err(error),
                Err(after) => Ok(after),
            }
        };
        match sent {
            Ok(after) => after,
            Err(error) => {
                let trace = error.downcast_ref::<Remote>().and_then(|remote| remote.trace_id.clone());
                for line in line::refusal(&error, trace, shape, &input) {
                    self.complain(line);
                }
                After::Failed(error.exit_code())
            }
        }
    }

    /// Prints items as they come, one a line.
    async fn items(&mut self, mut items: Items) -> Result<After> {
        loop {
            match self.unless_cancelled(items.next()).await {
                Ok(Some(item)) => match self.answer(&item?.to_string()) {
                    After::Done => {}
                    after => return Ok(after),
                },
                Ok(None) => return Ok(After::Done),
                // Dropping the items cancels them on the other side.
                Err(after) => return Ok(after),
            }
        }
    }

    async fn command(&mut self, command: Command) -> After {
        let names = self.known();
        match command {
            Command::Help(None) => return self.page(command::help()).await,
            Command::Help(Some(name)) => match names.about(&name) {
                Ok(message) => return self.page(names::explain(message)).await,
                Err(error) => match command::ALL.iter().find(|command| command.name == name) {
                    Some(command) => return self.page(command.explain()).await,
                    None => return self.refuse(&error),
                },
            },
            Command::Ls(pattern) => match names::list(&names, pattern.as_deref()) {
                text if text.is_empty() => {
                    let what = pattern.map(|pattern| format!(" that fits `{pattern}`")).unwrap_or_default();
                    return self.refuse(&Error::not_found(format!("there is no message{what}")).with_code("PT0307"));
                }
                text => return self.page(text).await,
            },
            Command::Describe(name) => {
                let written = match name {
                    None => serde_json::to_value(&names.application).map_err(Error::from),
                    Some(name) => {
                        names.about(&name).and_then(|message| serde_json::to_value(message).map_err(Error::from))
                    }
                };
                match written {
                    Ok(value) => return self.page(Form::Json.print(&value)).await,
                    Err(error) => return self.refuse(&error),
                }
            }
            Command::Output(form) => self.form = form,
            Command::Timeout(timeout) => self.timeout = timeout,
            Command::As(caller) => {
                let caller = match caller {
                    None => Identity::anonymous(),
                    Some((subject, roles)) => roles.into_iter().fold(Identity::user(subject), Identity::with_role),
                };
                let who = caller.subject.clone().unwrap_or_else(|| "nobody in particular".to_owned());
                if let Err(error) = self.link.become_caller(caller).await {
                    return self.refuse(&error);
                }
                if self.screen.is_terminal {
                    self.note(format_args!("what follows is sent as {who}"));
                }
            }
            Command::Trace => match self.last_trace.clone() {
                Some(trace) => return self.answer(&trace),
                None => return self.refuse(&Error::not_found("nothing has been sent yet").with_code("PT0475")),
            },
            Command::Subscribe(pattern) => {
                let client = match self.client().await {
                    Ok(client) => client,
                    Err(after) => return after,
                };
                let after = match self.unless_cancelled(client.subscribe(&pattern)).await {
                    Ok(Ok(items)) => self.items(items).await,
                    Ok(Err(error)) => Err(error),
                    Err(after) => Ok(after),
                };
                return after.unwrap_or_else(|error| self.refuse(&error));
            }
            Command::History => {
                let lines: Vec<&str> = self.history.lines().collect();
                if !lines.is_empty() {
                    return self.page(lines.join("\n")).await;
                }
            }
            Command::Quit => return After::End(0),
        }
        After::Done
    }

    fn know(&mut self, learned: Result<Description>) {
        let application = match learned {
            Ok(application) => application,
            Err(error) => {
                let why = told::operator(&error);
                self.note(format!(
                    "the application does not say what it is ({why}): names and fields are those of this program"
                ));
                self.blueprint.describe()
            }
        };
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(Names::new(application));
    }

    fn known(&self) -> Arc<Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn unless_cancelled<T>(&mut self, work: impl Future<Output = T>) -> Result<T, After> {
        unless_cancelled(&mut self.signals, work).await
    }

    /// The client of a connection that holds; one that had to be made again is asked what the application is, which may be of another version
    /// now.
    async fn client(&mut self) -> Result<Client, After> {
        match unless_cancelled(&mut self.signals, self.link.client()).await? {
            Ok((client, None)) => Ok(client),
            Ok((client, Some(note))) => {
                self.note(note);
                let names = self.unless_cancelled(learn(client.clone())).await?;
                self.know(names);
                Ok(client)
            }
            Err(error) => Err(self.refuse(&error)),
        }
    }

    /// Prints an answer.
    fn answer(&mut self, text: &str) -> After {
        match self.screen.answer(text) {
            Ok(()) => After::Done,
            // Whoever read has enough, as in `bank shell < script | head -1`.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => After::End(0),
            Err(error) => {
                self.complain(format_args!("the answer cannot be written: {error}"));
                After::End(OUTPUT)
            }
        }
    }

    /// Prints an answer; in a pager, if it is a long one.
    async fn page(&mut self, text: String) -> After {
        let Some(pager) = self.screen.pager(&text) else { return self.answer(&text) };
        let text = Arc::new(text);
        let shown = text.clone();
        let mut paged = tokio::task::spawn_blocking(move || page(pager, &shown));
        let paged = loop {
            tokio::select! {
                biased;
                paged = &mut paged => break paged,
                // The pager has it as well, and does with it what it likes.
                signal = self.signals.recv() => if signal != Some(Signal::Interrupt) {
                    return After::End(CANCELLED);
                },
            }
        };
        match paged {
            Ok(Ok(())) => After::Done,
            // There is none.
            _ => self.answer(&text),
        }
    }

    /// Tells an error. It ends the command, not the shell.
    fn refuse(&mut self, error: &Error) -> After {
        self.complain(match error.is_malformed() && error.failures().is_empty() {
            true => told::one_line(error.message()),
            false => told::line(error, error.downcast_ref::<Remote>().and_then(|remote| remote.trace_id.clone())),
        });
        for failure in error.failures() {
            self.complain(format_args!("  {failure}"));
        }
        After::Failed(error.exit_code())
    }

    /// Tells what is wrong; of a script, where.
    fn complain(&mut self, line: impl Display) {
        let place = self.place.as_deref().unwrap_or_default();
        self.screen.tell(format_args!("{place}{line}"));
    }

    /// Tells something that is not wrong.
    fn note(&mut self, line: impl Display) {
        self.screen.tell(line);
    }
}

/// What the application is: as it says itself, since it may be of another version than this program, and knows best.
async fn learn(client: Client) -> Result<Description> {
    let described = client.execute(DESCRIBE, json!({})).await?;
    Ok(serde_json::from_value(described)?)
}

/// Waits, until somebody does not want to any longer.
async fn unless_cancelled<T>(signals: &mut mpsc::Receiver<Signal>, work: impl Future<Output = T>) -> Result<T, After> {
    tokio::select! {
        biased;
        signal = signals.recv() => Err(match signal {
            Some(Signal::Interrupt) => After::Cancelled,
            _ => After::End(CANCELLED),
        }),
        done = work => Ok(done),
    }
}
