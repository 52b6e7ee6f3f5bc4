//! The way in for another process on the same machine, through the socket that `adapters/socket` opens: here, since the shell attaches to
//! it as well.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use partitura_runtime::env::Env;
use partitura_runtime::error::{Error, Result};
use tokio::net::UnixStream;

use crate::{Client, ClientOptions, framed};

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

/// Where the socket of the application `name` is if the configuration does not say: `$XDG_RUNTIME_DIR/<name>.sock`, a folder that
/// only the user can look into. Without that variable `<temporary folder>/partitura-<uid>/<name>.sock`, in a folder that is made for
/// the user alone. The name is in lower case.
///
/// # Errors
/// If the user's id cannot be found out.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn default_path(name: &str) -> Result<PathBuf> {
    let file = format!("{}.sock", name.to_lowercase());
    match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_absolute()) {
        Some(folder) => Ok(folder.join(file)),
        None => Ok(std::env::temp_dir().join(format!("partitura-{}", own_uid()?)).join(file)),
    }
}

/// The user that this process runs as, as the kernel tells the other end of a socket.
///
/// # Errors
/// Kind unavailable, code PT0452, if no socket can be made.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn own_uid() -> Result<u32> {
    let told = UnixStream::pair().and_then(|(one, _other)| one.peer_cred());
    told.map(|peer| peer.uid()).map_err(|error| Error::unavailable(format!("the user id: {error}")).with_code("PT0452"))
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
