//! The keys that an issuer publishes: a JWK Set (RFC 7517).

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::Value;

use super::algorithm::{Algorithm, KeyKind};
use super::key::{Material, VerifyingKey};

/// No issuer has more; with a token that names no key each of them is tried.
const MAX_KEYS: usize = 100;

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The keys of a document that can be used with the algorithms allowed. Others beside them are passed over (RFC 7517, 5).
///
/// # Errors
/// The end of a sentence: the document is no JWK Set, or none of its keys can be used.
pub(super) fn read(document: &[u8], allowed: &[Algorithm]) -> Result<Vec<VerifyingKey>, String> {
    let set: Set = serde_json::from_slice(document).map_err(|_| "is no JWK Set".to_owned())?;
    if set.keys.len() > MAX_KEYS {
        return Err(format!("has {} keys, and more than {MAX_KEYS} are not taken", set.keys.len()));
    }
    let jwks = set.keys.into_iter().filter_map(|value| serde_json::from_value::<Jwk>(value).ok());
    let keys: Vec<VerifyingKey> = jwks.filter_map(|jwk| jwk.key(allowed)).collect();
    if keys.is_empty() {
        return Err("has no key that can be used with `algorithms`".to_owned());
    }
    Ok(keys)
}

impl Jwk {
    fn key(self, allowed: &[Algorithm]) -> Option<VerifyingKey> {
        let signs = self.usage.as_deref().is_none_or(|usage| usage == "sig");
        let verifies = self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        let material = self.material().filter(|_| signs && verifies)?;
        let algorithm = match &self.alg {
            None => material.kind().algorithm(allowed)?,
            Some(name) => named(name).filter(|named| allowed.is_empty() || allowed.contains(named))?,
        };
        VerifyingKey::new(self.kid, algorithm, material).ok()
    }

    /// Secrets (`oct`) are none of it: what is published is no secret.
    fn material(&self) -> Option<Material> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let number = |text: &Option<String>| decode(text).map(without_zeros);
                Some(Material::Rsa { n: number(&self.n)?, e: number(&self.e)? })
            }
            ("EC", Some("P-256")) => self.point(32).map(Material::P256),
            ("EC", Some("P-384")) => self.point(48).map(Material::P384),
            ("OKP", Some("Ed25519")) => decode(&self.x).map(Material::Ed25519),
            _ => None,
        }
    }

    /// The uncompressed form (SEC 1, 2.3.3) of coordinates that have their full length (RFC 7518, 6.2.1.2).
    fn point(&self, length: usize) -> Option<Vec<u8>> {
        let (x, y) = (decode(&self.x)?, decode(&self.y)?);
        (x.len() == length && y.len() == length).then(|| [&[4], x.as_slice(), &y].concat())
    }
}

fn named(name: &str) -> Option<Algorithm> {
    const PUBLIC: [Algorithm; 9] = [
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::EdDSA,
    ];
    PUBLIC.into_iter().find(|algorithm| algorithm.key_kind() != KeyKind::Secret && algorithm.is_called(name))
}

fn decode(text: &Option<String>) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text.as_deref()?).ok()
}

/// Some issuers write a sign byte, which does not belong there and which the arithmetic refuses.
fn without_zeros(bytes: Vec<u8>) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or_default().to_vec()
}
