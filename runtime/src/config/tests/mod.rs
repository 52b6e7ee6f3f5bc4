//! The promises of the configuration, each through [`Case`]: files, environment and flags in, a section or mistakes
//! out.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Deserialize;

use super::*;

/// A directory with files, and all else that a configuration is made of.
struct Case {
    directory: PathBuf,
    loader: Loader,
}

impl Case {
    fn new(file: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("partitura-config-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        let loader = Loader::new("BANK").directory(&directory).environment([]);
        Case { directory, loader }.file("partitura.toml", file)
    }

    fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.directory.join(name), text).unwrap();
        self
    }

    fn env(self, variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.with(|loader| loader.environment(variables.collect::<Vec<_>>()))
    }

    fn set(self, flag: &str) -> Self {
        self.with(|loader| loader.set(flag))
    }

    fn with(mut self, change: impl FnOnce(Loader) -> Loader) -> Self {
        self.loader = change(self.loader.clone());
        self
    }

    fn config(&self) -> Result<Config, String> {
        self.loader.clone().load().map_err(|mistakes| self.plain(mistakes))
    }

    fn read<T: Section>(&self) -> Result<T, String> {
        self.config()?.section().map_err(|mistakes| self.plain(mistakes))
    }

    /// Without the name of the directory.
    fn plain(&self, mistakes: Mistakes) -> String {
        mistakes.to_string().replace(&format!("{}/", self.directory.display()), "")
    }

    #[track_caller]
    fn fails<T: Section>(&self, lines: &[&str]) {
        let text = self.read::<T>().map(drop).expect_err("there is a mistake");
        assert_eq!(text.lines().collect::<Vec<_>>(), lines, "\n{text}\n");
    }

    #[track_caller]
    fn does_not_load(&self, lines: &[&str]) {
        let text = self.config().map(drop).expect_err("there is a mistake");
        assert_eq!(text.lines().collect::<Vec<_>>(), lines, "\n{text}\n");
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// What the attribute macro generates.
macro_rules! section {
    ($type:ty, $name:literal, [$($field:expr),* $(,)?]) => {
        impl Section for $type {
            const NAME: &'static str = $name;
            const FIELDS: &'static [Field] = &[$($field),*];
        }
    };
}

// Behind the macro, so that they see it.
mod layers;
mod mistakes;
mod shown;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(default)]
struct Http {
    host: String,
    port: u16,
    open: bool,
    ratio: f64,
    tags: Vec<String>,
    ports: Vec<u16>,
    #[serde(rename = "time-out")]
    timeout: Option<String>,
    level: Level,
    limits: HashMap<String, u32>,
    #[serde(with = "duration")]
    wait: Duration,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Low,
    High,
    Custom { value: u8 },
}

impl Default for Http {
    fn default() -> Self {
        Http {
            host: "localhost".into(),
            port: 80,
            open: false,
            ratio: 0.5,
            tags: vec![],
            ports: vec![],
            timeout: None,
            level: Level::Low,
            limits: HashMap::new(),
            wait: Duration::from_secs(1),
        }
    }
}

section!(
    Http,
    "http",
    [
        Field::optional("host", "String"),
        Field::optional("port", "u16"),
        Field::optional("open", "bool"),
        Field::optional("ratio", "f64"),
        Field::optional("tags", "Vec<String>"),
        Field::optional("ports", "Vec<u16>"),
        Field::optional("time-out", "Option<String>"),
        Field::optional("level", "Level"),
        Field::optional("limits", "HashMap<String, u32>"),
        Field::optional("wait", "Duration"),
    ]
);

fn ten() -> u32 {
    10
}

#[derive(Debug, Deserialize)]
struct Db {
    url: Secret<String>,
    #[serde(default = "ten")]
    pool: u32,
    #[serde(rename = "time-out", default)]
    timeout: Option<String>,
}

section!(
    Db,
    "db",
    [
        Field::required("url", "Secret<String>").secret(),
        Field::optional("pool", "u32"),
        Field::optional("time-out", "Option<String>"),
    ]
);

/// Everything in it must be there.
#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Strict {
    address: SocketAddr,
    #[serde(with = "duration")]
    wait: Duration,
    size: NonZeroU32,
    level: Level,
    inner: Inner,
    servers: Vec<Inner>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Inner {
    name: String,
    port: u16,
}

section!(
    Strict,
    "strict",
    [
        Field::required("address", "SocketAddr"),
        Field::required("wait", "Duration"),
        Field::required("size", "NonZeroU32"),
        Field::required("level", "Level"),
        Field::required("inner", "Inner"),
        Field::required("servers", "Vec<Inner>"),
    ]
);

/// Accepts one word only, so that no stand-in gets past it.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Picky;

impl TryFrom<String> for Picky {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "xyzzy" { Ok(Picky) } else { Err(format!("`{text}` is not the word")) }
    }
}
