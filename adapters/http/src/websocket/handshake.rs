//! What makes a request a WebSocket (RFC 6455, 4.2; RFC 8441, 5).
//!
//! Our own and not axum's: what it makes of the connection hides the socket, which has to be read to its end after a frame that
//! was refused, or a caller would never hear why.

use axum::body::Body;
use axum::http::header::{
    AUTHORIZATION, CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, request};
use axum::response::Response;
use base64ct::{Base64, Encoding};
use hyper::ext::Protocol;
use hyper::upgrade::OnUpgrade;
use partitura_runtime::error::{Error, Kind};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// The subprotocol, which a caller may name: the frames of `docs/wire.md`.
const PROTOCOL: &str = "partitura.v1";

/// What stands before a token among the subprotocols: a browser can send it nowhere else.
const TOKEN: &str = "bearer.";

/// A request that may become a WebSocket.
pub(super) struct Handshake {
    pub(super) upgrade: OnUpgrade,
    accept: Option<HeaderValue>,
    names_protocol: bool,
}

/// Why it is none.
pub(super) struct NoHandshake {
    pub(super) status: StatusCode,
    pub(super) error: Error,
}

impl Handshake {
    /// Reads it, and takes the connection out of it.
    ///
    /// # Errors
    /// PT0464, with status 400 or 426.
    pub(super) fn read(head: &mut request::Parts) -> Result<Self, NoHandshake> {
        let accept = match head.version {
            Version::HTTP_2 => {
                let protocol = head.extensions.get::<Protocol>();
                if head.method != Method::CONNECT || protocol.is_none_or(|protocol| protocol.as_str() != "websocket") {
                    return Err(plain("over HTTP/2 it is opened by CONNECT with `:protocol` websocket (RFC 8441)"));
                }
                None
            }
            _ => {
                let has = |name, word| has_word(&head.headers, name, word);
                if head.method != Method::GET || !has(UPGRADE, "websocket") || !has(CONNECTION, "upgrade") {
                    return Err(plain("it is opened by `connection: upgrade` and `upgrade: websocket`"));
                }
                let key = one(&head.headers, &SEC_WEBSOCKET_KEY).filter(|key| is_key(key));
                let Some(key) = key else {
                    return Err(broken("`sec-websocket-key` has to be there once, 16 bytes in base64"));
                };
                Some(accept(key.as_bytes()))
            }
        };
        if one(&head.headers, &SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(plain("`sec-websocket-version` has to be 13"));
        }
        let Some(upgrade) = head.extensions.remove::<OnUpgrade>() else {
            return Err(plain("this connection cannot be upgraded"));
        };
        Ok(Handshake { upgrade, accept, names_protocol: protocols(&head.headers).any(|name| name == PROTOCOL) })
    }

    /// The answer that makes it one.
    pub(super) fn answer(&self) -> Response {
        let mut response = Response::new(Body::empty());
        if let Some(accept) = &self.accept {
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            let headers = response.headers_mut();
            headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept.clone());
        }
        if self.names_protocol {
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
        }
        response
    }
}

/// Puts a token that is among the subprotocols where one stands usually, beside what is there: two are refused.
pub(super) fn take_token(headers: &mut HeaderMap) {
    let tokens: Vec<HeaderValue> = protocols(headers)
        .filter_map(|name| name.strip_prefix(TOKEN))
        .filter_map(|token| HeaderValue::try_from(format!("Bearer {token}")).ok())
        .collect();
    for mut token in tokens {
        token.set_sensitive(true);
        headers.append(AUTHORIZATION, token);
    }
}

fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let texts = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).map(str::trim)
}

fn has_word(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let texts = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>();
    texts.iter().flat_map(|text| text.split(',')).any(|own| own.trim().eq_ignore_ascii_case(word))
}

fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?.trim();
    values.next().is_none().then_some(value)
}

fn is_key(text: &str) -> bool {
    let mut bytes = [0; 18];
    Base64::decode(text, &mut bytes).is_ok_and(|bytes| bytes.len() == 16)
}

fn accept(key: &[u8]) -> HeaderValue {
    // RFC 6455, 1.3. It proves that we understood, and nothing else: SHA-1 does for that.
    let proof = digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key, b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"].concat());
    HeaderValue::try_from(Base64::encode_string(proof.as_ref())).unwrap_or(HeaderValue::from_static(""))
}

/// 426: another request would do.
fn plain(why: &str) -> NoHandshake {
    no_handshake(StatusCode::UPGRADE_REQUIRED, why)
}

fn broken(why: &str) -> NoHandshake {
    no_handshake(StatusCode::BAD_REQUEST, why)
}

fn no_handshake(status: StatusCode, why: &str) -> NoHandshake {
    let text = format!("this is a WebSocket, and the request opens none: {why}");
    NoHandshake { status, error: Error::new(Kind::Invalid, text).with_code("PT0464") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_answered_as_the_standard_does() {
        assert_eq!(accept(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(is_key("dGhlIHNhbXBsZSBub25jZQ=="));
        for wrong in [
            "",
            "a",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25j",
            "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==",
        ] {
            assert!(!is_key(wrong), "{wrong}");
        }
    }
}
