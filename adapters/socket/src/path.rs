//! The folder of a socket's default path.

use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use partitura_runtime::error::{Error, Result};
use partitura_wire::unix::own_uid;

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

#[cold]
pub(crate) fn refused(path: &Path, why: &str) -> Error {
    Error::unavailable(format!("no socket can be made at {}: {why}", path.display())).with_code("PT0452")
}
