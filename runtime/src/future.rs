//! The few futures that the framework itself is made of.

use std::future::Future;
use std::marker::PhantomData;
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
    ///
    /// What it answers with is a parameter, which generated code says by the return type that the user wrote: what is
    /// no `Result` is told there, and not a second time here.
    pub struct Answer<F, T> {
        #[pin]
        future: F,
        answer: PhantomData<fn() -> T>,
    }
}

impl<F, T> Answer<F, T> {
    /// Wraps the future of a handler.
    #[inline]
    pub fn new(future: F) -> Self {
        Answer { future, answer: PhantomData }
    }
}

impl<T, F: Future<Output: Outcome<Value = T>>> Future for Answer<F, T> {
    type Output = Result<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx).map(Outcome::into_result)
    }
}

pin_project! {
    /// What `send` returns: the handler's own future, or one on the heap when more than the handler must run.
    // `pin_project!` takes no documentation on a field.
    #[allow(missing_docs)]
    #[project = SendingProjection]
    #[must_use = "a message is sent when the future is awaited"]
    pub(crate) enum Sending<'c, F: Future> {
        /// The handler's own future.
        Direct {
            #[pin]
            future: F,
        },
        /// The handler in a scope, with a deadline, a span or behaviors around it.
        Heap {
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
