//! The items of a stream on the caller's side.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use partitura_runtime::error::Result;
use serde_json::Value;

use super::Client;
use super::pending::{Answer, Waiting};

/// The items of a stream, or events. The first error is the last item.
///
/// The other side is never further ahead than the credit of the client's options: who takes nothing holds the handler up.
/// Dropping it cancels the stream.
#[must_use = "a stream does nothing unless its items are asked for"]
pub struct Items {
    client: Client,
    waiting: Option<Waiting>,
    credit: u32,
    /// Taken, and not granted again yet.
    taken: u32,
}

impl Items {
    pub(super) fn new(client: Client, waiting: Waiting, credit: u32) -> Self {
        Items { client, waiting: Some(waiting), credit, taken: 0 }
    }

    /// The next item; `None` after the last.
    ///
    /// # Cancel safety
    /// No item is lost.
    pub async fn next(&mut self) -> Option<Result<Value>> {
        std::future::poll_fn(|cx| self.poll_item(cx)).await
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Value>>> {
        let Some(waiting) = &mut self.waiting else { return Poll::Ready(None) };
        let item = match std::task::ready!(waiting.poll_answer(cx)) {
            Answer::Item(item) => {
                self.taken += 1;
                // In halves, so that the other side need not wait, nor each item cost a frame.
                if self.taken * 2 >= self.credit {
                    self.client.grant(waiting.id(), self.taken);
                    self.taken = 0;
                }
                return Poll::Ready(Some(Ok(item)));
            }
            Answer::End => None,
            // A message that does not stream gives one item, and it is the last.
            Answer::Reply(body) => Some(Ok(body)),
            Answer::Failed(error) => Some(Err(error)),
        };
        self.waiting = None;
        Poll::Ready(item)
    }
}

impl Stream for Items {
    type Item = Result<Value>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Value>>> {
        self.poll_item(cx)
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.waiting.is_some() { "Items(open)" } else { "Items(ended)" })
    }
}
