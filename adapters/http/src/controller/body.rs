//! The body of a request within the limits of the configuration, whoever reads it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{header::CONTENT_LENGTH, request};
use http_body::Frame;
use partitura_runtime::env::Env;
use partitura_runtime::error::Error;
use partitura_runtime::future::BoxFuture;

use crate::call::Shared;
use crate::layers::Guard;
use crate::message;

/// What went wrong with a body: an extractor says only that it broke off.
pub(crate) struct Faults {
    fault: AtomicU8,
    limit: usize,
    time: Duration,
}

const LARGE: u8 = 1;
const SLOW: u8 = 2;

impl Faults {
    fn note(&self, fault: u8) {
        self.fault.store(fault, Ordering::Relaxed);
    }

    /// It, as an error.
    pub(crate) fn error(&self) -> Option<Error> {
        match self.fault.load(Ordering::Relaxed) {
            LARGE => Some(message::too_large(self.limit)),
            SLOW => Some(message::too_slow(self.time)),
            _ => None,
        }
    }
}

/// `body` within the limits.
pub(crate) fn guarded(shared: &Shared, guard: &Guard, head: &request::Parts, body: Body) -> (Body, Arc<Faults>) {
    let (limit, time) = guard.body();
    let faults = Arc::new(Faults { fault: AtomicU8::default(), limit, time });
    if http_body::Body::is_end_stream(&body) {
        return (body, faults);
    }
    let length = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let guard = Guarded {
        body,
        // Whoever says that it is too large is believed before it is sent.
        left: if length.is_some_and(|length| length > limit as u64) { None } else { Some(limit) },
        limit: time,
        env: shared.app.env().clone(),
        timer: None,
        faults: faults.clone(),
    };
    (Body::new(guard), faults)
}

struct Guarded {
    body: Body,
    /// How many bytes may still come; `None` once there were too many.
    left: Option<usize>,
    limit: Duration,
    env: Env,
    /// Begins when the body is first waited for.
    timer: Option<BoxFuture<'static, ()>>,
    faults: Arc<Faults>,
}

/// Why a body ended early.
#[derive(Debug)]
struct Broken(&'static str);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Broken {}

impl http_body::Body for Guarded {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        let large = |faults: &Faults| {
            faults.note(LARGE);
            Poll::Ready(Some(Err(Broken("the body is too large").into())))
        };
        let Some(left) = this.left else { return large(&this.faults) };
        match Pin::new(&mut this.body).poll_frame(task) {
            Poll::Ready(Some(Ok(frame))) => {
                let size = frame.data_ref().map_or(0, Bytes::len);
                this.left = left.checked_sub(size);
                if this.left.is_none() {
                    return large(&this.faults);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                let timer = this.timer.get_or_insert_with(|| Box::pin(this.env.sleep(this.limit)));
                if timer.as_mut().poll(task).is_pending() {
                    return Poll::Pending;
                }
                this.faults.note(SLOW);
                Poll::Ready(Some(Err(Broken("the body is too slow").into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_some() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
