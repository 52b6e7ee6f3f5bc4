//! A configuration that is read again while the application runs: everything is checked first, and then what may change
//! changes at once.

use std::fmt;
use std::sync::{Arc, PoisonError};

use super::{App, builder};
use crate::config::{Change, Config, Mistakes, Values};
use crate::entrypoint::RuntimeConfig;
use crate::error::Error;
use crate::overrides::Admission;

/// A configuration that was read again and checked, and is not in force yet.
#[non_exhaustive]
pub struct Next {
    /// All of it.
    pub config: Config,
    /// Which messages may come in at which entrypoint from then on.
    pub admission: Admission,
    /// What differs from what is in force.
    pub changes: Vec<Change>,
}

/// What a part of a program does with a configuration that was read again.
#[derive(Default)]
pub struct Reloading {
    takes: Vec<&'static str>,
    except: Vec<&'static str>,
    apply: Option<Box<dyn FnOnce() + Send>>,
}

impl Reloading {
    /// Nothing: all of its keys need a restart.
    pub fn nothing() -> Self {
        Reloading::default()
    }

    /// Takes all keys under `keys`; `apply`, which cannot fail any more, is called when every part has agreed.
    pub fn of(keys: &[&'static str], apply: impl FnOnce() + Send + 'static) -> Self {
        Reloading { takes: keys.to_vec(), except: Vec::new(), apply: Some(Box::new(apply)) }
    }

    /// Not those under `keys`.
    #[must_use]
    pub fn except(mut self, keys: &[&'static str]) -> Self {
        self.except.extend(keys);
        self
    }

    fn takes(&self, key: &str) -> bool {
        let under = |starts: &[&str]| starts.iter().any(|start| is_under(key, start));
        under(&self.takes) && !under(&self.except)
    }
}

/// What a reload did.
///
/// `Display` tells it on one line: what changed, and what needs a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reloaded {
    /// What is in force now.
    pub changed: Vec<Change>,
    /// What is as it was, and will be until the next start.
    pub restart: Vec<Change>,
}

impl fmt::Display for Reloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |changes: &[Change]| changes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match (self.changed.is_empty(), self.restart.is_empty()) {
            (true, true) => f.write_str("nothing has changed"),
            (false, true) => f.write_str(&list(&self.changed)),
            (true, false) => write!(f, "nothing has changed; needs a restart: {}", list(&self.restart)),
            (false, false) => write!(f, "{}; needs a restart: {}", list(&self.changed), list(&self.restart)),
        }
    }
}

/// Why a reload changed nothing: everything at once.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReloadError {
    /// The configuration has mistakes.
    Configuration(Mistakes),
    /// Parts of the program refuse it.
    Parts(Vec<Error>),
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReloadError::Configuration(mistakes) => write!(f, "{mistakes}"),
            ReloadError::Parts(errors) => {
                for (index, error) in errors.iter().enumerate() {
                    let end = if index == 0 { "" } else { "\n" };
                    write!(f, "{end}{}", error.message())?;
                    for failure in error.failures() {
                        write!(f, "\n  {failure}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ReloadError {}

/// What the application itself takes.
const OWN: [&str; 3] = ["messages", "subscribers", "runtime.timeout"];

impl App {
    /// Takes over what may change of `config`, for messages that begin after this: `messages`, `subscribers` and
    /// `runtime.timeout`, without topics, patterns and which subscribers there are. Everything else stays as it is, and is told.
    ///
    /// What began before goes on as it began, and so does what is sent through a [context](App::context) that was made before.
    ///
    /// One line of the log says what has changed, secrets as `***`.
    ///
    /// # Errors
    /// Everything that is wrong with `config`, as at the start: then nothing has changed, and nothing is logged.
    pub fn reload(&self, config: Config) -> Result<Reloaded, ReloadError> {
        self.reload_with(config, |_| Ok(Vec::new()))
    }

    /// As [`App::reload`], together with other parts of the program, which `prepare` asks: all of them change, or none. Two at a
    /// time are done one after the other.
    ///
    /// # Errors
    /// As [`App::reload`], and what `prepare` refuses.
    pub fn reload_with(
        &self,
        config: Config,
        prepare: impl FnOnce(&Next) -> Result<Vec<Reloading>, Vec<Error>>,
    ) -> Result<Reloaded, ReloadError> {
        let app = &*self.0;
        let mut in_force = app.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        let in_force = in_force.get_or_insert_with(|| Values::of(&app.config));
        // What the application reads, whoever loaded it. Modules that are off are so until the next start.
        let config = config.with_sections(app.config.sections().to_vec());
        let checked = builder::check(&config, &app.unread, &app.registry, &app.off, app.blueprint);
        let overrides = checked.map_err(ReloadError::Configuration)?;
        let running = app.overrides();
        let overrides = overrides.unwrap_or_default().keeping(running.as_deref()).map(Arc::new);
        let runtime: RuntimeConfig = config.section().map_err(ReloadError::Configuration)?;
        let values = Values::of(&config);
        let next = Next { admission: Admission(overrides.clone()), changes: in_force.to(&values), config };
        let parts = prepare(&next).map_err(ReloadError::Parts)?;
        let mut reloaded = Reloaded::default();
        for change in next.changes {
            let is_own = OWN.iter().any(|own| is_under(&change.key, own)) && !is_fixed(&change.key);
            if is_own || parts.iter().any(|part| part.takes(&change.key)) {
                in_force.take(&values, &change.key);
                reloaded.changed.push(change);
            } else {
                reloaded.restart.push(change);
            }
        }
        // By the log as it was, unless it is only now that it takes this.
        let tell = || tracing::info!(target: "partitura", "the configuration was reloaded: {reloaded}");
        let is_heard = tracing::enabled!(target: "partitura", tracing::Level::INFO);
        if is_heard {
            tell();
        }
        app.set_overrides(overrides);
        app.set_message_timeout(runtime.timeout);
        for apply in parts.into_iter().filter_map(|part| part.apply) {
            apply();
        }
        if !is_heard {
            tell();
        }
        Ok(reloaded)
    }
}

/// What of the sections of messages is so until the next start: who listens to what is compiled into one table.
fn is_fixed(key: &str) -> bool {
    key.ends_with(".topic") || key.starts_with("subscribers.") && key.ends_with(".enabled")
}

fn is_under(key: &str, start: &str) -> bool {
    key.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
