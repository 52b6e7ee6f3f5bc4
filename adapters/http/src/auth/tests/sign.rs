//! Makes tokens, good ones and others. The keys are fixed, and made for these tests alone.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use partitura_runtime::env::Virtual;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair};
use serde_json::{Value, json};

/// Long enough for each HMAC.
pub(super) const SECRET: &str = "a secret of sixty-four characters, which is long enough for each";
pub(super) const RSA_PEM: &str = include_str!("keys/rsa.pub.pem");
pub(super) const P256_PEM: &str = include_str!("keys/p256.pub.pem");
pub(super) const P384_PEM: &str = include_str!("keys/p384.pub.pem");
pub(super) const ED_PEM: &str = include_str!("keys/ed.pub.pem");

/// The claims of a good token of these rules.
pub(super) fn claims() -> Value {
    json!({
        "iss": "https://id.example", "aud": "bank", "sub": "ada",
        "exp": Virtual::EPOCH + 3600, "nbf": Virtual::EPOCH - 10,
        "realm_access": { "roles": ["admin", "auditor"] },
    })
}

/// The claims of a good token, with these in place.
pub(super) fn claims_with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

pub(super) fn encode(value: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(value.as_ref())
}

/// A token of `algorithm`, signed by the key of the tests that fits it.
pub(super) fn token(algorithm: &str, claims: &Value) -> String {
    signed(&json!({ "alg": algorithm, "typ": "JWT" }), claims, algorithm, pair(algorithm))
}

/// A token that names its key.
pub(super) fn token_of(kid: &str, algorithm: &str, key: &str, claims: &Value) -> String {
    signed(&json!({ "alg": algorithm, "kid": kid }), claims, algorithm, key)
}

/// The name of the key that fits an algorithm.
pub(super) fn pair(algorithm: &str) -> &'static str {
    match algorithm {
        "ES256" => "p256",
        "ES384" => "p384",
        "EdDSA" | "Ed25519" => "ed",
        name if name.starts_with("HS") => SECRET,
        _ => "rsa",
    }
}

/// A token with this header, signed by `algorithm` whatever the header says. The key of an HMAC is `key` itself.
pub(super) fn signed(header: &Value, claims: &Value, algorithm: &str, key: &str) -> String {
    let text = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let signature = signature_of(text.as_bytes(), algorithm, key);
    format!("{text}.{}", encode(signature))
}

fn signature_of(text: &[u8], algorithm: &str, key: &str) -> Vec<u8> {
    let random = SystemRandom::new();
    let mac = |algorithm| hmac::sign(&hmac::Key::new(algorithm, key.as_bytes()), text).as_ref().to_vec();
    let rsa = |padding: &'static dyn signature::RsaEncoding| {
        let pair = RsaKeyPair::from_pkcs8(&private(key)).unwrap();
        let mut made = vec![0; pair.public().modulus_len()];
        pair.sign(padding, &random, text, &mut made).unwrap();
        made
    };
    let ecdsa = |algorithm| {
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &private(key), &random).unwrap();
        pair.sign(&random, text).unwrap().as_ref().to_vec()
    };
    match algorithm {
        "HS256" => mac(hmac::HMAC_SHA256),
        "HS384" => mac(hmac::HMAC_SHA384),
        "HS512" => mac(hmac::HMAC_SHA512),
        "RS256" => rsa(&signature::RSA_PKCS1_SHA256),
        "RS384" => rsa(&signature::RSA_PKCS1_SHA384),
        "RS512" => rsa(&signature::RSA_PKCS1_SHA512),
        "PS256" => rsa(&signature::RSA_PSS_SHA256),
        "PS384" => rsa(&signature::RSA_PSS_SHA384),
        "PS512" => rsa(&signature::RSA_PSS_SHA512),
        "ES256" => ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        "ES384" => ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        "EdDSA" => Ed25519KeyPair::from_pkcs8_maybe_unchecked(&private(key)).unwrap().sign(text).as_ref().to_vec(),
        _ => Vec::new(),
    }
}

fn private(name: &str) -> Vec<u8> {
    let text = match name {
        "rsa" => include_str!("keys/rsa.pk8.b64"),
        "rsa2" => include_str!("keys/rsa2.pk8.b64"),
        "p256" => include_str!("keys/p256.pk8.b64"),
        "p384" => include_str!("keys/p384.pk8.b64"),
        "ed" => include_str!("keys/ed.pk8.b64"),
        other => panic!("no private key {other}"),
    };
    Base64::decode_vec(text).unwrap()
}

/// A published key: the public half of the key of the tests, with `changes`.
pub(super) fn jwk(name: &str, changes: Value) -> Value {
    let all: Value = serde_json::from_str(include_str!("keys/jwk.json")).unwrap();
    let mut key = all[name].clone();
    for (member, value) in changes.as_object().unwrap() {
        key[member] = value.clone();
    }
    key
}
