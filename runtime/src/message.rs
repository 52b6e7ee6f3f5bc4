//! Messages: plain data with a name. The traits here are written by the derives `Command`, `Query` and `Event`.

use std::any::TypeId;
use std::cell::Cell;
use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::registry::{hash, joined};
use crate::error::{Error, Result};
use crate::input;
use crate::input::parts::Parts;
use crate::topic::Topic;
use crate::validate::{self, Limits, Rules};
use crate::wiring::Handles;
use crate::wiring::place::Place;

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Changes something; exactly one handler.
    Command,
    /// Reads; exactly one handler.
    Query,
    /// Says that something happened; any number of subscribers.
    Event,
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MessageKind::Command => "command",
            MessageKind::Query => "query",
            MessageKind::Event => "event",
        })
    }
}

/// What the derive knows of a message type.
#[derive(Debug)]
pub struct MessageInfo {
    /// The type's identity. (The address of this description is none: each crate may have a copy of it.)
    pub of: TypeId,
    /// The name of the module that declares it.
    pub module: &'static str,
    /// The name within the module: the type's, or the one in `#[command(name = "..")]`.
    pub name: &'static str,
    /// The version; 1 unless declared.
    pub version: u32,
    /// Command, query or event.
    pub kind: MessageKind,
    /// True for `#[command(local)]`: reachable by the typed door only, never serialised.
    pub local: bool,
    /// True for `#[command(contract, ..)]`: its handler lives in another crate.
    pub contract: bool,
    /// The doc comment, lines joined as written.
    pub docs: &'static str,
    /// Where the type is declared.
    pub place: Place,
    /// Its fields as JSON names them, a line each, behind `=`, or behind `*` what one text cannot fill; `None` where the derive cannot
    /// know.
    pub fields: Option<&'static str>,
    /// The hash of its name, if whoever wrote this knows it.
    hash: Option<u64>,
}

impl MessageInfo {
    /// The description of `M`: version 1, which travels, without a text.
    pub const fn new<M: 'static>(kind: MessageKind, module: &'static str, name: &'static str, place: Place) -> Self {
        let of = TypeId::of::<M>();
        MessageInfo {
            of,
            module,
            name,
            version: 1,
            kind,
            local: false,
            contract: false,
            docs: "",
            place,
            fields: None,
            hash: None,
        }
    }

    /// Its doc comment.
    pub const fn docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// Another version than 1.
    pub const fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// It never travels.
    pub const fn local(mut self) -> Self {
        self.local = true;
        self
    }

    /// Its handler lives in another crate.
    pub const fn contract(mut self) -> Self {
        self.contract = true;
        self
    }

    /// Its [fields](MessageInfo::fields).
    pub const fn fields(mut self, fields: &'static str) -> Self {
        self.fields = Some(fields);
        self
    }

    /// The hash of its name: of the [module's](module_hash), of its own name's, and the base to the length of that.
    pub const fn hashed(mut self, module: u64, name: u64, power: u64) -> Self {
        self.hash = Some(joined(module, name, power));
        self
    }

    /// The hash of `module.Type`.
    pub(crate) const fn name_hash(&self) -> u64 {
        match self.hash {
            Some(hash) => hash,
            None => hash(&[self.module, ".", self.name]),
        }
    }

    /// The first of its fields and whether one text can fill it, and what is left of them.
    pub(crate) const fn first_field(fields: &str) -> Option<(&str, bool, &str)> {
        let bytes = fields.as_bytes();
        let mut end = 0;
        while end < bytes.len() && bytes[end] != b'\n' {
            end += 1;
        }
        if end == bytes.len() {
            return None;
        }
        let (line, rest) = fields.split_at(end);
        Some((line.split_at(1).1, bytes[0] == b'=', rest.split_at(1).1))
    }

    /// The topic of an event that declares none: `module.Type`.
    ///
    /// # Panics
    /// If the names are no words of a topic, which the macros do not let pass.
    pub fn topic(&self) -> Topic {
        match Topic::new(format!("{}.{}", self.module, self.name)) {
            Ok(topic) => topic,
            Err(error) => panic!("{error}"),
        }
    }

    /// `module.Type`, and `@version` behind it when the version is not 1.
    pub fn full_name(&self) -> String {
        match self.version {
            1 => format!("{}.{}", self.module, self.name),
            version => format!("{}.{}@{version}", self.module, self.name),
        }
    }
}

/// The hash of a module's name, for [`MessageInfo::hashed`].
pub const fn module_hash(module: &str) -> u64 {
    hash(&[module, "."])
}

/// A command, a query or an event.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no message [PT0106]",
    label = "not a message",
    note = "put `#[derive(Command)]`, `#[derive(Query)]` or `#[derive(Event)]` on `{Self}`, beside `Serialize, Deserialize, JsonSchema`"
)]
pub trait Message: Answered + Sized + Send + Sync + 'static {
    /// What the derive knows of it.
    const INFO: &'static MessageInfo;
    /// [`Wired`], or [`Local`] for a message that is never serialised.
    type Wire: Decode<Self>;
    /// How it is copied, if it is `Clone`: for what must read it while its handler owns it.
    const CLONE: Clones<Self> = None;
    /// What `#[validate(..)]` says of it, if anything.
    const RULES: Option<Rules<Self>> = None;
    /// What its JSON Schema says of those rules, beside what `JsonSchema` reads by itself.
    const LIMITS: Limits = &[];

    /// What the derive knows of it, also where `Self` is any message.
    fn info(&self) -> &'static MessageInfo {
        Self::INFO
    }

    /// The message as JSON. `None` for a local one.
    ///
    /// # Errors
    /// Kind internal, code PT0311, when the type's `Serialize` fails.
    fn to_json(&self) -> Result<Option<Value>> {
        Self::Wire::encode(self).transpose()
    }
}

/// What a message is answered with. Commands and queries have it from their handler, events are not answered.
#[diagnostic::on_unimplemented(message = "`{Self}` is no message [PT0106]", label = "not a message")]
pub trait Answered {
    /// The reply; `()` for an event.
    type Reply: Send + 'static;
}

#[diagnostic::do_not_recommend]
impl<M: Request> Answered for M {
    type Reply = <M::Home as Handles<M>>::Reply;
}

/// A message that is answered by exactly one handler: a command or a query.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no command or query [PT0106]",
    label = "what is sent, and what a handler takes by value, is a command or a query",
    note = "put `#[derive(Command)]` or `#[derive(Query)]` on `{Self}`, beside `Serialize, Deserialize, JsonSchema`",
    note = "an event is emitted, and taken by reference: `event: &{Self}`"
)]
pub trait Request: Message {
    /// The module whose handler answers it, or [`Remote`](crate::wiring::Remote) if it is a contract.
    type Home: Handles<Self>;
}

/// A message that changes something.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no command [PT0106]",
    label = "not a command",
    note = "what is asked for here is a message that derives `Command`"
)]
pub trait Command: Request {}

/// A message that reads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no query [PT0106]",
    label = "not a query",
    note = "what is asked for here is a message that derives `Query`"
)]
pub trait Query: Request {}

/// A message that says what happened.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event [PT0106]",
    label = "what is emitted, and what a handler takes by reference, is an event",
    note = "a command or query is sent, and taken by value: `message: {Self}`",
    note = "or put `#[derive(Event)]` on `{Self}`, beside `Serialize, Deserialize, JsonSchema`"
)]
pub trait Event: Message + Answered<Reply = ()> {
    /// The topic as declared: `orders.{region}.placed`; empty where it is the event's name.
    const TOPIC: &'static str = "";

    /// The topic of this event: its name, `orders.Placed`, unless `#[event(topic = "..")]` says otherwise.
    ///
    /// # Errors
    /// Kind invalid when a field that is part of it cannot be one word of a topic.
    fn topic(&self) -> Result<Topic> {
        Ok(Self::INFO.topic())
    }
}

/// How a message is read at a door that speaks JSON. Implemented for [`Wired`] and [`Local`] only.
#[diagnostic::on_unimplemented(
    message = "the message `{M}` cannot travel: it lacks `Serialize`, `Deserialize` or `JsonSchema` [PT0108]",
    label = "`{M}` does not derive all three",
    note = "write `#[derive(Serialize, Deserialize, JsonSchema, ..)]` on `{M}`, or say that it never leaves the process: `#[command(local)]`"
)]
pub trait Decode<M> {
    /// Whether the message can be named at a door.
    const WIRED: bool;
    /// Reads a message, or lists everything that is wrong with the input.
    ///
    /// # Errors
    /// Kind invalid and malformed, one failure for each mistake.
    fn decode(name: &str, value: Value) -> Result<M>;
    /// Reads a message from its pieces, or lists everything that is wrong with them.
    ///
    /// # Errors
    /// Those of [`Decode::decode`], and pieces that contradict each other.
    fn decode_parts(name: &str, parts: &Parts<'_>) -> Result<M>;
    /// Writes a message; `None` if it never travels.
    fn encode(message: &M) -> Option<Result<Value>>;
    /// The JSON Schema of the message (2020-12), as the type says it; its rules are added elsewhere.
    fn schema() -> Option<Value>;
}

/// The message travels: every entrypoint reaches it.
pub struct Wired;

/// The message stays in the process: `#[command(local)]`.
pub struct Local;

#[diagnostic::do_not_recommend]
impl<M: Serialize + DeserializeOwned + JsonSchema> Decode<M> for Wired {
    const WIRED: bool = true;

    fn decode(name: &str, value: Value) -> Result<M> {
        input::decode(name, value)
    }

    fn decode_parts(name: &str, parts: &Parts<'_>) -> Result<M> {
        input::parts::decode_parts(name, parts)
    }

    fn encode(message: &M) -> Option<Result<Value>> {
        Some(serde_json::to_value(message).map_err(|error| {
            Error::internal(format!("the message does not serialise: {error}")).with_code("PT0311").with_source(error)
        }))
    }

    fn schema() -> Option<Value> {
        Some(input::schema_of::<M>())
    }
}

impl<M> Decode<M> for Local {
    const WIRED: bool = false;

    fn decode(name: &str, _: Value) -> Result<M> {
        Err(unreachable(name))
    }

    fn decode_parts(name: &str, _: &Parts<'_>) -> Result<M> {
        Err(unreachable(name))
    }

    fn encode(_: &M) -> Option<Result<Value>> {
        None
    }

    fn schema() -> Option<Value> {
        None
    }
}

/// The JSON Schema of a message as doors tell it, with its rules. [`input::decode`] explains a malformed input by the schema
/// without them: what breaks a rule is not malformed. For a message without limits it is no fn of its own.
pub(crate) const fn schema_of<M: Message>() -> fn() -> Option<Value> {
    fn limited<M: Message>() -> Option<Value> {
        let mut schema = <M::Wire as Decode<M>>::schema()?;
        validate::schema::apply(&mut schema, M::LIMITS);
        Some(schema)
    }
    if M::LIMITS.is_empty() { <M::Wire as Decode<M>>::schema } else { limited::<M> }
}

fn unreachable(name: &str) -> Error {
    Error::not_found(format!("`{name}` is local: it is reachable from code only"))
}

/// A reply that can travel as its message does: anything for a local message, what serialises for the others.
#[diagnostic::on_unimplemented(
    message = "the reply `{Self}` cannot travel: it lacks `Serialize` [PT0108]",
    label = "`{Self}` does not derive `Serialize`",
    note = "write `#[derive(Serialize, JsonSchema)]` on `{Self}`, or say that its message never leaves the process: `#[command(local)]`"
)]
pub trait Reply<W>: Send + 'static {
    /// The reply as JSON.
    ///
    /// # Errors
    /// Kind internal if the type's `Serialize` fails.
    fn encode(self) -> Result<Value>;

    /// The reply as JSON text.
    ///
    /// # Errors
    /// As [`Reply::encode`].
    fn write(&self) -> Result<Vec<u8>>;
}

#[diagnostic::do_not_recommend]
impl<R: Serialize + Send + 'static> Reply<Wired> for R {
    fn encode(self) -> Result<Value> {
        serde_json::to_value(self).map_err(unwritten)
    }

    fn write(&self) -> Result<Vec<u8>> {
        written(|buffer| serde_json::to_writer(buffer, self).map_err(unwritten))
    }
}

#[diagnostic::do_not_recommend]
impl<R: Send + 'static> Reply<Local> for R {
    fn encode(self) -> Result<Value> {
        Ok(Value::Null)
    }

    fn write(&self) -> Result<Vec<u8>> {
        Ok(b"null".to_vec())
    }
}

/// What `write` writes, in as much memory as it takes: it is written to a buffer that stays with the thread, and grows once, not
/// for each reply.
fn written(write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<Vec<u8>> {
    const KEPT: usize = 64 * 1024;
    thread_local! {
        static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    // Taken out: a reply may write another while it is written.
    let mut buffer = BUFFER.take();
    let text = write(&mut buffer).map(|()| buffer.as_slice().to_vec());
    buffer.clear();
    if buffer.capacity() <= KEPT {
        BUFFER.set(buffer);
    }
    text
}

#[cold]
fn unwritten(error: serde_json::Error) -> Error {
    Error::internal(format!("the reply does not serialise: {error}")).with_code("PT0311").with_source(error)
}

/// The result of a handler, as the user wrote it.
#[diagnostic::on_unimplemented(
    message = "a handler answers with a `Result` whose error becomes a `partitura::Error` by `?` [PT0128]",
    label = "`{Self}` is none",
    note = "for a plain value write `-> Result<..>` and end with `Ok(..)`",
    note = "for an error of your own write `#[derive(Debug, Problem)]` on it; a text becomes an error by `Error::invalid(text)`"
)]
pub trait Outcome {
    /// What it answers with when all goes well.
    type Value;
    /// The result with the framework's error.
    ///
    /// # Errors
    /// The handler's own, converted.
    fn into_result(self) -> Result<Self::Value>;
}

#[diagnostic::do_not_recommend]
impl<T, E: Into<Error>> Outcome for std::result::Result<T, E> {
    type Value = T;

    #[inline]
    fn into_result(self) -> Result<T> {
        self.map_err(Into::into)
    }
}

/// How a type is copied, if it is `Clone`.
pub type Clones<T> = Option<fn(&T) -> T>;

/// Whether a type is `Clone`, asked where the type is known: the inherent constant is found first if it is. Its name is one that no
/// trait of the user's has: of two traits, the compiler would take neither.
pub struct Copies<T>(std::marker::PhantomData<fn() -> T>);

impl<T: Clone> Copies<T> {
    /// How it is copied.
    pub const __PARTITURA_CLONE: Clones<T> = Some(T::clone);
}

/// Found for every other type.
pub trait NotCopied<T> {
    /// Nothing.
    const __PARTITURA_CLONE: Clones<T> = None;
}

impl<T> NotCopied<T> for Copies<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_one_after_the_other_whatever_they_are_called() {
        let (mut left, mut seen) = ("=owner\n*lines\n=*odd\n=\n", Vec::new());
        while let Some((name, is_one, rest)) = MessageInfo::first_field(left) {
            seen.push((name, is_one));
            left = rest;
        }
        assert_eq!(seen, [("owner", true), ("lines", false), ("*odd", true), ("", true)]);
    }
}
