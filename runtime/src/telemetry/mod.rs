//! What a running application tells about itself: the identifiers that follow a message through systems ([`trace`]),
//! and the log ([`log`]).

pub mod log;
pub mod trace;

pub use log::{Color, Format, Level, LogConfig, message_span, spans_enabled};
pub use trace::{InvalidTrace, SpanId, TraceId, TraceParent};
