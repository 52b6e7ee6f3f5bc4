//! A message and a reply whose types are not known where they pass.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::message::{Answered, Decode, Local, Message, MessageInfo, MessageKind};
use crate::wiring::place::Place;

/// Any message: what a behavior of an application goes around. `M` is this type there.
pub struct AnyMessage {
    info: &'static MessageInfo,
    content: Option<Arc<dyn Any + Send + Sync>>,
    encode: fn(&(dyn Any + Send + Sync)) -> Option<Result<Value>>,
}

impl AnyMessage {
    /// Of a message that somebody else keeps.
    pub(crate) fn shared<M: Message>(message: Arc<dyn Any + Send + Sync>) -> Self {
        AnyMessage { info: M::INFO, content: Some(message), encode: encode::<M> }
    }

    /// Of a copy of `message`, if there are readers and it can be copied.
    pub(crate) fn copy_of<M: Message>(message: &M, read: bool) -> Self {
        let content = M::CLONE.filter(|_| read).map(|clone| Arc::new(clone(message)) as _);
        AnyMessage { info: M::INFO, content, encode: encode::<M> }
    }

    /// The message, if it is an `M`.
    pub fn downcast_ref<M: Message>(&self) -> Option<&M> {
        self.content.as_ref()?.downcast_ref()
    }
}

fn encode<M: Message>(content: &(dyn Any + Send + Sync)) -> Option<Result<Value>> {
    M::Wire::encode(content.downcast_ref::<M>()?)
}

impl fmt::Debug for AnyMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyMessage").field(&self.info.full_name()).finish()
    }
}

impl Answered for AnyMessage {
    type Reply = AnyReply;
}

impl Message for AnyMessage {
    const INFO: &'static MessageInfo = &MessageInfo::new::<AnyMessage>(
        MessageKind::Command,
        "partitura",
        "AnyMessage",
        Place { file: file!(), line: line!(), column: column!() },
    )
    .local();
    type Wire = Local;

    fn info(&self) -> &'static MessageInfo {
        self.info
    }

    fn to_json(&self) -> Result<Option<Value>> {
        self.content.as_ref().and_then(|content| (self.encode)(&**content)).transpose()
    }
}

/// The reply to [`AnyMessage`].
pub struct AnyReply(Box<dyn Any + Send>);

impl AnyReply {
    /// A reply of the message's own type; any other fails the message.
    pub fn new<R: Send + 'static>(reply: R) -> Self {
        AnyReply(Box::new(reply))
    }

    /// The reply, if it is an `R`.
    pub fn downcast_ref<R: Send + 'static>(&self) -> Option<&R> {
        self.0.downcast_ref()
    }

    /// The reply, if it is an `R`, to be changed.
    pub fn downcast_mut<R: Send + 'static>(&mut self) -> Option<&mut R> {
        self.0.downcast_mut()
    }

    pub(crate) fn into_reply<R: 'static>(self, message: &MessageInfo) -> Result<R> {
        self.0.downcast().map(|reply| *reply).map_err(|_| {
            Error::new(
                Kind::Internal,
                format!("a behavior gave `{}` a reply of another type than its handler's", message.full_name()),
            )
            .with_code("PT0312")
        })
    }
}

impl fmt::Debug for AnyReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyReply")
    }
}
