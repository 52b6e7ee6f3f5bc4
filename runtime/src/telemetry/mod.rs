//! What a running application tells about itself: identifiers that follow a message through systems ([`trace`]), and
//! the log ([`log`]).

pub mod log;
pub mod trace;

pub use trace::{InvalidTrace, SpanId, TraceId, TraceParent};
