//! The way in for another process.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use partitura_runtime::env::Env;
use partitura_runtime::error::{Error, Result};
use partitura_wire::{Client, ClientOptions, framed};
use tokio::net::UnixStream;

/// Connects to the socket at `path`: many requests and streams over one connection, from many tasks.
///
/// ```text
/// let bank = connect("/run/user/1000/bank.sock").await?;
/// let id = bank.execute("accounts.OpenAccount", json!({ "owner": "Ada" })).await?;
/// ```
///
/// # Errors
/// Kind unavailable, code PT0454, when nobody listens there; kind forbidden, code PT0454, when this user may not connect; what
/// the application refuses the caller with; and as [`Client::connect`].
///
/// # Panics
/// Outside of a tokio runtime.
pub async fn connect(path: impl AsRef<Path>) -> Result<Client> {
    connect_with(path, &Env::real(), ClientOptions::default()).await
}

/// As [`connect`], in an environment of the caller's and with options.
///
/// # Errors
/// As [`connect`].
///
/// # Panics
/// Outside of a tokio runtime.
pub async fn connect_with(path: impl AsRef<Path>, env: &Env, options: ClientOptions) -> Result<Client> {
    let path = path.as_ref();
    let stream = match env.timeout(options.hello, UnixStream::connect(path)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(refused(path, &error)),
        Err(_) => return Err(refused(path, &ErrorKind::TimedOut.into())),
    };
    let (read, write) = stream.into_split();
    let (read, write) = framed(read, write, options.max_frame, Duration::from_secs(30), env);
    Client::connect(read, write, env, options).await
}

#[cold]
fn refused(path: &Path, error: &std::io::Error) -> Error {
    let at = path.display();
    let error = match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => Error::unavailable(format!(
            "nobody listens at {at}: does the application run, with the entrypoint `socket`?"
        )),
        ErrorKind::PermissionDenied => Error::forbidden(format!("this user may not connect to {at}")),
        _ => Error::unavailable(format!("cannot connect to {at}: {error}")),
    };
    error.with_code("PT0454")
}
