//! Where the socket is, if nobody says.

use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use partitura_runtime::error::{Error, Result};
use tokio::net::UnixStream;

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

/// Makes the folder of a default path, if there is none; one that others can write to, or that is somebody else's, is refused.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(refused(folder, &error.to_string())),
    }
    // Of the entry itself, not of what it may point to.
    let found = std::fs::symlink_metadata(folder).map_err(|error| refused(folder, &error.to_string()))?;
    match found.is_dir() && found.uid() == own_uid()? && found.mode() & 0o022 == 0 {
        true => Ok(()),
        false => Err(refused(folder, "it is no folder of this user alone; set `socket.path`")),
    }
}

/// The user that this process runs as, as the kernel tells the other end of a socket.
fn own_uid() -> Result<u32> {
    let told = UnixStream::pair().and_then(|(one, _other)| one.peer_cred());
    told.map(|peer| peer.uid()).map_err(|error| Error::unavailable(format!("the user id: {error}")).with_code("PT0452"))
}

#[cold]
pub(crate) fn refused(path: &Path, why: &str) -> Error {
    Error::unavailable(format!("no socket can be made at {}: {why}", path.display())).with_code("PT0452")
}
