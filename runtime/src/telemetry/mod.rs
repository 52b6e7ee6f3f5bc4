//! What a running application tells about itself: the identifiers that follow a message through systems ([`trace`]).

pub mod trace;

pub use trace::{InvalidTrace, SpanId, TraceId, TraceParent};
