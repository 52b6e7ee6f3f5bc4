//! The few futures that the framework itself is made of.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::error::Result;
use crate::message::Outcome;

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pin_project! {
    /// The user's future, its error made the framework's.
    #[must_use = "futures do nothing unless polled"]
    pub struct Answer<F> {
        #[pin]
        future: F,
    }
}

impl<F> Answer<F> {
    /// Wraps the future of a handler.
    #[inline]
    pub fn new(future: F) -> Self {
        Answer { future }
    }
}

impl<F: Future<Output: Outcome>> Future for Answer<F> {
    type Output = Result<<F::Output as Outcome>::Value>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx).map(Outcome::into_result)
    }
}

pin_project! {
    /// What `send` returns: the handler's own future, or one on the heap when more than the handler must run.
    #[project = SendingProjection]
    #[must_use = "a message is sent when the future is awaited"]
    pub enum Sending<'c, F: Future> {
        /// The handler's own future.
        Direct {
            /// The future.
            #[pin]
            future: F,
        },
        /// The handler in a scope, with a deadline, a span or behaviors around it.
        Heap {
            /// The future.
            future: BoxFuture<'c, F::Output>,
        },
    }
}

impl<F: Future> Future for Sending<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project() {
            SendingProjection::Direct { future } => future.poll(cx),
            SendingProjection::Heap { future } => future.as_mut().poll(cx),
        }
    }
}
