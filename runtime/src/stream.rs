//! Streams: a reply that comes item by item, as fast as somebody asks for it.
//!
//! The stream of a handler borrows what the handler borrowed: the message's context, its scope, its dependencies. So it
//! runs inside a future that owns them, and hands its items out through an [`Outlet`]: no task, no channel.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Task, Poll};

pub use futures_util::Stream;
use futures_util::StreamExt;
use pin_project_lite::pin_project;
use serde_json::Value;
use tracing::Instrument;

use crate::app::inner::Counted;
use crate::context::{Context, before, isolated};
use crate::error::{Error, Kind, Result};
use crate::message::{Outcome, Reply, Wired};
use crate::telemetry::log;

/// How many items of a stream are collected where a door cannot stream.
pub const COLLECT_ITEMS: usize = 10_000;

/// How many bytes of JSON text the items of a stream may have where a door cannot stream: 16 MiB.
pub const COLLECT_BYTES: usize = 16 * 1024 * 1024;

/// The reply of a streaming handler: its items, in order.
///
/// Nothing of it runs while nobody asks for the next item, which is the back-pressure. The first error is the last item; a
/// panic of the handler is one, of kind internal and code PT0305. What the handler took from its scope lives until the
/// stream ends, and the scope is disposed of before the end is told.
///
/// Dropping it drops the handler's stream at once; its scope is disposed of in a task of its own, and events that it emitted
/// do not leave.
#[must_use = "a stream does nothing unless its items are asked for"]
pub struct Streaming<T>(Option<Pin<Box<dyn Stream<Item = Result<T>> + Send>>>);

impl<T: Send + 'static> Streaming<T> {
    /// A stream that no handler makes: of a test, or of a behavior that changes what comes through it.
    pub fn new(stream: impl Stream<Item = Result<T>> + Send + 'static) -> Self {
        Streaming(Some(Box::pin(stream)))
    }

    /// A stream of one item.
    pub(crate) fn once(item: T) -> Self {
        Streaming::new(futures_util::stream::once(std::future::ready(Ok(item))))
    }

    /// The next item; `None` after the last.
    ///
    /// # Cancel safety
    /// No item is lost: the stream goes on where it was.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }
}

impl<T> Streaming<T> {
    fn poll_item(&mut self, cx: &mut Task<'_>) -> Poll<Option<Result<T>>> {
        let Some(stream) = &mut self.0 else { return Poll::Ready(None) };
        let polled = stream.as_mut().poll_next(cx);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.0 = None;
        }
        polled
    }
}

impl<T> Stream for Streaming<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Option<Result<T>>> {
        self.poll_item(cx)
    }
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Streaming(open)" } else { "Streaming(ended)" })
    }
}

/// Its items travel one by one, at a door that streams, or collected; whether they can is asked of them where the handler is.
#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Reply<Wired> for Streaming<T> {
    fn encode(self) -> Result<Value> {
        Err(no_value())
    }

    fn write(&self) -> Result<Vec<u8>> {
        Err(no_value())
    }
}

#[cold]
fn no_value() -> Error {
    let text = "a stream is the reply of a streaming handler: `-> impl Stream<Item = Result<T>> + Send`";
    Error::internal(text).with_code("PT0311")
}

/// A handler that streams. Written by `#[handler]` on a type of its own, without a bound on the message: what is none is told
/// where the message is taken, and nowhere else.
pub trait Source: 'static {
    /// What it takes.
    type Message: Send + 'static;
    /// What its items are.
    type Item: Send + 'static;

    /// Calls the fn with what it needs and pours what it streams into `outlet`.
    fn run(
        message: Self::Message,
        cx: &Context,
        outlet: &Outlet<Self::Item>,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// The items as JSON, for the named door.
pub fn items<T: Reply<W>, W>(items: Streaming<T>) -> Streaming<Value> {
    Streaming::new(items.map(|item| item.and_then(Reply::encode)))
}

/// Where one item waits, from when the handler's stream gives it until the same poll of the reply takes it.
pub struct Outlet<T>(Mutex<Option<T>>);

impl<T> Outlet<T> {
    fn put(&self, item: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
    }

    fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn is_full(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// The user's stream, item by item, until it ends or fails; it is dropped before this is ready. Called by generated code.
pub async fn pour<T, S: Stream<Item: Outcome<Value = T>>>(stream: S, outlet: &Outlet<T>) -> Result<()> {
    let mut stream = pin!(stream);
    // Pending without a waker: whoever asked has an item, and asks again for the next.
    poll_fn(|cx| match stream.as_mut().poll_next(cx) {
        Poll::Pending => Poll::Pending,
        Poll::Ready(None) => Poll::Ready(Ok(())),
        Poll::Ready(Some(item)) => match item.into_result() {
            Err(error) => Poll::Ready(Err(error)),
            Ok(item) => {
                outlet.put(item);
                Poll::Pending
            }
        },
    })
    .await
}

/// Opens the stream of a message whose own context is `cx`. Called by generated code.
pub async fn open<S: Source>(message: S::Message, cx: &Context) -> Result<Streaming<S::Item>> {
    opened::<S>(message, cx.handed_over()).await
}

/// A stream that code which is no message answers with, a method of a controller: what it is made of is its own, and the
/// context `cx` of that code ends with it. A deadline that is only a door's default is for the way to it, unless the code
/// is `bounded` by one that it declares.
///
/// # Errors
/// None of a caller that takes the items.
pub async fn carry<T, S>(stream: S, cx: &Context, bounded: bool) -> Result<Streaming<T>>
where
    T: Send + 'static,
    S: Stream<Item = Result<T>> + Send + 'static,
{
    let mut own = cx.handed_over();
    if !bounded {
        own.lengthen_for_stream();
    }
    opened::<Carried<S>>(stream, own).await
}

/// A stream that is there already.
struct Carried<S>(std::marker::PhantomData<fn() -> S>);

impl<T: Send + 'static, S: Stream<Item = Result<T>> + Send + 'static> Source for Carried<S> {
    type Message = S;
    type Item = T;

    async fn run(stream: S, _: &Context, outlet: &Outlet<T>) -> Result<()> {
        pour(stream, outlet).await
    }
}

async fn opened<S: Source>(message: S::Message, own: Context) -> Result<Streaming<S::Item>> {
    let one_way = own.is_one_way();
    let span = if log::spans_enabled() { tracing::Span::current() } else { tracing::Span::none() };
    let outlet = Arc::new(Outlet(Mutex::new(None)));
    let future = run::<S>(own.counted(), own, outlet.clone(), message).instrument(span);
    let mut stream = Streaming::new(Running { outlet, future: Some(future), last: None });
    if one_way {
        while let Some(item) = stream.next().await {
            drop(item?);
        }
    }
    Ok(stream)
}

/// The message, from its first item to its end. The parameters are dropped last to first: what is counted is so until all
/// else is gone.
async fn run<S: Source>(
    counted: Option<Counted>,
    own: Context,
    outlet: Arc<Outlet<S::Item>>,
    message: S::Message,
) -> Result<()> {
    let name = own.message().map_or("", |message| message.name);
    let work = before(&own, own.deadline(), S::run(message, &own, &outlet));
    let ended = match &counted {
        Some(counted) => isolated(name, counted.running().unless_left_behind(|| outlet.is_full(), work)).await,
        None => isolated(name, work).await,
    };
    let ended = own.finish(ended).await;
    if let (Some(_), Err(error)) = (&counted, &ended)
        && error.kind() == Kind::Internal
    {
        tracing::error!(target: "partitura", trace_id = %own.trace_id(), name, error = ?error, "a stream failed");
    }
    ended
}

pin_project! {
    /// A future that fills an outlet, as a stream.
    struct Running<T, F> {
        outlet: Arc<Outlet<T>>,
        #[pin]
        future: Option<F>,
        last: Option<Error>,
    }
}

impl<T, F: Future<Output = Result<()>>> Stream for Running<T, F> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Option<Result<T>>> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Ready(this.last.take().map(Err)) };
        let ended = future.poll(cx);
        let item = this.outlet.take();
        let Poll::Ready(ended) = ended else {
            return item.map_or(Poll::Pending, |item| Poll::Ready(Some(Ok(item))));
        };
        this.future.set(None);
        match item {
            // The deadline passed in the poll that gave the item.
            Some(item) => {
                *this.last = ended.err();
                Poll::Ready(Some(Ok(item)))
            }
            None => Poll::Ready(ended.err().map(Err)),
        }
    }
}

/// All items as an array, for a door that cannot stream.
///
/// # Errors
/// That of the first item that is one. Kind too large, code PT0325, past [`COLLECT_ITEMS`] or [`COLLECT_BYTES`].
pub async fn collect(name: &str, mut items: Streaming<Value>) -> Result<Value> {
    let (mut array, mut bytes) = (Vec::new(), Bytes(2));
    while let Some(item) = items.next().await {
        let item = item?;
        if array.len() == COLLECT_ITEMS {
            return Err(too_large(name, format_args!("{COLLECT_ITEMS} items")));
        }
        if serde_json::to_writer(&mut bytes, &item).is_err() || bytes.0 > COLLECT_BYTES {
            return Err(too_large(name, format_args!("{} MiB", COLLECT_BYTES / 1024 / 1024)));
        }
        bytes.0 += 1;
        array.push(item);
    }
    Ok(Value::Array(array))
}

#[cold]
fn too_large(name: &str, limit: fmt::Arguments<'_>) -> Error {
    let text = format!("`{name}` streams more than {limit}, which is all that is collected where a door cannot stream");
    Error::new(Kind::TooLarge, text).with_code("PT0325")
}

/// Counts what is written to it.
struct Bytes(usize);

impl std::io::Write for Bytes {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0 += text.len();
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
