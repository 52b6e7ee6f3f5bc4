//! Whether a page may open a WebSocket. A browser asks nobody beforehand, and sends what it has of cookies and passwords along:
//! without this check every page of the web could speak in its visitor's name (cross-site WebSocket hijacking).

use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::request;
use axum::http::uri::Authority;
use partitura_runtime::error::{Error, Result};

use crate::layers::Layers;

/// What no browser sends passes: it has no `Origin`.
///
/// # Errors
/// Kind forbidden, PT0460.
pub(super) fn check(head: &request::Parts, layers: &Layers) -> Result<()> {
    let mut origins = head.headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else { return Ok(()) };
    let text = origin.to_str().unwrap_or_default();
    // Sent by the browser of its own accord. A token that the page itself has shows that it knows the caller.
    let is_ambient = head.headers.contains_key(COOKIE) || head.headers.contains_key(AUTHORIZATION);
    let is_one = origins.next().is_none();
    if is_one && (is_same(text, host(head)) || layers.lets_in(origin, is_ambient)) {
        return Ok(());
    }
    let cure = match is_one && layers.lets_in(origin, false) {
        true => "`http.cors.credentials` lets it send cookies and passwords along",
        false => "`http.cors.origins` names those that may",
    };
    let text = format!("a page of `{text}` may not open a WebSocket here: {cure}");
    Err(Error::forbidden(text).with_code("PT0460"))
}

/// Where the caller believes that it is.
fn host(head: &request::Parts) -> Option<Authority> {
    match head.uri.authority() {
        Some(authority) => Some(authority.clone()),
        None => head.headers.get(HOST)?.to_str().ok()?.parse().ok(),
    }
}

/// Whether `origin` is a page of `host`. Its scheme is a proxy's business: who ends TLS speaks plainly with us.
fn is_same(origin: &str, host: Option<Authority>) -> bool {
    let (Some((scheme, own)), Some(host)) = (origin.split_once("://"), host) else { return false };
    let Ok(own) = own.parse::<Authority>() else { return false };
    let usual = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return false,
    };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(usual);
    own.host().eq_ignore_ascii_case(host.host()) && port(&own) == port(&host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_the_same_by_host_and_port() {
        for (origin, host, same) in [
            ("http://a.example", "a.example", true),
            ("https://a.example", "a.example", true),
            ("https://a.example", "a.example:443", true),
            ("https://A.example:443", "a.Example", true),
            ("http://a.example:8080", "a.example:8080", true),
            ("http://[::1]:8080", "[::1]:8080", true),
            ("http://a.example:8080", "a.example", false),
            ("http://a.example", "a.example:8080", false),
            ("http://b.example", "a.example", false),
            ("http://a.example.evil", "a.example", false),
            ("http://evil-a.example", "a.example", false),
            ("null", "null", false),
            ("file://", "", false),
            ("", "a.example", false),
            ("http://", "", false),
        ] {
            assert_eq!(is_same(origin, host.parse().ok()), same, "{origin} at {host}");
        }
    }
}
