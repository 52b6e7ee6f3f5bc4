//! The files of a folder, in order, and everything that is wrong with their names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use syn::LitStr;

use crate::support::sink::Sink;

/// A file, or a folder in the folder.
pub(super) struct File {
    /// Without its number: `user`.
    pub(super) name: String,
    /// Within its folder: `1_user.rs`.
    pub(super) path: String,
    pub(super) kind: Kind,
    number: Option<u64>,
    /// From the package's folder, for people: `src/models/1_user.rs`.
    pub(super) shown: String,
}

pub(super) enum Kind {
    File {
        /// Whether its `execute` can be run.
        is_step: bool,
    },
    Folder(Vec<File>),
}

/// Reads the folder, from that of `Cargo.toml`.
pub(super) fn read(path: &LitStr, strict: bool, steps: bool, sink: &mut Sink) -> Vec<File> {
    let text = path.value();
    let folder = package().join(&text);
    if Path::new(&text).is_absolute() || Path::new(&text).components().any(|part| part == Component::ParentDir) {
        sink.at(path, "a folder is in the package, and is named from its Cargo.toml: `\"src/models\"` [PT0190]");
        return Vec::new();
    }
    if !folder.is_dir() {
        sink.at(path, format!("there is no folder `{text}` beside the package's Cargo.toml{} [PT0190]", near(&text)));
        return Vec::new();
    }
    let mut reader = Reader { at: path, strict, steps, sink };
    let files = reader.folder(&folder, text.trim_end_matches('/'));
    if files.is_empty() && sink.is_empty() {
        sink.at(path, format!("the folder `{text}` has no file of Rust [PT0190]"));
    }
    files
}

fn package() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default()
}

/// Folders beside the one that is not there.
fn near(text: &str) -> String {
    let path = Path::new(text);
    let parent = path.parent().unwrap_or(Path::new(""));
    let Ok(entries) = fs::read_dir(package().join(parent)) else { return String::new() };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| parent.join(entry.file_name()).to_string_lossy().into_owned())
        .collect();
    names.sort();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    crate::support::name::did_you_mean(text, &names)
}

/// The folder as `#[path]` wants it: from the folder of the file in which the macro stands.
pub(super) fn place(text: &str) -> String {
    let folder = package().join(text);
    let file = match proc_macro::is_available() {
        true => proc_macro::Span::call_site().local_file(),
        false => None,
    };
    let here = file.and_then(|file| fs::canonicalize(file).ok());
    let base = here.as_deref().and_then(Path::parent).map_or_else(|| package().join("src"), Path::to_owned);
    let folder = fs::canonicalize(&folder).unwrap_or(folder);
    between(&base, &folder)
}

/// The way from one folder to another, with `/` on every platform.
fn between(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) = (from.components().collect(), to.components().collect());
    let same = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
    let up = from[same..].iter().map(|_| "..".to_owned());
    let down = to[same..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let way: Vec<String> = up.chain(down).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

struct Reader<'a> {
    at: &'a LitStr,
    strict: bool,
    steps: bool,
    sink: &'a mut Sink,
}

impl Reader<'_> {
    fn folder(&mut self, folder: &Path, shown: &str) -> Vec<File> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.sink.at(self.at, format!("`{shown}` cannot be read: {error} [PT0190]"));
                return Vec::new();
            }
        };
        let mut names: Vec<String> =
            entries.filter_map(Result::ok).map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        // A folder lists its files in any order.
        names.sort();
        let mut files: Vec<File> = names.into_iter().filter_map(|name| self.file(folder, shown, name)).collect();
        // Numbers first, then names.
        files.sort_by(|a, b| (a.number.is_none(), a.number, &a.name).cmp(&(b.number.is_none(), b.number, &b.name)));
        self.doubled(&mut files);
        if self.strict {
            self.gaps(&files, shown);
        }
        files
    }

    fn file(&mut self, folder: &Path, shown: &str, path: String) -> Option<File> {
        let (full, shown) = (folder.join(&path), format!("{shown}/{path}"));
        if path.starts_with('.') {
            return None;
        }
        let stem = match full.is_dir() {
            true => path.as_str(),
            false => path.strip_suffix(".rs")?,
        };
        let digits = stem.find(|c: char| !c.is_ascii_digit()).unwrap_or(stem.len());
        let (number, name) = match stem[digits..].strip_prefix(['_', '-']) {
            Some(name) if digits > 0 => (stem[..digits].parse().ok(), name),
            _ => (None, stem),
        };
        let kind = match full.is_dir() {
            true => {
                let inner = self.folder(&full, &shown);
                // A folder of something else.
                if inner.is_empty() {
                    return None;
                }
                Kind::Folder(inner)
            }
            false => Kind::File { is_step: self.steps && self.is_step(&full, &shown) },
        };
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && !matches!(name, "self" | "super" | "crate" | "Self" | "_" | "mod");
        if !is_name {
            self.sink.at(
                self.at,
                format!("`{shown}` cannot be a module: a file is named by a number, `_` and a name of letters, digits and `_`, such as `1_user.rs`, or by the name alone [PT0195]"),
            );
            return None;
        }
        Some(File { name: name.to_owned(), path, kind, number, shown })
    }

    /// The fn `execute`, as far as it can be seen. A file that does not parse is told by the compiler.
    fn is_step(&mut self, full: &Path, shown: &str) -> bool {
        let Ok(text) = fs::read_to_string(full) else { return false };
        let Ok(file) = syn::parse_file(&text) else { return text.contains("step") };
        let execute = file.items.iter().find_map(|item| match item {
            syn::Item::Fn(function) if function.sig.ident == "execute" => Some(function),
            _ => None,
        });
        let Some(execute) = execute else {
            self.sink.at(
                self.at,
                format!("`{shown}` has no fn `execute` to run: write `#[step] pub async fn execute() -> Result<()>` in it [PT0193]"),
            );
            return false;
        };
        let is_step = execute
            .attrs
            .iter()
            .any(|attribute| attribute.path().segments.last().is_some_and(|last| last.ident == "step"));
        if !is_step {
            self.sink.at(self.at, format!("`execute` of `{shown}` is no step: put `#[step]` on it [PT0193]"));
        }
        is_step
    }

    /// Only the first of a name is left, since the compiler would tell it, too.
    fn doubled(&mut self, files: &mut Vec<File>) {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        files.retain(|file| {
            let first = seen.entry(file.name.clone()).or_insert_with(|| file.shown.clone());
            if *first != file.shown {
                self.sink.at(
                    self.at,
                    format!("`{first}` and `{}` are both the module `{}`: rename one [PT0191]", file.shown, file.name),
                );
            }
            *first == file.shown
        });
    }

    /// From the first number on, each one once.
    fn gaps(&mut self, files: &[File], shown: &str) {
        let numbers: Vec<(u64, &str)> =
            files.iter().filter_map(|file| file.number.map(|number| (number, file.shown.as_str()))).collect();
        for pair in numbers.windows(2) {
            let ((first, one), (second, other)) = (pair[0], pair[1]);
            if first == second {
                self.sink.at(self.at, format!("`{one}` and `{other}` have one number [PT0192]"));
            } else if second > first + 1 {
                let text = format!("`{shown}` has a gap in its numbers: behind `{one}` comes `{other}` [PT0192]");
                self.sink.at(self.at, text);
            }
        }
    }
}
