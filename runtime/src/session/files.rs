//! Sessions in files, one for each.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::Record;
use super::stripes::{Stripes, Turn};
use super::{Change, Limits, Make, SessionId, SessionStore};
use crate::env::Env;
use crate::error::{Error, Kind, Result};
use crate::future::BoxFuture;
use crate::telemetry::trace::TraceId;

/// Keeps each session in a JSON file of its own below one directory, which on Unix is for this user alone.
///
/// - A change writes the whole session to a temporary file, syncs it, and renames it: after a crash the old state is
///   there or the new one.
/// - The name of the file is the session id in base 32: no id leads out of the directory, and two ids never meet.
/// - A file that makes no sense is an error, and is left as it is.
/// - The file's time of modification is when the session was last used.
/// - With [`Limits::max_sessions`] files, one new session makes a tenth of them go: the expired ones and those used
///   longest ago. Until then expired files stay, unread.
///
/// Changes of one session are made one after the other in this process. Several processes may share a directory, as
/// long as no two of them change one session at a time: the last one to write wins.
pub struct FileStore {
    folder: Arc<Folder>,
    turns: Arc<Stripes>,
}

struct Folder {
    path: PathBuf,
    env: Env,
    limits: Limits,
    /// How many files there are; `None` until somebody had to know.
    count: Mutex<Option<usize>>,
}

impl FileStore {
    /// Opens a directory, and makes it if it is not there.
    ///
    /// # Errors
    /// Kind unavailable, code PT0324, if it cannot be made.
    pub fn open(path: impl Into<PathBuf>, env: &Env, limits: Limits) -> Result<Self> {
        let path = path.into();
        make_folder(&path).map_err(|cause| unavailable(&path, cause))?;
        let folder = Folder { path, env: env.clone(), limits, count: Mutex::default() };
        Ok(FileStore { folder: Arc::new(folder), turns: Arc::new(Stripes::new()) })
    }

    async fn load(&self, id: &SessionId) -> Result<Option<Record>> {
        let (folder, id) = (self.folder.clone(), id.clone());
        on_a_thread_that_may_wait(move || folder.load(&id)).await
    }

    /// The turn goes along: whoever is dropped midway leaves the work to its end, and nobody comes in between.
    async fn save(&self, turn: Turn, id: &SessionId, record: Record) -> Result<()> {
        let (folder, turns, id) = (self.folder.clone(), self.turns.clone(), id.clone());
        on_a_thread_that_may_wait(move || {
            let saved = folder.save(&id, record, &turns);
            drop(turn);
            saved
        })
        .await
    }

    async fn delete(&self, turn: Turn, id: &SessionId) -> Result<()> {
        let (folder, id) = (self.folder.clone(), id.clone());
        on_a_thread_that_may_wait(move || {
            let deleted = folder.delete(&id);
            drop(turn);
            deleted
        })
        .await
    }
}

impl SessionStore for FileStore {
    fn read<'a>(&'a self, id: &'a SessionId, key: &'a str) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move { Ok(self.load(id).await?.map(|record| record.read(key)).unwrap_or_default()) })
    }

    fn append<'a>(&'a self, id: &'a SessionId, key: &'a str, keep: usize, make: Make<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let turn = self.turns.turn(id).await;
            let mut record = self.load(id).await?.unwrap_or_default();
            let change = make(record.last(key))?;
            record.append(key, change, keep, &self.folder.limits)?;
            self.save(turn, id, record).await
        })
    }

    fn remove<'a>(&'a self, id: &'a SessionId, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let turn = self.turns.turn(id).await;
            let Some(mut record) = self.load(id).await? else { return Ok(false) };
            match record.remove(key) {
                false => return Ok(false),
                true if record.is_empty() => self.delete(turn, id).await?,
                true => self.save(turn, id, record).await?,
            }
            Ok(true)
        })
    }

    fn keys<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move { Ok(self.load(id).await?.as_ref().map(Record::keys).unwrap_or_default()) })
    }

    fn clear<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let turn = self.turns.turn(id).await;
            self.delete(turn, id).await
        })
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Folder { path, limits, .. } = &*self.folder;
        f.debug_struct("FileStore").field("path", path).field("limits", limits).finish_non_exhaustive()
    }
}

/// Files make a thread wait, and those of the runtime have messages to run. No [`Env`] owns this: it takes no time and
/// draws no number that a test would see, and the caller waits for it.
async fn on_a_thread_that_may_wait<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_cancelled() => Err(Error::new(Kind::Cancelled, "the runtime is shutting down")),
        Err(error) => Err(Error::internal(format!("the work on a session's file panicked: {error}"))),
    }
}

/// A session as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    id: String,
    keys: BTreeMap<String, VecDeque<StoredChange>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredChange {
    at: SystemTime,
    trace_id: TraceId,
    value: Value,
}

const VERSION: u32 = 1;
const EXTENSION: &str = "json";
const TEMPORARY: &str = "tmp";

/// Nobody is still writing a temporary file that is as old as this: its writer is no more.
const ABANDONED: Duration = Duration::from_secs(3_600);

impl Folder {
    /// The session, if it is there and not over; which is a use of it.
    fn load(&self, id: &SessionId) -> Result<Option<Record>> {
        let path = self.file(id);
        let failed = |cause| unavailable(&path, cause);
        // For writing, since some systems set the time of no other.
        let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let used_at = file.metadata().and_then(|metadata| metadata.modified()).map_err(failed)?;
        let now = self.env.wall_clock();
        if self.limits.is_over(since(used_at, now)) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let record = decode(&bytes, id).map_err(|what| corrupt(&path, &what))?;
        file.set_modified(now).map_err(failed)?;
        Ok(Some(record))
    }

    fn save(&self, id: &SessionId, record: Record, turns: &Stripes) -> Result<()> {
        let path = self.file(id);
        let failed = |cause| unavailable(&path, cause);
        if !path.try_exists().map_err(failed)? {
            self.make_room(id, turns).map_err(|cause| unavailable(&self.path, cause))?;
        }
        let temporary = self.write_temporary(id, record).map_err(failed)?;
        let renamed = fs::rename(&temporary, &path).and_then(|()| sync_folder(&self.path));
        renamed.map_err(|cause| {
            let _ = fs::remove_file(&temporary); // it has already failed, and says so
            failed(cause)
        })
    }

    /// Everything but the last step: whoever stops here has changed nothing.
    fn write_temporary(&self, id: &SessionId, record: Record) -> io::Result<PathBuf> {
        // Not drawn from `Env`: in virtual time two stores of one directory would draw the same.
        static WRITTEN: AtomicU64 = AtomicU64::new(0);
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let extension = format!("{}-{number}.{TEMPORARY}", std::process::id());
        let path = self.file(id).with_extension(extension);
        let bytes = encode(id, record)?;
        let written = for_this_user(OpenOptions::new().write(true).create(true).truncate(true)).open(&path).and_then(
            |mut file| {
                file.write_all(&bytes)?;
                file.set_modified(self.env.wall_clock())?;
                file.sync_all()
            },
        );
        match written {
            Ok(()) => Ok(path),
            Err(error) => {
                let _ = fs::remove_file(&path); // it has already failed, and says so
                Err(error)
            }
        }
    }

    fn delete(&self, id: &SessionId) -> Result<()> {
        let path = self.file(id);
        match fs::remove_file(&path) {
            Ok(()) => {
                if let Some(count) = &mut *self.count.lock().unwrap_or_else(PoisonError::into_inner) {
                    *count = count.saturating_sub(1);
                }
                sync_folder(&self.path).map_err(|cause| unavailable(&path, cause))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(unavailable(&path, error)),
        }
    }

    /// Sees to it that one more file stays within the limit. What another process adds is noticed when it is full.
    fn make_room(&self, new: &SessionId, turns: &Stripes) -> io::Result<()> {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let most = self.limits.max_sessions;
        let left = match *count {
            Some(known) if known < most => known,
            _ => self.sweep(most, new, turns)?,
        };
        *count = Some(left + 1);
        Ok(())
    }

    /// Deletes what is over, and if no room is left, a tenth of what is there, the longest unused first. Tells how many
    /// files are left. The caller has the turn of `new`.
    fn sweep(&self, most: usize, new: &SessionId, turns: &Stripes) -> io::Result<usize> {
        let now = self.env.wall_clock();
        let mut files = Vec::new();
        let mut left = 0;
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            let Some(used_at) = modified(&path)? else { continue };
            let extension = path.extension().and_then(|extension| extension.to_str());
            match extension {
                Some(TEMPORARY) if since(used_at, now) >= ABANDONED => remove(&path)?,
                Some(EXTENSION) => {
                    left += 1;
                    files.push((used_at, path));
                }
                _ => {}
            }
        }
        files.sort();
        let room = if left < most { most } else { most - (most / 10).max(1) };
        for (used_at, path) in files {
            let is_over = self.limits.is_over(since(used_at, now));
            if !is_over && left <= room {
                break;
            }
            // Somebody whose turn it is uses it; and who has used it since has it kept.
            let id = path.file_stem().and_then(|stem| stem.to_str()).and_then(from_base32);
            let others = id.as_deref().filter(|id| !turns.are_one(id, new.as_str()));
            let turn = others.map(|id| turns.try_turn(id));
            if matches!(turn, Some(None)) || modified(&path)?.is_some_and(|at| at != used_at) {
                continue;
            }
            remove(&path)?;
            left -= 1;
        }
        Ok(left)
    }

    fn file(&self, id: &SessionId) -> PathBuf {
        self.path.join(format!("{}.{EXTENSION}", base32(id.as_str())))
    }
}

fn encode(id: &SessionId, record: Record) -> io::Result<Vec<u8>> {
    let stored =
        |Change { value, at, trace_id }| StoredChange { at, trace_id, value: std::sync::Arc::unwrap_or_clone(value) };
    let keys = record.keys.into_iter().map(|(key, changes)| (key, changes.into_iter().map(stored).collect()));
    let stored = Stored { version: VERSION, id: id.as_str().to_owned(), keys: keys.collect() };
    Ok(serde_json::to_vec_pretty(&stored)?)
}

/// Reads a session, or says what is wrong with it.
fn decode(bytes: &[u8], id: &SessionId) -> Result<Record, String> {
    let stored: Stored = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if stored.version != VERSION {
        return Err(format!("its version is {}, and this program knows version {VERSION}", stored.version));
    }
    if stored.id != id.as_str() {
        return Err("it is the file of another session".to_owned());
    }
    let change = |StoredChange { at, trace_id, value }| Change { value: value.into(), at, trace_id };
    let keys = stored.keys.into_iter().map(|(key, changes)| (key, changes.into_iter().map(change).collect()));
    Ok(Record { keys: keys.collect() })
}

/// A caller reads that the store does not answer; the log, where and why.
#[cold]
fn unavailable(path: &Path, cause: io::Error) -> Error {
    let cause = io::Error::new(cause.kind(), format!("{}: {cause}", path.display()));
    Error::unavailable("sessions are not available now").with_code("PT0324").with_source(cause)
}

#[cold]
fn corrupt(path: &Path, what: &str) -> Error {
    Error::internal(format!(
        "the session's file {} cannot be read: {what}; it was left as it is: mend it, or delete it to begin the session anew",
        path.display()
    ))
    .with_code("PT0324")
}

/// How long ago; no time at all if the clock was set back.
fn since(at: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(at).unwrap_or_default()
}

fn modified(path: &Path) -> io::Result<Option<SystemTime>> {
    present(fs::metadata(path).and_then(|metadata| metadata.modified()))
}

/// Somebody else may have been faster.
fn remove(path: &Path) -> io::Result<()> {
    present(fs::remove_file(path)).map(drop)
}

fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn make_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(unix)]
fn for_this_user(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn for_this_user(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Makes a rename outlast a crash. Elsewhere than on Unix a directory cannot be opened.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// RFC 4648, in lower case and without padding: file systems that do not tell cases apart keep the names apart, and the
/// longest id still is a name (205 characters).
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

fn base32(text: &str) -> String {
    let mut name = String::with_capacity(text.len().div_ceil(5) * 8);
    for chunk in text.as_bytes().chunks(5) {
        let bits = (0..5).fold(0u64, |bits, at| bits << 8 | u64::from(chunk.get(at).copied().unwrap_or(0)));
        let digits = (chunk.len() * 8).div_ceil(5);
        name.extend((0..digits).map(|at| char::from(ALPHABET[(bits >> (35 - 5 * at) & 31) as usize])));
    }
    name
}

/// The text of a name that [`base32`] made; none of another.
fn from_base32(name: &str) -> Option<String> {
    let (mut bits, mut held, mut bytes) = (0u32, 0, Vec::new());
    for digit in name.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == digit)?;
        // Below 13 bits, of which at most 7 are left each time.
        bits = (bits << 5 | value as u32) & 0xfff;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::env::Virtual;

    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("partitura-files-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Place(path)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn record(value: u32) -> Record {
        let mut record = Record::default();
        let trace_id = TraceId::new(1).unwrap();
        let change = Change { value: Arc::new(value.into()), at: SystemTime::UNIX_EPOCH, trace_id };
        record.append("key", change, 1, &Limits::default()).unwrap();
        record
    }

    #[test]
    fn session_a_crash_before_the_rename_leaves_the_old_state() {
        let place = Place::new("crash");
        let env = Virtual::new(0).env();
        let id = SessionId::new("one").unwrap();
        let store = FileStore::open(&place.0, &env, Limits::default()).unwrap();
        store.folder.save(&id, record(1), &store.turns).unwrap();
        let left_behind = store.folder.write_temporary(&id, record(2)).unwrap();

        let store = FileStore::open(&place.0, &env, Limits::default()).unwrap();
        let loaded = |store: &FileStore| store.folder.load(&id).unwrap().unwrap().read("key")[0].value.to_string();
        assert_eq!(loaded(&store), "1");
        store.folder.save(&id, record(3), &store.turns).unwrap();
        assert_eq!(loaded(&store), "3", "what was left behind is in nobody's way");

        assert!(left_behind.exists());
        let world = Virtual::new(0);
        let later =
            FileStore::open(&place.0, &world.env(), Limits { ttl: Duration::ZERO, ..Limits::default() }).unwrap();
        File::options().write(true).open(&left_behind).unwrap().set_modified(env.wall_clock() - ABANDONED).unwrap();
        later.folder.save(&SessionId::new("two").unwrap(), record(1), &later.turns).unwrap();
        assert!(!left_behind.exists(), "and goes with the next sweep");
        assert_eq!(loaded(&later), "3");
    }

    #[test]
    fn session_files_are_named_by_rfc_4648() {
        for (text, name) in [("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"), ("fooba", "mzxw6ytb")]
        {
            assert_eq!(base32(text), name);
        }
        assert_eq!(from_base32("no base 32"), None);
        assert_eq!(base32(&"~".repeat(SessionId::MAX)).len(), 205);
    }

    proptest! {
        #[test]
        fn session_file_names_are_plain_and_read_back(text in "[!-~]{1,128}") {
            let name = base32(&text);
            prop_assert!(name.bytes().all(|byte| ALPHABET.contains(&byte)));
            prop_assert_eq!(from_base32(&name), Some(text));
        }
    }
}
