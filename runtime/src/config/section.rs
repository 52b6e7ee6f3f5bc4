//! Sections: the structs that the parts of a configuration are read into.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::fault::missing;
use super::path::Path;
use super::reader::{Notes, Patch, Reader, Run, Sight};
use super::stand_in::StandIn;
use super::tree::Node;
use super::{Config, Mistakes};

/// A part of the configuration with a name and a type; write `#[config(section = "db")]` on the struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a section of the configuration",
    label = "this needs a section",
    note = "put `#[config(section = \"..\")]` on the struct `{Self}`"
)]
pub trait Section: DeserializeOwned {
    /// Where it stands: `db`, or dotted, `db.primary`.
    const NAME: &'static str;
    /// Its keys.
    const FIELDS: &'static [Field];
    /// True if it takes keys that are not in [`Section::FIELDS`], through `#[serde(flatten)]`.
    const OPEN: bool = false;
}

/// A key of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// As it is written in a file: after serde's renames.
    pub name: &'static str,
    /// Its type, as the user wrote it.
    pub ty: &'static str,
    /// True if it must be there: no default, and not an `Option`.
    pub required: bool,
    /// True if its value is never shown.
    pub secret: bool,
}

/// A section without its type, for lists of sections.
#[derive(Debug, Clone, Copy)]
pub struct SectionInfo {
    /// [`Section::NAME`].
    pub name: &'static str,
    /// [`Section::FIELDS`].
    pub fields: &'static [Field],
    /// [`Section::OPEN`].
    pub open: bool,
    /// The module that reads it; none for one of the framework's and of an adapter's.
    pub(super) module: Option<&'static str>,
    read: fn(&Config) -> (Mistakes, Sights),
}

/// How the values of a section were read.
pub(super) type Sights = BTreeMap<Path, Sight>;

impl Field {
    /// A key that must be there.
    pub const fn required(name: &'static str, ty: &'static str) -> Self {
        Field { name, ty, required: true, secret: false }
    }

    /// A key that has a default, or is an `Option`.
    pub const fn optional(name: &'static str, ty: &'static str) -> Self {
        Field { name, ty, required: false, secret: false }
    }

    /// Never show its value. For a type that mentions `Secret`: it makes sure, where the reader may not see through
    /// the type (`flatten`, `untagged`).
    #[must_use]
    pub const fn secret(self) -> Self {
        Field { secret: true, ..self }
    }
}

impl SectionInfo {
    /// What is known of `T`.
    pub const fn of<T: Section>() -> Self {
        let read = |config: &Config| {
            let reading = read::<T>(config);
            (reading.value.err().unwrap_or_default(), reading.sights)
        };
        SectionInfo { name: T::NAME, fields: T::FIELDS, open: T::OPEN, module: None, read }
    }

    /// Read by this module.
    pub(crate) const fn of_module(self, name: &'static str) -> Self {
        SectionInfo { module: Some(name), ..self }
    }

    /// The environment variable that sets `field` in the application of this prefix.
    pub fn variable(&self, field: &Field, prefix: &str) -> String {
        // A section's and a field's name have a variable; only an index of a list has none.
        Path::of(self.name).key(field.name).variable(prefix).unwrap_or_default()
    }

    pub(super) fn read(&self, config: &Config) -> (Mistakes, Sights) {
        (self.read)(config)
    }
}

pub(super) struct Reading<T> {
    pub(super) value: Result<T, Mistakes>,
    pub(super) sights: Sights,
}

/// Nobody reads more mistakes of one section than this.
const MAX_MISTAKES: usize = 256;

/// Reads a section.
///
/// The first attempt is an ordinary deserialisation. If it fails, the value that made it fail gets a stand-in and the
/// next attempt finds the next mistake, until one comes through. So every mistake is found at every depth, and it is
/// serde itself that finds it, whatever attributes the user put on the fields.
pub(super) fn read<T: Section>(config: &Config) -> Reading<T> {
    match config.node(T::NAME) {
        Ok(node) => read_at(config, &node, &Path::of(T::NAME), T::FIELDS),
        Err(mistake) => Reading { value: Err(mistake.into()), sights: Sights::new() },
    }
}

/// Reads what stands at `start`.
pub(super) fn read_at<T: DeserializeOwned>(
    config: &Config,
    node: &Node,
    start: &Path,
    fields: &'static [Field],
) -> Reading<T> {
    let mut attempts = Attempts { patches: BTreeMap::new(), mistakes: Mistakes::default(), sights: Sights::new() };
    let mut found = BTreeSet::new();
    while found.len() < MAX_MISTAKES {
        let fault = match attempts.attempt::<T>(config, node, start) {
            Ok(value) => return attempts.done(value),
            Err(fault) => fault,
        };
        let path = fault.path();
        // Below a patch, or of a table with a patch in it, it may be the stand-in that is wrong.
        if !attempts.patches.keys().any(|patched| patched.starts_with(&path)) && found.insert(path.clone()) {
            attempts.mistakes.add(fault.mistake(config.prefix()));
        }
        if !attempts.patch(path, start) {
            break;
        }
    }
    // No attempt came through: a type of the user accepts no stand-in. The keys that serde did not come to are known.
    for field in fields.iter().filter(|field| field.required) {
        let absent = config.is_absent(node, field.name);
        if absent {
            attempts.mistakes.add(missing(&start.key(field.name), None, config.prefix()));
        }
    }
    Reading { value: Err(attempts.mistakes), sights: attempts.sights }
}

struct Attempts {
    patches: BTreeMap<Path, Patch>,
    mistakes: Mistakes,
    sights: Sights,
}

impl Attempts {
    fn attempt<T: DeserializeOwned>(
        &mut self,
        config: &Config,
        node: &Node,
        start: &Path,
    ) -> Result<T, super::fault::Fault> {
        let claimed = config.names();
        let beside: Vec<SectionInfo> =
            config.sections().iter().copied().filter(|section| Path::of(section.name) == *start).collect();
        let beside = if beside.len() > 1 { beside.as_slice() } else { &[] };
        let run = Run { claimed: &claimed, beside, patches: &self.patches, notes: Notes::default().into() };
        let result = T::deserialize(Reader { node, path: start.clone(), run: &run, secret: false });
        let mut notes = run.notes.into_inner();
        self.mistakes.merge(std::mem::take(&mut notes.unknown));
        for (path, sight) in notes.sights {
            let known = self.sights.entry(path).or_insert(sight);
            *known = sight.max(*known);
        }
        result
    }

    /// Puts the next stand-in at `path`; if none is left, omits it, and then tries the same with the table around it.
    /// False if nothing is left to try.
    fn patch(&mut self, mut path: Path, start: &Path) -> bool {
        while path.len() > start.len() {
            let patch = match self.patches.get(&path) {
                None => Patch::StandIn(0),
                Some(Patch::StandIn(attempt)) if attempt + 1 < StandIn::ATTEMPTS => Patch::StandIn(attempt + 1),
                Some(Patch::StandIn(_)) => Patch::Omit,
                Some(Patch::Omit) => match path.parent() {
                    Some(parent) => {
                        path = parent;
                        continue;
                    }
                    None => return false,
                },
            };
            self.patches.insert(path, patch);
            return true;
        }
        false
    }

    fn done<T>(self, value: T) -> Reading<T> {
        Reading { value: self.mistakes.or(value), sights: self.sights }
    }
}
