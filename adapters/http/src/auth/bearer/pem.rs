//! Keys out of the configuration: a secret, or a public key in PEM (RFC 7468).

use base64ct::{Base64, Encoding};
use der::asn1::{ObjectIdentifier, UintRef};
use der::{Decode, Reader, SliceReader};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;
use spki::SubjectPublicKeyInfoRef;

use super::algorithm::{Algorithm, KeyKind};
use super::key::{Material, VerifyingKey};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

impl VerifyingKey {
    /// The key that `text` is: PEM, or a secret as it stands or behind `base64:`.
    ///
    /// # Errors
    /// The end of a sentence that begins with the name of the key: what is wrong, and the fix. Never a part of `text`.
    pub(in crate::auth) fn read(text: &str, allowed: &[Algorithm]) -> Result<Self, String> {
        let text = text.trim();
        let material = if text.starts_with("-----BEGIN") { public(text)? } else { secret(text, allowed)? };
        let kind = material.kind();
        let fits = || allowed.iter().filter(|algorithm| algorithm.key_kind() == kind);
        if fits().count() > 1 {
            let names: Vec<&str> = fits().map(|algorithm| algorithm.name()).collect();
            return Err(format!("is used with one algorithm, and `algorithms` names {}: keep one", names.join(", ")));
        }
        let Some(algorithm) = kind.algorithm(allowed) else {
            return Err(format!("is {}, and `algorithms` names none for it", kind.words()));
        };
        VerifyingKey::new(None, algorithm, material)
    }
}

fn secret(text: &str, allowed: &[Algorithm]) -> Result<Material, String> {
    // A public key in an unknown form must not become a secret that all the world knows.
    if !allowed.iter().any(|algorithm| algorithm.key_kind() == KeyKind::Secret) {
        return Err(
            "is no public key in PEM; if it is a shared secret, say so with `algorithms = [\"HS256\"]`".to_owned()
        );
    }
    match text.strip_prefix("base64:") {
        None => Ok(Material::Secret(text.as_bytes().to_vec())),
        Some(encoded) => Base64::decode_vec(encoded.trim()).map(Material::Secret).map_err(|_| {
            "is not base64 behind `base64:`; write it padded, with the alphabet of RFC 4648, 4".to_owned()
        }),
    }
}

fn public(text: &str) -> Result<Material, String> {
    const FIX: &str = "`openssl pkey -in key.pem -pubout` prints the public key";
    if text.contains("PRIVATE KEY-----") {
        return Err(format!("is a private key, and only whoever makes tokens should have it: {FIX}"));
    }
    if text.contains("CERTIFICATE-----") {
        return Err("is a certificate: `openssl x509 -in cert.pem -pubkey -noout` prints its public key".to_owned());
    }
    if text.contains("RSA PUBLIC KEY-----") {
        return Err(
            "is an old form of PEM: `openssl rsa -RSAPublicKey_in -in key.pem -pubout` prints the usual one".to_owned()
        );
    }
    let der = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes())
        .map_err(|_| format!("is no `-----BEGIN PUBLIC KEY-----` in PEM: {FIX}"))?;
    let broken = || format!("is a public key in PEM that cannot be read: {FIX}");
    let info = SubjectPublicKeyInfoRef::from_der(&der).map_err(|_| broken())?;
    let key = info.subject_public_key.as_bytes().ok_or_else(broken)?;
    let curve = || info.algorithm.parameters_oid().ok();
    match info.algorithm.oid {
        RSA => rsa(key).ok_or_else(broken),
        EC if curve() == Some(P256) => Ok(Material::P256(key.to_vec())),
        EC if curve() == Some(P384) => Ok(Material::P384(key.to_vec())),
        ED25519 => Ok(Material::Ed25519(key.to_vec())),
        _ => Err("is of a kind that is not known here: RSA, P-256, P-384 and Ed25519 are".to_owned()),
    }
}

/// `RSAPublicKey` (RFC 8017, A.1.1).
fn rsa(der: &[u8]) -> Option<Material> {
    let mut reader = SliceReader::new(der).ok()?;
    let numbers = reader.sequence(|inner| -> der::Result<_> { Ok((UintRef::decode(inner)?, UintRef::decode(inner)?)) });
    let (n, e) = numbers.ok()?;
    reader.is_finished().then(|| Material::Rsa { n: n.as_bytes().to_vec(), e: e.as_bytes().to_vec() })
}
