//! Secrets that are compared without telling by the time it takes how much of them was right.

use ring::digest::{SHA256, digest};
use subtle::{Choice, ConstantTimeEq};

/// The SHA-256 of a secret. Two of them are compared in constant time, and all have one length, so that not even the
/// length of a secret is told.
#[derive(Clone, Copy)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn of(secret: &str) -> Self {
        let mut bytes = [0; 32];
        // SHA-256 has 32 bytes: the two have one length.
        bytes.iter_mut().zip(digest(&SHA256, secret.as_bytes()).as_ref()).for_each(|(to, from)| *to = *from);
        Fingerprint(bytes)
    }

    /// From 64 hexadecimal digits, in any case.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
        let bytes: Vec<u8> =
            digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
        (digits.len() == 64).then_some(())?;
        bytes.try_into().ok().map(Fingerprint)
    }

    pub(super) fn same(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}
