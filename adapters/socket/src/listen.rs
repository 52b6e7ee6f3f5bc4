//! The file of the socket: made so that nobody else can ever connect, replaced when it is stale, refused when it is live.

use std::fs::{File, Permissions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use partitura_runtime::env::Env;
use partitura_runtime::error::{Error, Kind, Result};
use tokio::net::{UnixListener, UnixStream};

use crate::config::Mode;
use crate::path::refused;

/// The longest path that a kernel takes (`sun_path` of `sockaddr_un`): 108 bytes with the zero at the end on Linux, 104 on the BSDs.
const MOST_BYTES: usize = 103;
/// How long another process may hold the folder.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a socket that is there may take to say whether it is live.
const PROBE: Duration = Duration::from_secs(1);

/// A socket that is listened at.
pub(crate) struct Listening {
    pub(crate) listener: UnixListener,
    pub(crate) file: OwnFile,
}

/// A file that is removed once, unless somebody else's is there by then.
#[derive(Debug, Clone)]
pub(crate) struct OwnFile {
    path: PathBuf,
    /// Device and number of the file.
    is: (u64, u64),
}

/// Listens at `path`, as a file of this mode.
///
/// # Errors
/// Kind conflict, PT0450, if somebody listens there; kind conflict, PT0451, for a file that is no socket; kind unavailable,
/// PT0452, for a folder that is not there or takes no files, and for a path that is too long.
pub(crate) async fn open(path: &Path, mode: Mode, env: &Env) -> Result<Listening> {
    let failed = |error: std::io::Error| refused(path, &error.to_string());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let private = folder.join(format!(".{:08x}", env.random_u64() as u32));
    let inside = private.join("s");
    if path.as_os_str().len().max(inside.as_os_str().len()) > MOST_BYTES {
        return Err(refused(path, &format!("the path is longer than {MOST_BYTES} bytes; set a shorter `socket.path`")));
    }
    // Two processes that start at once: the second sees what the first has made.
    let _locked = lock(folder, env).await?;
    vacate(path, env).await?;
    // Within a folder that only this user can enter: until the mode is set, nobody else can connect, whatever the umask says.
    std::fs::DirBuilder::new().mode(0o700).create(&private).map_err(failed)?;
    let private = Private(private);
    let listener = UnixListener::bind(&inside).map_err(failed)?;
    std::fs::set_permissions(&inside, Permissions::from_mode(mode.bits())).map_err(failed)?;
    let made = std::fs::symlink_metadata(&inside).map_err(failed)?;
    // In one step, in the place of a stale one if there is one.
    std::fs::rename(&inside, path).map_err(failed)?;
    drop(private);
    let file = OwnFile { path: path.to_owned(), is: (made.dev(), made.ino()) };
    Ok(Listening { listener, file })
}

impl OwnFile {
    /// Removes it, if it is still the one that was made.
    pub(crate) fn remove(&self) -> Result<()> {
        match std::fs::symlink_metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == self.is => Ok(std::fs::remove_file(&self.path)?),
            _ => Ok(()),
        }
    }
}

/// A folder that is removed with what is in it.
struct Private(PathBuf);

impl Drop for Private {
    fn drop(&mut self) {
        // One that is left is empty, and in nobody's way.
        drop(std::fs::remove_file(self.0.join("s")));
        drop(std::fs::remove_dir(&self.0));
    }
}

/// Holds the folder until the file is dropped.
async fn lock(folder: &Path, env: &Env) -> Result<File> {
    let file = File::open(folder).map_err(|error| refused(folder, &error.to_string()))?;
    let end = env.now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if env.now() < end => env.sleep(Duration::from_millis(10)).await,
            Err(TryLockError::WouldBlock) => {
                return Err(refused(folder, "another process holds a lock on this folder"));
            }
            Err(TryLockError::Error(error)) => return Err(refused(folder, &error.to_string())),
        }
    }
}

/// Makes sure that nothing is at `path` that must not be replaced.
async fn vacate(path: &Path, env: &Env) -> Result<()> {
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(path, &error.to_string())),
    };
    if !found.file_type().is_socket() {
        let text =
            format!("{} is no socket, and is left alone: remove it, or set another `socket.path`", path.display());
        return Err(Error::conflict(text).with_code("PT0451"));
    }
    match env.timeout(PROBE, UnixStream::connect(path)).await {
        // Nobody has it open any more.
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
        Ok(Err(error)) if error.kind() == ErrorKind::NotFound => Ok(()),
        Ok(Err(error)) if error.kind() == ErrorKind::PermissionDenied => {
            Err(refused(path, "a socket is there that this user may not connect to"))
        }
        // One whose queue is full is live, too.
        _ => {
            let text =
                format!("a process listens at {} already: stop it, or set another `socket.path`", path.display());
            Err(Error::new(Kind::Conflict, text).with_code("PT0450"))
        }
    }
}
