//! The frames: what the two sides say to each other.

use std::borrow::Cow;

use bytes::Bytes;
use partitura_runtime::error::{Error, Failure};
use partitura_runtime::input;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::fault::Fault;

/// The version of the protocol.
pub const VERSION: u32 = 1;

/// One frame. Numbers of requests are chosen by the caller and are free again when the last frame of the request has come:
/// `reply`, `end` or `error`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Frame {
    /// The first frame of each side. A caller may leave it out.
    Hello {
        /// The version of the protocol that is spoken: [`VERSION`].
        version: u32,
        /// The longest frame that this side takes, in bytes of JSON. Of a caller, who says nothing, as much as is sent.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_frame: Option<u64>,
        /// How many requests may be in flight. Said by the application only.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_in_flight: Option<u64>,
        /// The name of the application. Said by the application only.
        #[serde(skip_serializing_if = "Option::is_none")]
        application: Option<String>,
        /// The version of the application. Said by the application only.
        #[serde(skip_serializing_if = "Option::is_none")]
        application_version: Option<String>,
    },
    /// Caller: sends a message.
    Request {
        /// The caller's number for it.
        id: u64,
        /// The message: `module.Type`, `module.Type@version`.
        name: String,
        /// Its fields. Absent for none.
        #[serde(skip_serializing_if = "Value::is_null")]
        body: Value,
        /// Milliseconds until it is cancelled. Absent for the application's default (30 s).
        #[serde(skip_serializing_if = "Option::is_none")]
        timeout_ms: Option<u64>,
        /// The caller's trace: a `traceparent` of W3C Trace Context.
        #[serde(skip_serializing_if = "Option::is_none")]
        trace: Option<String>,
        /// The caller's session.
        #[serde(skip_serializing_if = "Option::is_none")]
        session: Option<String>,
        /// Whether the answer comes item by item.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        stream: bool,
        /// For how many items the caller has room. Default 32. Of a stream only.
        #[serde(skip_serializing_if = "Option::is_none")]
        credit: Option<u32>,
        /// Keys that are twice in an object of the body: no caller accepts the message then.
        #[serde(skip)]
        twice: Vec<Failure>,
    },
    /// Caller: wants to hear of events.
    Subscribe {
        /// The caller's number for it.
        id: u64,
        /// Of which topics: `orders.*.#`.
        pattern: String,
        /// For how many events the caller has room. Default 32.
        #[serde(skip_serializing_if = "Option::is_none")]
        credit: Option<u32>,
    },
    /// Caller: has room for so many items more.
    Credit {
        /// The stream or subscription.
        id: u64,
        /// How many.
        items: u32,
    },
    /// Caller: wants no answer any more. What is cancelled answers with an `error` of kind cancelled, unless it was faster.
    Cancel {
        /// The request, stream or subscription.
        id: u64,
    },
    /// Application: the answer of a request that is no stream. Its last frame.
    Reply {
        /// The request.
        id: u64,
        /// What the handler answered.
        body: Value,
    },
    /// Application: one item of a stream, or one event.
    Item {
        /// The stream or subscription.
        id: u64,
        /// The item; an event as `{"name": .., "topic": .., "event": ..}`.
        body: Value,
    },
    /// Application: the stream has ended well. Its last frame.
    End {
        /// The stream or subscription.
        id: u64,
    },
    /// Application: it failed. The last frame of its request; without a number it is about the connection.
    Error {
        /// The request, stream or subscription.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<u64>,
        /// What went wrong.
        error: Fault,
    },
    /// Both: is somebody there? Answered with a `pong` of the same number.
    Ping {
        /// Any number.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<u64>,
    },
    /// Both: somebody is there.
    Pong {
        /// That of the ping.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<u64>,
    },
    /// Caller: sends no further request and waits for what runs. Application: closes the connection now.
    Goodbye,
}

/// A frame that is none. The connection goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Malformed {
    /// The number of the request that it would have been, if that could be read.
    pub id: Option<u64>,
    /// What is wrong, for people.
    pub what: String,
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Error::malformed(malformed.what, Vec::new()).with_code("PT0440")
    }
}

impl Frame {
    /// Reads a frame.
    ///
    /// # Errors
    /// What is no JSON, no object, of a type that is unknown; a field that is missing, unknown, or of another type of frame.
    pub fn parse(text: &[u8]) -> Result<Frame, Malformed> {
        let flat: Flat<'_> = serde_json::from_slice(text).map_err(|error| unread(text, &error))?;
        flat.frame()
    }

    /// Writes a frame.
    ///
    /// # Errors
    /// Kind internal if it cannot be written as JSON, which no body can be that came as JSON.
    pub fn to_bytes(&self) -> Result<Bytes, Error> {
        serde_json::to_vec(self).map(Bytes::from).map_err(|error| Error::internal(format!("a frame: {error}")))
    }

    /// The request that it belongs to.
    pub fn id(&self) -> Option<u64> {
        match self {
            Frame::Request { id, .. }
            | Frame::Subscribe { id, .. }
            | Frame::Credit { id, .. }
            | Frame::Cancel { id }
            | Frame::Reply { id, .. }
            | Frame::Item { id, .. }
            | Frame::End { id } => Some(*id),
            Frame::Error { id, .. } => *id,
            Frame::Hello { .. } | Frame::Ping { .. } | Frame::Pong { .. } | Frame::Goodbye => None,
        }
    }
}

/// Every field of every frame. An internally tagged enum of serde's would copy the body twice, and would not see a key that
/// is twice in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flat<'a> {
    #[serde(rename = "type", borrow)]
    of: Cow<'a, str>,
    #[serde(default)]
    id: Option<u64>,
    #[serde(default)]
    name: Option<String>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
    #[serde(default)]
    timeout_ms: Option<u64>,
    #[serde(default)]
    trace: Option<String>,
    #[serde(default)]
    session: Option<String>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    credit: Option<u32>,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default)]
    items: Option<u32>,
    #[serde(default)]
    error: Option<Fault>,
    #[serde(default)]
    version: Option<u32>,
    #[serde(default)]
    max_frame: Option<u64>,
    #[serde(default)]
    max_in_flight: Option<u64>,
    #[serde(default)]
    application: Option<String>,
    #[serde(default)]
    application_version: Option<String>,
}

impl Flat<'_> {
    fn frame(mut self) -> Result<Frame, Malformed> {
        let of = std::mem::take(&mut self.of);
        // Only a request is answered by its number: another frame's is that of a request that may still run.
        let answered = self.id.filter(|_| matches!(&*of, "request" | "subscribe"));
        let told = |what: String| Malformed { id: answered, what };
        let missing = |field: &str| told(format!("a `{of}` needs the field `{field}`"));
        let body = |raw: Option<&RawValue>| match raw {
            None => Ok((Value::Null, Vec::new())),
            Some(raw) => input::parse(raw.get().as_bytes())
                .map_err(|broken| told(format!("the body is {}: {}", broken.what, broken.why))),
        };
        let id = self.id.take();
        let needed = || id.ok_or_else(|| missing("id"));
        let frame = match &*of {
            "hello" => Frame::Hello {
                version: self.version.take().ok_or_else(|| missing("version"))?,
                max_frame: self.max_frame.take(),
                max_in_flight: self.max_in_flight.take(),
                application: self.application.take(),
                application_version: self.application_version.take(),
            },
            "request" => {
                let (body, twice) = body(self.body.take())?;
                Frame::Request {
                    id: needed()?,
                    name: self.name.take().ok_or_else(|| missing("name"))?,
                    body,
                    timeout_ms: self.timeout_ms.take(),
                    trace: self.trace.take(),
                    session: self.session.take(),
                    stream: self.stream.take().unwrap_or_default(),
                    credit: self.credit.take(),
                    twice,
                }
            }
            "subscribe" => Frame::Subscribe {
                id: needed()?,
                pattern: self.pattern.take().ok_or_else(|| missing("pattern"))?,
                credit: self.credit.take(),
            },
            "credit" => Frame::Credit { id: needed()?, items: self.items.take().ok_or_else(|| missing("items"))? },
            "cancel" => Frame::Cancel { id: needed()? },
            "reply" => Frame::Reply { id: needed()?, body: body(self.body.take())?.0 },
            "item" => Frame::Item { id: needed()?, body: body(self.body.take())?.0 },
            "end" => Frame::End { id: needed()? },
            "error" => Frame::Error { id, error: self.error.take().ok_or_else(|| missing("error"))? },
            "ping" => Frame::Ping { id },
            "pong" => Frame::Pong { id },
            "goodbye" => Frame::Goodbye,
            other => {
                let other: String = other.chars().take(40).collect();
                return Err(told(format!("no frame is of type `{other}`")));
            }
        };
        match self.left() {
            None => Ok(frame),
            Some(field) => Err(told(format!("the field `{field}` is none of a `{of}`"))),
        }
    }

    /// A field that the frame did not want.
    fn left(&self) -> Option<&'static str> {
        let fields = [
            (self.name.is_some(), "name"),
            (self.body.is_some(), "body"),
            (self.timeout_ms.is_some(), "timeout_ms"),
            (self.trace.is_some(), "trace"),
            (self.session.is_some(), "session"),
            (self.stream.is_some(), "stream"),
            (self.credit.is_some(), "credit"),
            (self.pattern.is_some(), "pattern"),
            (self.items.is_some(), "items"),
            (self.error.is_some(), "error"),
            (self.version.is_some(), "version"),
            (self.max_frame.is_some(), "max_frame"),
            (self.max_in_flight.is_some(), "max_in_flight"),
            (self.application.is_some(), "application"),
            (self.application_version.is_some(), "application_version"),
        ];
        fields.into_iter().find(|(is_there, _)| *is_there).map(|(_, name)| name)
    }
}

/// What is wrong with a text that is no frame; a request that can be told by its number is.
#[cold]
fn unread(text: &[u8], error: &serde_json::Error) -> Malformed {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(rename = "type", borrow)]
        of: Cow<'a, str>,
        id: u64,
    }
    let head: Option<Head<'_>> = serde_json::from_slice(text).ok();
    let id = head.filter(|head| matches!(&*head.of, "request" | "subscribe")).map(|head| head.id);
    Malformed { id, what: format!("not a frame: {error}") }
}
