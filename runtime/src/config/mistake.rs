//! What is wrong with a configuration: where it stands, what it is and how to put it right.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

/// Everything that is wrong with a configuration, all at once.
///
/// `Display` prints one line per mistake, sorted by origin: files first, then environment variables, flags, and at last
/// what is missing everywhere. Equal mistakes are kept once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistakes(BTreeSet<Mistake>);

/// One thing that is wrong with a configuration.
///
/// `Display` prints one line: `` partitura.toml:3:8: `db.port` must be an integer between 0 and 65535, not a string ``.
/// It never tells a value that may be secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands; none if it stands nowhere, such as a missing key.
    pub origin: Option<Origin>,
    /// What is wrong, and how to put it right.
    pub message: String,
}

/// Where a value of the configuration comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// A place in a file; displayed as `partitura.toml:3:8`.
    File {
        /// The file, as the loader found it: relative if its directory is.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
    },
    /// A variable of the environment; displayed as `environment variable BANK__HTTP__PORT`.
    Environment {
        /// The name of the variable, as it is spelled there.
        name: String,
    },
    /// A flag of the command line; displayed without its value, as `--set http.port=..`.
    Flag {
        /// What follows `--set`, without its value: `http.port=..`.
        text: String,
    },
}

impl Origin {
    /// `partitura.toml:3`, as places in the code are told; none for what stands in no file.
    pub fn line(&self) -> Option<String> {
        match self {
            Origin::File { path, line, .. } => Some(format!("{}:{line}", path.display())),
            _ => None,
        }
    }
}

impl Mistake {
    /// A mistake that stands at `origin`.
    pub fn at(origin: Origin, message: impl Into<String>) -> Self {
        Mistake { origin: Some(origin), message: message.into() }
    }

    /// A mistake that stands nowhere.
    pub fn nowhere(message: impl Into<String>) -> Self {
        Mistake { origin: None, message: message.into() }
    }

    /// What they are sorted by: that which has no origin comes last.
    fn rank(&self) -> (bool, Option<&Origin>, &str) {
        (self.origin.is_none(), self.origin.as_ref(), &self.message)
    }
}

impl Mistakes {
    /// True if nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, sorted by origin.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }

    /// Adds one.
    pub fn add(&mut self, mistake: Mistake) {
        self.0.insert(mistake);
    }

    /// Adds those of `other`.
    pub fn merge(&mut self, other: Mistakes) {
        self.0.extend(other.0);
    }

    /// `value` if nothing is wrong.
    ///
    /// # Errors
    /// These mistakes, if there is one.
    pub fn or<T>(self, value: T) -> Result<T, Mistakes> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        // One line each, whatever a user's own type writes into its errors.
        for (index, line) in self.message.lines().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{}", line.trim())?;
        }
        Ok(())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Origin::Environment { name } => write!(f, "environment variable {name}"),
            Origin::Flag { text } => write!(f, "--set {text}"),
        }
    }
}

impl Ord for Mistake {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Mistake {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl FromIterator<Mistake> for Mistakes {
    fn from_iter<I: IntoIterator<Item = Mistake>>(mistakes: I) -> Self {
        Mistakes(mistakes.into_iter().collect())
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Mistakes(BTreeSet::from([mistake]))
    }
}

impl IntoIterator for Mistakes {
    type Item = Mistake;
    type IntoIter = std::collections::btree_set::IntoIter<Mistake>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
