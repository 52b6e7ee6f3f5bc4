//! A reply as an answer.

use axum::body::Body;
use axum::http::header::{ACCEPT as ACCEPT_HEADER, CONTENT_TYPE, ETAG, LINK, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode, request};
use axum::response::Response;
use partitura_runtime::error::{Error, Result};
use partitura_runtime::route::{Success, Written};
use serde_json::Value;

use crate::call;

/// The code of a request that takes no JSON: 406.
pub(super) const ACCEPT: &str = "not_acceptable";

/// Whether the caller takes JSON.
pub(super) fn acceptable(headers: &HeaderMap) -> Result<()> {
    match takes(headers, &["application/json"]) {
        Some(_) => Ok(()),
        None => Err(Error::invalid("the answer is application/json, which `Accept` leaves out").with_code(ACCEPT)),
    }
}

/// Which of `offered` the caller likes best; the first, if it does not say.
pub(crate) fn takes(headers: &HeaderMap, offered: &[&str]) -> Option<usize> {
    if !headers.contains_key(ACCEPT_HEADER) {
        return Some(0);
    }
    let mut said = false;
    let mut best: Option<(usize, u16)> = None;
    for header in headers.get_all(ACCEPT_HEADER) {
        let Ok(text) = header.to_str() else { continue };
        for range in text.split(',').map(str::trim).filter(|range| !range.is_empty()) {
            said = true;
            let mut parameters = range.split(';').map(str::trim);
            let media = parameters.next().unwrap_or_default();
            let quality = parameters.find_map(|parameter| parameter.strip_prefix("q=")).map_or(1000, thousandths);
            if quality == 0 {
                continue;
            }
            for (at, own) in offered.iter().enumerate() {
                let matches = media == "*/*"
                    || media.eq_ignore_ascii_case(own)
                    || media.strip_suffix("/*").is_some_and(|kind| own.split('/').next() == Some(kind));
                // What is named is liked better than what is among all.
                if matches && best.is_none_or(|(_, other)| quality > other) {
                    best = Some((at, quality));
                    break;
                }
            }
        }
    }
    if said { best.map(|(at, _)| at) } else { Some(0) }
}

/// `0.8` as 800.
fn thousandths(text: &str) -> u16 {
    let number: f32 = text.parse().unwrap_or(1.0);
    (number.clamp(0.0, 1.0) * 1000.0) as u16
}

/// 304.
pub(super) fn not_modified(version: u64) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().insert(ETAG, tag(version));
    response
}

fn tag(version: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The answer of a success.
pub(super) fn answer(success: Success, written: Written, head: &request::Parts) -> Response {
    let Written { json, is_nothing, facts } = written;
    let location = match success {
        Success::Created(template) => location(template, &json, head),
        _ => None,
    };
    let mut response = Response::new(if is_nothing { Body::empty() } else { Body::from(json) });
    *response.status_mut() = match success {
        Success::Plain if is_nothing => StatusCode::NO_CONTENT,
        Success::Plain => StatusCode::OK,
        Success::Created(_) => StatusCode::CREATED,
        Success::Accepted => StatusCode::ACCEPTED,
    };
    let headers = response.headers_mut();
    if let Some(location) = location {
        headers.insert(LOCATION, location);
    }
    if let Some(facts) = facts {
        if let Some(version) = facts.version {
            headers.insert(ETAG, tag(version));
        }
        if let Some(link) = facts.next.as_deref().and_then(|next| link(next, head)) {
            headers.insert(LINK, link);
        }
    }
    if !is_nothing {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}

/// What stands before the paths of this router in the whole server.
fn mount(head: &request::Parts) -> String {
    let whole = call::path(head);
    whole.strip_suffix(head.uri.path()).unwrap_or_default().trim_end_matches('/').to_owned()
}

/// The template with fields of the reply in it. `None` if the reply has not got one of them.
fn location(template: &str, json: &[u8], head: &request::Parts) -> Option<HeaderValue> {
    let reply: Value = serde_json::from_slice(json).ok()?;
    let mut text = mount(head);
    for segment in template.split('/').skip(1) {
        text.push('/');
        match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
            None => text.push_str(segment),
            Some(name) => {
                // A reply that is one value is what any name means.
                let value = if name.is_empty() || !reply.is_object() { &reply } else { reply.get(name)? };
                let plain = match value {
                    Value::String(text) => text.clone(),
                    Value::Number(_) | Value::Bool(_) => value.to_string(),
                    _ => return None,
                };
                text.extend(
                    percent_encoding::utf8_percent_encode(&plain, percent_encoding::NON_ALPHANUMERIC).map(unreserved),
                );
            }
        }
    }
    HeaderValue::try_from(text).ok()
}

/// `-`, `.`, `_` and `~` need no encoding (RFC 3986).
fn unreserved(piece: &str) -> &str {
    match piece {
        "%2D" => "-",
        "%2E" => ".",
        "%5F" => "_",
        "%7E" => "~",
        piece => piece,
    }
}

/// `<path?cursor=next>; rel="next"`, with all else that the query says (RFC 8288).
fn link(next: &str, head: &request::Parts) -> Option<HeaderValue> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes()) {
        if name != "cursor" {
            query.append_pair(&name, &value);
        }
    }
    query.append_pair("cursor", next);
    HeaderValue::try_from(format!("<{}?{}>; rel=\"next\"", call::path(head), query.finish())).ok()
}
