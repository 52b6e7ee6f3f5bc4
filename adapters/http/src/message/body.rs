//! The body of a request: JSON, a form, a form with files.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Request, request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use partitura_runtime::error::{Error, Kind, Result};
use partitura_runtime::input::file::File;
use partitura_runtime::input::parts::{Content, Found, Named, Parts};

use super::{MOST_FIELDS, pairs};
use crate::call::Shared;
use crate::layers::Guard;

/// The code of a body in a form that is not understood: 415.
pub(crate) const MEDIA: &str = "unsupported_media_type";
/// The code of a body that did not come in time: 408.
pub(super) const SLOW: &str = "request_timeout";

/// What a request has behind its head.
pub(super) enum Received {
    Nothing,
    Json(Bytes),
    Form(Bytes),
    Pieces(std::sync::Mutex<Vec<Named<'static>>>),
}

impl Received {
    /// The JSON text, if it is one.
    pub(super) fn json(&self) -> &[u8] {
        match self {
            Received::Json(bytes) => bytes,
            _ => &[],
        }
    }

    /// The fields of a form.
    pub(super) fn add_to<'a>(&'a self, parts: &mut Parts<'a>) -> Result<()> {
        match self {
            // What `curl -d` sends if nothing else is said.
            Received::Form(bytes) if bytes.trim_ascii().starts_with(b"{") && bytes.trim_ascii().ends_with(b"}") => {
                let text = "the body is JSON and is said to be a form: send `content-type: application/json`";
                Err(Error::malformed(text, Vec::new()))
            }
            Received::Form(bytes) => pairs(Found::Form, bytes, parts),
            Received::Pieces(pieces) => {
                let mut pieces = pieces.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                parts.named.extend(pieces.drain(..));
                Ok(())
            }
            Received::Nothing | Received::Json(_) => Ok(()),
        }
    }
}

enum Media {
    Json,
    Form,
    Multipart,
}

/// Whether there is nothing to read: a body of what only reads has no meaning (RFC 9110, 9.3.1).
pub(super) fn is_nothing(head: &request::Parts, body: &Body) -> bool {
    matches!(head.method, Method::GET | Method::HEAD) || http_body::Body::is_end_stream(body)
}

/// Reads the body within the limits of size and time.
///
/// # Errors
/// Kind too large; code [`SLOW`] when it does not come in time; code [`MEDIA`] for a form that is not understood; malformed
/// when it breaks off or is no form.
pub(super) async fn read(shared: &Shared, guard: &Guard, head: &request::Parts, body: Body) -> Result<Received> {
    let (limit, time) = guard.body();
    if let Some(length) = length(&head.headers)
        && length > limit as u64
    {
        return Err(too_large(limit));
    }
    let media = media(&head.headers)?;
    let work = async {
        if let Media::Multipart = media {
            return multipart(head, body, limit).await;
        }
        let bytes = match Limited::new(body, limit).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(too_large(limit)),
            Err(_) => return Err(Error::malformed("the body broke off", Vec::new())),
        };
        Ok(match media {
            Media::Form => Received::Form(bytes),
            _ => Received::Json(bytes),
        })
    };
    match shared.app.env().timeout(time, work).await {
        Ok(read) => read,
        Err(_) => Err(too_slow(time)),
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

pub(crate) fn too_large(limit: usize) -> Error {
    Error::new(Kind::TooLarge, format!("the body has more than {limit} bytes"))
}

/// A body that did not come in time.
pub(crate) fn too_slow(limit: std::time::Duration) -> Error {
    Error::timeout(format!("the body did not come within {limit:?}")).with_code(SLOW)
}

/// The form of the body; a body that says nothing is JSON.
fn media(headers: &HeaderMap) -> Result<Media> {
    let Some(header) = headers.get(CONTENT_TYPE) else { return Ok(Media::Json) };
    let text = header.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    let is = |name: &str| essence.eq_ignore_ascii_case(name);
    let ends = |end: &str| {
        essence.len() > end.len()
            && essence.is_char_boundary(essence.len() - end.len())
            && essence[essence.len() - end.len()..].eq_ignore_ascii_case(end)
    };
    if is("application/json") || ends("+json") {
        Ok(Media::Json)
    } else if is("application/x-www-form-urlencoded") {
        Ok(Media::Form)
    } else if is("multipart/form-data") {
        Ok(Media::Multipart)
    } else {
        let text = format!(
            "a body of `{essence}` is not understood: send application/json, application/x-www-form-urlencoded or multipart/form-data"
        );
        Err(Error::invalid(text).with_code(MEDIA))
    }
}

/// The fields and files of a form.
async fn multipart(head: &request::Parts, body: Body, limit: usize) -> Result<Received> {
    let broken = |error: &dyn std::fmt::Display| Error::malformed(format!("the form is broken: {error}"), Vec::new());
    let mut request = Request::new(Body::new(Limited::new(body, limit)));
    *request.headers_mut() = head.headers.clone();
    // The limit is kept by the body itself.
    axum::extract::DefaultBodyLimit::disable().apply(&mut request);
    let mut form = match Multipart::from_request(request, &()).await {
        Ok(form) => form,
        Err(error) => return Err(broken(&error)),
    };
    let told = |error: axum::extract::multipart::MultipartError| {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(source) = cause {
            if source.is::<LengthLimitError>() {
                return too_large(limit);
            }
            cause = source.source();
        }
        Error::malformed(format!("the form is broken: {}", error.body_text()), Vec::new())
    };
    let mut pieces = Vec::new();
    while let Some(field) = form.next_field().await.map_err(told)? {
        if pieces.len() >= MOST_FIELDS {
            return Err(Error::new(Kind::TooLarge, format!("there are more than {MOST_FIELDS} fields")));
        }
        let Some(name) = field.name().map(str::to_owned) else {
            return Err(Error::malformed("a part of the form has no name", Vec::new()));
        };
        let (file, content_type) = (field.file_name().map(str::to_owned), field.content_type().map(str::to_owned));
        let bytes = field.bytes().await.map_err(told)?;
        let content = match file {
            Some(file) => Content::File(Box::new(File { name: Some(file), content_type, content: bytes.to_vec() })),
            None => match String::from_utf8(bytes.to_vec()) {
                Ok(text) => Content::Text(text.into()),
                Err(_) => {
                    return Err(Error::malformed(format!("the field `{name}` of the form is not UTF-8"), Vec::new()));
                }
            },
        };
        pieces.push(Named { name: name.into(), content, found: Found::Form });
    }
    Ok(Received::Pieces(std::sync::Mutex::new(pieces)))
}
