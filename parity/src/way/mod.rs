//! The ways in: each asks an application one question, and puts the answer into the form that all share.

mod doors;
mod http;
mod line;
mod mcp;
mod shell;
mod socket;
mod websocket;

use std::collections::BTreeSet;
use std::fmt;

use partitura_runtime::app::Door;
use partitura_runtime::error::Error;
use partitura_runtime::future::BoxFuture;
use partitura_runtime::telemetry::trace::TraceParent;
use serde_json::Value;

use crate::answer::Answer;
use crate::home::Home;
use crate::probe::Shape;

/// A way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// `app.execute(name, json)`: what all others are compared with.
    Named,
    /// `cx.send(message)`.
    Typed,
    /// A route, or `POST /messages/{name}` where none is declared.
    Http,
    /// The same, as server-sent events.
    Sse,
    /// The WebSocket at `/ws`, over TCP.
    WebSocket,
    /// The Unix socket.
    Socket,
    /// The shell, by a script: in process, or attached where something has to have happened before.
    Shell,
    /// `execute` of the command line, or `send` where something has to have happened before.
    Line,
    /// A tool of the Model Context Protocol.
    Mcp,
}

impl Way {
    /// All of them, in the order of the table.
    pub const ALL: [Way; 9] =
        [Way::Named, Way::Typed, Way::Http, Way::Sse, Way::WebSocket, Way::Socket, Way::Line, Way::Shell, Way::Mcp];

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Way::Named => "by name",
            Way::Typed => "typed",
            Way::Http => "http",
            Way::Sse => "sse",
            Way::WebSocket => "websocket",
            Way::Socket => "socket",
            Way::Shell => "shell",
            Way::Mcp => "mcp",
            Way::Line => "command line",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A typed send of one message: decodes it, sends it, and encodes the reply.
pub(crate) type Send = for<'d> fn(&'d Door, Value) -> BoxFuture<'d, Result<Typed, Error>>;

/// What a typed send answers with.
pub(crate) enum Typed {
    Reply(Value),
    Stream(partitura_runtime::stream::Streaming<Value>),
}

/// What is known of the message.
pub(crate) struct Asked {
    pub(crate) streams: bool,
    pub(crate) local: bool,
    pub(crate) event: bool,
    /// Whether it is a tool of agents.
    pub(crate) agent: bool,
    /// Whether its reply is an object in JSON.
    pub(crate) object: bool,
    pub(crate) route: Option<Route>,
    pub(crate) typed: Option<Send>,
}

/// Its route.
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) names: BTreeSet<String>,
    pub(crate) if_match: Option<String>,
}

/// What a way has to say.
pub(crate) enum Said {
    /// The answer, and what ran for it. The trace that the caller gave, if he could.
    Answer { answer: Answer, shape: Shape, traces: Vec<String>, given: Option<TraceParent> },
    /// There is nothing to be asked here: why.
    Never(&'static str),
}

/// Asks the application of `home` by `way`.
///
/// # Errors
/// What went wrong with the proof itself, in words.
pub(crate) async fn ask(way: Way, asked: &Asked, home: &Home<'_>) -> Result<Said, String> {
    if let Some(why) = never(way, asked, home) {
        return Ok(Said::Never(why));
    }
    let trace = trace(home);
    let answer = match way {
        Way::Named => doors::named(asked, home, trace).await?,
        Way::Typed => doors::typed(asked, home, trace).await?,
        Way::Http => http::ask(asked, home, trace, false).await?,
        Way::Sse => http::ask(asked, home, trace, true).await?,
        Way::WebSocket => websocket::ask(asked, home, trace).await?,
        Way::Socket => socket::ask(asked, home, trace).await?,
        Way::Shell => shell::ask(asked, home, trace).await?,
        Way::Mcp => mcp::ask(asked, home, trace).await?,
        Way::Line => line::ask(asked, home, trace).await?,
    };
    let (shape, traces) = home.watch.seen();
    let answer = answer.settled().without(&home.case.varies);
    Ok(Said::Answer { answer, shape, traces, given: Some(trace) })
}

/// What a way cannot be asked.
fn never(way: Way, asked: &Asked, home: &Home<'_>) -> Option<&'static str> {
    match way {
        Way::Typed if asked.event => Some("an event is emitted"),
        Way::Typed if asked.typed.is_none() => Some("not listed by `typed`"),
        Way::Typed if !home.case.input.is_object() => Some("no value of the type"),
        Way::Mcp if !asked.agent && home.case.name != crate::run::VALID => Some("no tool of agents"),
        Way::Sse if !asked.streams => Some("no stream"),
        Way::Socket if home.case.roles.is_none() => Some("the kernel says who calls"),
        Way::Line | Way::Shell if home.case.roles.is_none() && !home.case.before.is_empty() => {
            Some("the kernel says who calls")
        }
        _ => None,
    }
}

/// A trace of the caller's own, that no other question has.
fn trace(home: &Home<'_>) -> TraceParent {
    let text = format!("00-{:032x}-{:016x}-01", u128::from(home.watch.number()) + (1 << 100), home.watch.number() + 1);
    text.parse().unwrap_or_else(|_| unreachable!("`{text}` is a traceparent"))
}
