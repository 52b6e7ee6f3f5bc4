//! What a request shows: credentials, taken out of its headers and query.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName};
use partitura_runtime::config::Secret;
use partitura_runtime::entrypoint::Credentials;

use super::scheme::KeyPlace;

/// The credentials of a request, and where they stood if they are a key.
pub(super) struct OneShown {
    pub(super) credentials: Credentials,
    pub(super) place: Option<KeyPlace>,
}

/// What the request shows, if it shows something.
///
/// Two are refused even if both would hold: whoever stands between the caller and us may have read the other one
/// (RFC 6750, 2, forbids it for tokens).
pub(super) fn read(
    headers: &HeaderMap,
    query: Option<&str>,
    places: &[KeyPlace],
    max: usize,
) -> Result<Option<OneShown>, &'static str> {
    let mut shown = authorization(headers, max)?.map(|credentials| OneShown { credentials, place: None });
    for place in places {
        let key = match place {
            KeyPlace::Header(name) => one_header(headers, name, max)?.map(str::to_owned),
            KeyPlace::Query(name) => one_parameter(query, name, max)?,
        };
        let Some(key) = key else { continue };
        if shown.is_some() {
            return Err("there are credentials in more than one place");
        }
        shown = Some(OneShown { credentials: Credentials::ApiKey(Secret::new(key)), place: Some(place.clone()) });
    }
    Ok(shown)
}

/// `Authorization: <scheme> <value>` (RFC 9110, 11.6.2).
fn authorization(headers: &HeaderMap, max: usize) -> Result<Option<Credentials>, &'static str> {
    let Some(text) = one_header(headers, &AUTHORIZATION, max)? else { return Ok(None) };
    let (scheme, value) = text.split_once(' ').unwrap_or((text, ""));
    if scheme.is_empty() {
        return Err("an `Authorization` header has no scheme");
    }
    let value = Secret::new(value.trim_matches(' ').to_owned());
    Ok(Some(Credentials::Authorization { scheme: scheme.to_owned(), value }))
}

fn one_header<'h>(headers: &'h HeaderMap, name: &HeaderName, max: usize) -> Result<Option<&'h str>, &'static str> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err("a header of credentials is there twice");
    }
    if value.len() > max {
        return Err("a header of credentials is too long");
    }
    value.to_str().map(Some).map_err(|_| "a header of credentials is not ASCII")
}

fn one_parameter(query: Option<&str>, name: &str, max: usize) -> Result<Option<String>, &'static str> {
    let mut values = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).filter(|(key, _)| key == name);
    let Some((_, value)) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err("a parameter of credentials is there twice");
    }
    if value.len() > max {
        return Err("a parameter of credentials is too long");
    }
    Ok(Some(value.into_owned()))
}
