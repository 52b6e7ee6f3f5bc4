//! Answers that come item by item.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use partitura_runtime::context::Context;
use partitura_runtime::error::Result;
use partitura_runtime::future::BoxFuture;
use partitura_runtime::message::Outcome;
use partitura_runtime::stream::{Streaming, carry};
use serde::Serialize;
use serde_json::Value;

use super::Told;
use crate::message::stream::{Form, answer};

/// Server-sent events: each item is one, as JSON. While there is none, a comment says now and then that more may come.
///
/// It counts as running by the application until it ends, and the scope of the method lives as long. An error before the first
/// item has a status of its own; a later one is the last event, `error`, with the problem.
pub struct Events<S>(pub S);

/// JSON lines: each item is one. Otherwise as [`Events`]; an error is a line with the one field `error`.
pub struct Lines<S>(pub S);

type Items = Pin<Box<dyn Stream<Item = Result<Value>> + Send>>;

/// A stream that is not opened yet. Whoever opens it first, has it.
#[derive(Clone)]
struct Closed {
    form: Form,
    items: Arc<Mutex<Option<Items>>>,
}

macro_rules! streams {
    ($($answer:ident $form:ident)*) => {$(
        impl<S> IntoResponse for $answer<S>
        where
            S: Stream<Item: Outcome<Value: Serialize>> + Send + 'static,
        {
            fn into_response(self) -> Response {
                closed(Form::$form, self.0)
            }
        }
    )*};
}

streams!(Events Events Lines Lines);

fn closed<S: Stream<Item: Outcome<Value: Serialize>> + Send + 'static>(form: Form, items: S) -> Response {
    let items = items.map(|item| Ok(serde_json::to_value(item.into_result()?)?));
    let closed = Closed { form, items: Arc::new(Mutex::new(Some(Box::pin(items)))) };
    // Outside of a controller it is plain lines, until its first error.
    let bare = closed.clone();
    let lines = stream::once(async move { bare.open().unwrap_or_else(|| Box::pin(stream::empty())) }).flatten();
    let lines = lines.map(move |item| match item {
        Ok(item) if form == Form::Events => Ok(format!("data: {item}\n\n")),
        Ok(item) => Ok(format!("{item}\n")),
        Err(error) => Err(std::io::Error::other(error.to_string())),
    });
    let mut response = Response::new(Body::from_stream(lines));
    response.extensions_mut().insert(closed);
    response
}

impl Closed {
    fn open(&self) -> Option<Items> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The answer with its stream opened, if it is one: from here on the method's context belongs to the stream.
pub(super) async fn opened(mut response: Response, cx: &Context, told: &Told) -> Result<Response> {
    let Some(closed) = response.extensions_mut().remove::<Closed>() else { return Ok(response) };
    let Some(items) = closed.open() else { return Ok(response) };
    let items = open(items, cx, told.is_bounded).await?;
    let opened = answer(items, closed.form, &told.shared, told.path.clone(), cx.trace_id(), "", 0).await?;
    let (head, body) = opened.into_parts();
    // What the method says itself, stays.
    for (name, value) in &head.headers {
        if !response.headers().contains_key(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    *response.body_mut() = body;
    Ok(response)
}

/// Of one type, so that the compiler need not look into it once more.
fn open<'c>(items: Items, cx: &'c Context, bounded: bool) -> BoxFuture<'c, Result<Streaming<Value>>> {
    Box::pin(carry(items, cx, bounded))
}
