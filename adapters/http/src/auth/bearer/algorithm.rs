//! The algorithms of signatures (RFC 7518, 8037).

use ring::{hmac, signature};
use serde::Deserialize;

/// How a token is signed (RFC 7518, 3.1). There is no `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256, for a secret that both sides know.
    HS256,
    /// HMAC with SHA-384.
    HS384,
    /// HMAC with SHA-512.
    HS512,
    /// RSA, PKCS#1 v1.5, with SHA-256.
    RS256,
    /// RSA, PKCS#1 v1.5, with SHA-384.
    RS384,
    /// RSA, PKCS#1 v1.5, with SHA-512.
    RS512,
    /// RSA, PSS, with SHA-256.
    PS256,
    /// RSA, PSS, with SHA-384.
    PS384,
    /// RSA, PSS, with SHA-512.
    PS512,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// Ed25519 (RFC 8037); `Ed25519` in RFC 9864.
    #[serde(alias = "Ed25519")]
    EdDSA,
}

/// What a key is, and so which algorithms it can be used with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Secret,
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Algorithm {
    /// As it is written in a header.
    pub const fn name(self) -> &'static str {
        match self {
            Algorithm::HS256 => "HS256",
            Algorithm::HS384 => "HS384",
            Algorithm::HS512 => "HS512",
            Algorithm::RS256 => "RS256",
            Algorithm::RS384 => "RS384",
            Algorithm::RS512 => "RS512",
            Algorithm::PS256 => "PS256",
            Algorithm::PS384 => "PS384",
            Algorithm::PS512 => "PS512",
            Algorithm::ES256 => "ES256",
            Algorithm::ES384 => "ES384",
            Algorithm::EdDSA => "EdDSA",
        }
    }

    /// True if a header that says `name` means this one. Names have a case (RFC 7515, 4.1.1).
    pub(super) fn is_called(self, name: &str) -> bool {
        name == self.name() || (self == Algorithm::EdDSA && name == "Ed25519")
    }

    /// True for HMAC, whose key both sides know.
    pub(in crate::auth) fn needs_secret(self) -> bool {
        self.key_kind() == KeyKind::Secret
    }

    pub(super) fn key_kind(self) -> KeyKind {
        match self {
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => KeyKind::Secret,
            Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 => KeyKind::Rsa,
            Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512 => KeyKind::Rsa,
            Algorithm::ES256 => KeyKind::P256,
            Algorithm::ES384 => KeyKind::P384,
            Algorithm::EdDSA => KeyKind::Ed25519,
        }
    }

    pub(super) fn hmac(self) -> Option<hmac::Algorithm> {
        match self {
            Algorithm::HS256 => Some(hmac::HMAC_SHA256),
            Algorithm::HS384 => Some(hmac::HMAC_SHA384),
            Algorithm::HS512 => Some(hmac::HMAC_SHA512),
            _ => None,
        }
    }

    /// RSA keys below 2,048 bits are refused by each of these.
    pub(super) fn rsa(self) -> Option<&'static signature::RsaParameters> {
        match self {
            Algorithm::RS256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
            Algorithm::PS384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
            Algorithm::PS512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
            _ => None,
        }
    }

    /// Those of elliptic curves; ECDSA's signatures are two numbers of fixed length (RFC 7518, 3.4).
    pub(super) fn curve(self) -> Option<&'static dyn signature::VerificationAlgorithm> {
        match self {
            Algorithm::ES256 => Some(&signature::ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => Some(&signature::ECDSA_P384_SHA384_FIXED),
            Algorithm::EdDSA => Some(&signature::ED25519),
            _ => None,
        }
    }
}

impl KeyKind {
    /// The one algorithm that a key of this kind is used with: the first of those allowed that fits; if none is named,
    /// the usual one. A secret has no usual one: it must be named, so that no public key is ever taken for a secret.
    pub(super) fn algorithm(self, allowed: &[Algorithm]) -> Option<Algorithm> {
        if !allowed.is_empty() {
            return allowed.iter().copied().find(|algorithm| algorithm.key_kind() == self);
        }
        match self {
            KeyKind::Secret => None,
            KeyKind::Rsa => Some(Algorithm::RS256),
            KeyKind::P256 => Some(Algorithm::ES256),
            KeyKind::P384 => Some(Algorithm::ES384),
            KeyKind::Ed25519 => Some(Algorithm::EdDSA),
        }
    }

    /// For a sentence.
    pub(super) fn words(self) -> &'static str {
        match self {
            KeyKind::Secret => "a shared secret",
            KeyKind::Rsa => "an RSA key",
            KeyKind::P256 => "a P-256 key",
            KeyKind::P384 => "a P-384 key",
            KeyKind::Ed25519 => "an Ed25519 key",
        }
    }
}
