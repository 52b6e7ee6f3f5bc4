//! A JWT as it is sent: JWS compact serialisation (RFC 7515, 7.1).

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A token, taken apart; nothing of it is to be believed before its signature has been checked.
pub(super) struct Token<'a> {
    pub(super) header: Header,
    pub(super) claims: Map<String, Value>,
    /// What was signed.
    pub(super) signed: &'a [u8],
    pub(super) signature: Vec<u8>,
}

/// What is read of the header (RFC 7515, 4.1). `jwk`, `jku`, `x5c` and `x5u`, by which a token brings its own key, are
/// not.
#[derive(Deserialize)]
pub(super) struct Header {
    /// What the token says its algorithm is: it is compared with that of the key, and chooses nothing.
    pub(super) alg: String,
    pub(super) kid: Option<String>,
    crit: Option<Value>,
}

impl<'a> Token<'a> {
    /// None for all that is not three parts in base64url, the first two of which are JSON objects.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        // It lists extensions that must be understood, and none is (RFC 7515, 4.1.11).
        if header.crit.is_some() {
            return None;
        }
        let claims = serde_json::from_slice(&decode(claims)?).ok()?;
        Some(Token { header, claims, signed: signed.as_bytes(), signature: decode(signature)? })
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(part).ok()
}
