//! Basic credentials: a name and a password (RFC 7617).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordVerifier};
use base64ct::{Base64, Encoding};
use partitura_runtime::config::Secret;
use partitura_runtime::entrypoint::{Authenticator, Credentials};
use partitura_runtime::future::BoxFuture;
use partitura_runtime::{Env, Error, Identity, Kind, Result};
use tokio::sync::Semaphore;

use super::fingerprint::Fingerprint;

/// How long a password waits for a thread before the caller is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The users of one `[auth.basic.<name>]`.
pub(super) struct Basic {
    users: BTreeMap<String, User>,
    /// What the password of an unknown user is compared with, so that the time does not tell who exists.
    stranger: Password,
    /// A hash takes a core, and 19 MiB by argon2's defaults: not more of them at a time than there are cores.
    threads: Arc<Semaphore>,
    env: Env,
}

pub(super) struct User {
    pub(super) password: Password,
    pub(super) identity: Identity,
}

#[derive(Clone)]
pub(super) enum Password {
    Plain(Fingerprint),
    /// Of argon2, as a PHC string.
    Hash(Arc<PasswordHash>),
}

impl Basic {
    pub(super) fn new(users: BTreeMap<String, User>, env: &Env) -> Self {
        let hashed = users.values().find(|user| matches!(user.password, Password::Hash(_)));
        let stranger = hashed.map_or(Password::Plain(Fingerprint::of("")), |user| user.password.clone());
        let threads = Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from)));
        Basic { users, stranger, threads, env: env.clone() }
    }

    async fn check(&self, credentials: &Credentials) -> Result<Option<Identity>> {
        let Credentials::Authorization { scheme, value } = credentials else { return Ok(None) };
        if !scheme.eq_ignore_ascii_case(self.scheme()) {
            return Ok(None);
        }
        let (name, password) =
            decode(value.expose()).ok_or_else(|| Error::unauthenticated("not of the form of RFC 7617"))?;
        let user = self.users.get(&name);
        let own = user.map_or(&self.stranger, |user| &user.password);
        let same = self.is_password(own, password).await?;
        match user {
            Some(user) if same => Ok(Some(user.identity.clone())),
            _ => Err(Error::unauthenticated("no such user, or another password")),
        }
    }

    async fn is_password(&self, own: &Password, shown: Secret<String>) -> Result<bool> {
        let hash = match own {
            Password::Plain(own) => return Ok(own.same(&Fingerprint::of(shown.expose())).into()),
            Password::Hash(hash) => hash.clone(),
        };
        let busy =
            || Error::unavailable("too many passwords are being checked").with_retry_after(Duration::from_secs(1));
        let permit = match self.env.timeout(PATIENCE, self.threads.clone().acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            _ => return Err(busy()),
        };
        let work = move || {
            let same = Argon2::default().verify_password(shown.expose().as_bytes(), &*hash).is_ok();
            // Kept until here: a caller who goes away does not make room for another while the thread still works.
            drop(permit);
            same
        };
        // No `Env` owns this: it takes no time and draws no number that a test would see, and the caller waits for it.
        match tokio::task::spawn_blocking(work).await {
            Ok(same) => Ok(same),
            Err(error) if error.is_cancelled() => Err(Error::new(Kind::Cancelled, "the runtime is shutting down")),
            Err(error) => Err(Error::internal(format!("the check of a password panicked: {error}"))),
        }
    }
}

impl Authenticator for Basic {
    fn scheme(&self) -> &'static str {
        "Basic"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> BoxFuture<'a, Result<Option<Identity>>> {
        Box::pin(self.check(credentials))
    }
}

/// The name and the password: base64 of `name:password` in UTF-8. The password may have colons.
fn decode(value: &str) -> Option<(String, Secret<String>)> {
    let bytes = Base64::decode_vec(value).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), Secret::new(password.to_owned())))
}

#[cfg(test)]
mod tests {
    use partitura_runtime::env::Virtual;

    use super::*;

    /// Of `correct horse`, as argon2-cffi made it.
    const HASH: &str =
        "$argon2id$v=19$m=256,t=1,p=1$EzyA3Yed+wun7U2v05RiLg$Rk+K5Nrba1kQiwZud6oJ6DwnYdIQQbXzdm1ipukRAFE";

    #[tokio::test]
    async fn who_waits_too_long_for_a_thread_is_told_to_come_again() {
        let world = Virtual::new(1);
        let password = Password::Hash(Arc::new(PasswordHash::new(HASH).unwrap()));
        let users = BTreeMap::from([("ada".to_owned(), User { password, identity: Identity::user("ada") })]);
        let basic = Arc::new(Basic::new(users, &world.env()));
        let value = Secret::new(Base64::encode_string(b"ada:correct horse"));
        let call = || {
            let credentials = Credentials::Authorization { scheme: "Basic".to_owned(), value: value.clone() };
            let basic = basic.clone();
            world.env().spawn(async move { basic.authenticate(&credentials).await })
        };
        let busy = basic.threads.clone().acquire_many_owned(basic.threads.available_permits() as u32).await.unwrap();
        let late = call();
        world.advance(PATIENCE).await;
        let error = late.await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (Kind::Unavailable, Some(Duration::from_secs(1))));
        let in_time = call();
        drop(busy);
        assert_eq!(in_time.await.unwrap().unwrap(), Some(Identity::user("ada")));
    }
}
