//! A key and the one algorithm that it is used with.

use ring::hmac;
use ring::signature::{RsaPublicKeyComponents, UnparsedPublicKey};

use super::algorithm::{Algorithm, KeyKind};
use super::token::Token;

/// A key that signatures are checked with. Its algorithm is its own: that of a token must be the same, and chooses
/// nothing (RFC 8725, 3.1).
pub(in crate::auth) struct VerifyingKey {
    /// Its `kid`, if it is a published one.
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    material: Material,
}

/// The key itself.
pub(super) enum Material {
    Secret(Vec<u8>),
    /// Modulus and exponent, big-endian, without leading zeros.
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// A point on P-256, uncompressed.
    P256(Vec<u8>),
    /// A point on P-384, uncompressed.
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl VerifyingKey {
    /// # Errors
    /// Why the key cannot be used with the algorithm.
    pub(super) fn new(id: Option<String>, algorithm: Algorithm, material: Material) -> Result<Self, String> {
        let kind = material.kind();
        if algorithm.key_kind() != kind {
            return Err(format!("is {}, which cannot be used with {}", kind.words(), algorithm.name()));
        }
        material.check(algorithm)?;
        Ok(VerifyingKey { id, algorithm, material })
    }

    /// True if this key, by its own algorithm, made the token's signature.
    pub(super) fn verifies(&self, token: &Token<'_>) -> bool {
        let same_id = match (&self.id, &token.header.kid) {
            (Some(own), Some(named)) => own == named,
            _ => true,
        };
        same_id && self.algorithm.is_called(&token.header.alg) && self.made(token)
    }

    fn made(&self, token: &Token<'_>) -> bool {
        let (signed, signature) = (token.signed, token.signature.as_slice());
        match &self.material {
            Material::Secret(secret) => self.algorithm.hmac().is_some_and(|algorithm| {
                // Compares in constant time.
                hmac::verify(&hmac::Key::new(algorithm, secret), signed, signature).is_ok()
            }),
            Material::Rsa { n, e } => self.algorithm.rsa().is_some_and(|parameters| {
                RsaPublicKeyComponents { n, e }.verify(parameters, signed, signature).is_ok()
            }),
            Material::P256(key) | Material::P384(key) | Material::Ed25519(key) => self
                .algorithm
                .curve()
                .is_some_and(|curve| UnparsedPublicKey::new(curve, key).verify(signed, signature).is_ok()),
        }
    }
}

impl Material {
    pub(super) fn kind(&self) -> KeyKind {
        match self {
            Material::Secret(_) => KeyKind::Secret,
            Material::Rsa { .. } => KeyKind::Rsa,
            Material::P256(_) => KeyKind::P256,
            Material::P384(_) => KeyKind::P384,
            Material::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// Bounds by which each signature would be refused; told when the key is read.
    fn check(&self, algorithm: Algorithm) -> Result<(), String> {
        let exactly = |key: &[u8], length| {
            if key.len() == length { Ok(()) } else { Err(format!("has {} bytes in place of {length}", key.len())) }
        };
        match self {
            Material::Secret(secret) => {
                // RFC 7518, 3.2: not shorter than the hash.
                let least = algorithm.hmac().map_or(32, |hmac| hmac.digest_algorithm().output_len());
                if secret.len() >= least {
                    return Ok(());
                }
                Err(format!("has {} bytes, and {} needs {least} or more", secret.len(), algorithm.name()))
            }
            Material::Rsa { n, .. } => {
                let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize).min(n.len() * 8);
                if (2048..=8192).contains(&bits) {
                    return Ok(());
                }
                Err(format!("has {bits} bits, and an RSA key has 2,048 to 8,192"))
            }
            Material::P256(point) => exactly(point, 65),
            Material::P384(point) => exactly(point, 97),
            Material::Ed25519(key) => exactly(key, 32),
        }
    }
}
