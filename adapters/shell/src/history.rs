//! What was typed, kept for the next time.
//!
//! Not in the file of the editor's library: that one sets a umask, which is the whole process's, and so also that of an application in it.

use std::collections::VecDeque;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// So many lines are kept.
pub(crate) const MOST: usize = 1000;
/// Longer ones are not.
const MOST_BYTES: usize = 16 * 1024;

/// What was typed, oldest first; and the file, if it is kept in one.
#[derive(Debug, Default)]
pub(crate) struct History {
    lines: VecDeque<String>,
    file: Option<PathBuf>,
}

impl History {
    /// That of the file at `path`, which only its owner can read: one line each, as a string of JSON. A file that is too long is shortened.
    ///
    /// # Errors
    /// Why it cannot be kept there.
    pub(crate) fn open(path: PathBuf) -> std::io::Result<Self> {
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let file = own(OpenOptions::new().read(true).append(true), &path)?;
        let mut history = History::default();
        let mut total = 0;
        let most = (MOST * MOST_BYTES) as u64;
        for line in BufReader::new(file.take(most)).split(b'\n').map_while(Result::ok) {
            total += 1;
            // What somebody else wrote there is not ours to show.
            if let Ok(line) = serde_json::from_slice::<String>(&line) {
                history.keep(line);
            }
        }
        if total > 2 * MOST {
            history.rewrite(&path)?;
        }
        history.file = Some(path);
        Ok(history)
    }

    /// Adds a line, unless it is that which came before it. `to_file` says whether the next shell knows it, too.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub(crate) fn add(&mut self, line: &str, to_file: bool) -> std::io::Result<()> {
        let line = line.trim();
        if line.is_empty() || line.len() > MOST_BYTES || self.lines.back().is_some_and(|last| last == line) {
            return Ok(());
        }
        self.keep(line.to_owned());
        let Some(path) = self.file.as_ref().filter(|_| to_file) else { return Ok(()) };
        // One write, so that several shells can share the file.
        let text = format!("{}\n", serde_json::to_string(line)?);
        own(OpenOptions::new().append(true), path)?.write_all(text.as_bytes())
    }

    /// Oldest first.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    fn keep(&mut self, line: String) {
        if self.lines.len() == MOST {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Writes the lines that are kept to a file beside it, and puts that in its place.
    fn rewrite(&self, path: &Path) -> std::io::Result<()> {
        let beside = path.with_extension(format!("{}.new", std::process::id()));
        let mut text = String::new();
        for line in &self.lines {
            text += &serde_json::to_string(line)?;
            text.push('\n');
        }
        own(OpenOptions::new().write(true).truncate(true), &beside)?.write_all(text.as_bytes())?;
        std::fs::rename(beside, path)
    }
}

/// A file that is made for its owner alone, and is made so if it is there and is not.
fn own(options: &mut OpenOptions, path: &Path) -> std::io::Result<File> {
    let file = options.create(true).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Where the history of the application `name` is: `partitura/<name>/history` in `$XDG_STATE_HOME`, or in `~/.local/state`.
pub(crate) fn place(name: &str) -> Option<PathBuf> {
    let absolute = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("partitura").join(name.to_lowercase()).join("history"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("shell-history-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        folder
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn it_is_there_the_next_time_and_only_the_owners() {
        let folder = folder("kept");
        let path = folder.join("bank/history");
        let mut history = History::open(path.clone()).unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        history.add("a.B {\n  \"c\": 1\n}", true).unwrap();
        history.add(" ls ", true).unwrap();
        history.add("ls", true).unwrap();
        history.add("a.Lgoin --pin 1", false).unwrap();
        history.add(&"x".repeat(MOST_BYTES + 1), true).unwrap();
        assert_eq!(history.lines().count(), 3);
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let again = History::open(path.clone()).unwrap();
        assert_eq!(again.lines().collect::<Vec<_>>(), ["a.B {\n  \"c\": 1\n}", "ls"]);
        assert_eq!(mode(&path), 0o600);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn it_is_bounded() {
        let folder = folder("bounded");
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("history");
        let mut text: String = (0..=2 * MOST).map(|number| format!("\"a.B --c {number}\"\n")).collect();
        text += "no string\n";
        std::fs::write(&path, text).unwrap();
        let mut history = History::open(path.clone()).unwrap();
        assert_eq!(history.lines().count(), MOST);
        assert_eq!(history.lines().last().unwrap(), format!("a.B --c {}", 2 * MOST));
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), MOST);
        assert_eq!(mode(&path), 0o600);
        history.add("ls", true).unwrap();
        assert_eq!(history.lines().count(), MOST);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
