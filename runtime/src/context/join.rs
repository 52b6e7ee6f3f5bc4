//! Several messages at once, and one instead of another.

use std::future::Future;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::Context;
use crate::error::Result;
use crate::future::BoxFuture;
use crate::message::Request;
use crate::wiring::Handles;

/// How many messages of one [`Context::join`] are on their way at a time.
pub const JOIN_LIMIT: usize = 64;

impl Context {
    /// Sends several messages at once and waits for all replies, in the order asked: an array or a `Vec` of one type of
    /// message, or a tuple of up to eight types. Each may fail by itself. Of a `Vec` or an array at most [`JOIN_LIMIT`] are
    /// on their way at a time.
    ///
    /// They run at the same time in the task of this message, not in threads of their own.
    ///
    /// # Errors
    /// In the place of each reply: as [`Context::send`].
    ///
    /// # Cancel safety
    /// Dropping the future cancels all that have not ended.
    pub fn join<'c, J: Join + 'c>(&'c self, messages: J) -> BoxFuture<'c, J::Replies> {
        messages.send_all(self)
    }

    /// Hands over to another message: it is sent, and its reply is this handler's. `return cx.handoff(Other { .. }).await`.
    ///
    /// As [`Context::send_boxed`]: two handlers that hand over to each other compile, and the bound of nested messages ends
    /// them.
    ///
    /// # Errors
    /// As [`Context::send`].
    pub fn handoff<M: Request>(&self, message: M) -> BoxFuture<'_, Result<ReplyOf<M>>> {
        self.send_boxed(message)
    }
}

/// What `M` is answered with, as `cx.send` says it.
pub type ReplyOf<M> = <<M as Request>::Home as Handles<M>>::Reply;

/// Messages that can be sent at once: see [`Context::join`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be joined",
    label = "not messages",
    note = "`cx.join` takes an array or a `Vec` of commands or queries of one type, or a tuple of up to eight: `cx.join((PriceOf {{ .. }}, StockOf {{ .. }}))`"
)]
pub trait Join: Send {
    /// The replies, in the order of the messages.
    type Replies;
    /// Sends them.
    fn send_all<'c>(self, cx: &'c Context) -> BoxFuture<'c, Self::Replies>
    where
        Self: 'c;
}

impl<M: Request> Join for Vec<M> {
    type Replies = Vec<Result<ReplyOf<M>>>;

    fn send_all<'c>(self, cx: &'c Context) -> BoxFuture<'c, Self::Replies>
    where
        Self: 'c,
    {
        Box::pin(async move {
            let mut replies: Vec<Option<Result<ReplyOf<M>>>> = self.iter().map(|_| None).collect();
            let mut waiting = self.into_iter().enumerate();
            let mut running = FuturesUnordered::new();
            loop {
                while running.len() < JOIN_LIMIT
                    && let Some((index, message)) = waiting.next()
                {
                    running.push(numbered(cx, index, message));
                }
                match running.next().await {
                    Some((index, reply)) => replies[index] = Some(reply),
                    None => break,
                }
            }
            replies.into_iter().flatten().collect()
        })
    }
}

fn numbered<M: Request>(cx: &Context, index: usize, message: M) -> BoxFuture<'_, (usize, Result<ReplyOf<M>>)> {
    Box::pin(async move { (index, cx.send(message).await) })
}

impl<M: Request, const N: usize> Join for [M; N] {
    type Replies = [Result<ReplyOf<M>>; N];

    fn send_all<'c>(self, cx: &'c Context) -> BoxFuture<'c, Self::Replies>
    where
        Self: 'c,
    {
        Box::pin(async move {
            let mut replies = Vec::from(self).send_all(cx).await.into_iter();
            std::array::from_fn(|_| match replies.next() {
                Some(reply) => reply,
                // As many replies as messages.
                None => Err(crate::error::Error::internal("a joined message has no reply")),
            })
        })
    }
}

/// Two futures to their ends, in one task.
async fn both<A, B>(a: impl Future<Output = A> + Send, b: impl Future<Output = B> + Send) -> (A, B) {
    let (a, b) = (std::pin::pin!(a), std::pin::pin!(b));
    match select(a, b).await {
        Either::Left((a, b)) => (a, b.await),
        Either::Right((b, a)) => (a.await, b),
    }
}

macro_rules! nest_send {
    ($cx:ident, $one:ident) => { $cx.send_boxed($one) };
    ($cx:ident, $one:ident $($rest:ident)+) => { both($cx.send_boxed($one), nest_send!($cx, $($rest)+)) };
}

macro_rules! tuple {
    ($nested:pat, $($name:ident)+) => {
        impl<$($name: Request),+> Join for ($($name,)+) {
            type Replies = ($(Result<ReplyOf<$name>>,)+);

            #[allow(non_snake_case)]
            fn send_all<'c>(self, cx: &'c Context) -> BoxFuture<'c, Self::Replies>
            where
                Self: 'c,
            {
                let ($($name,)+) = self;
                Box::pin(async move {
                    let $nested = nest_send!(cx, $($name)+).await;
                    ($($name,)+)
                })
            }
        }
    };
}

tuple!((A, B), A B);
tuple!((A, (B, C)), A B C);
tuple!((A, (B, (C, D))), A B C D);
tuple!((A, (B, (C, (D, E)))), A B C D E);
tuple!((A, (B, (C, (D, (E, F))))), A B C D E F);
tuple!((A, (B, (C, (D, (E, (F, G)))))), A B C D E F G);
tuple!((A, (B, (C, (D, (E, (F, (G, H))))))), A B C D E F G H);
