//! Why a request is not let in.

use axum::http::HeaderValue;
use partitura_runtime::Error;

/// Credentials that were shown and do not hold, or could not be checked.
#[derive(Debug)]
pub struct Refused {
    error: Error,
    challenge: Vec<HeaderValue>,
}

impl Refused {
    pub(super) fn unauthenticated(challenge: Vec<HeaderValue>) -> Self {
        // The same text whatever is wrong: it would tell what to try next.
        Refused { error: Error::unauthenticated("the credentials do not hold"), challenge }
    }

    pub(super) fn unchecked(error: Error) -> Self {
        Refused { error, challenge: Vec::new() }
    }

    /// For the caller: kind unauthenticated, status 401; or another kind if the credentials could not be checked, such
    /// as unavailable, status 503, with the time after which it is worth trying again.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// [`Refused::error`], to be passed on.
    pub fn into_error(self) -> Error {
        self.error
    }

    /// The values of the `WWW-Authenticate` headers of a 401 (RFC 9110, 11.6.1), one for each scheme; a refused
    /// bearer token is told as `error="invalid_token"` (RFC 6750, 3.1). Empty if it is no 401.
    pub fn challenge(&self) -> &[HeaderValue] {
        &self.challenge
    }
}
