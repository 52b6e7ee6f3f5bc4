//! The log: `tracing`, set up by configuration, on stderr, with the trace id of the message that speaks.

mod field;
mod line;

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Span, Subscriber};
use tracing_subscriber::Layer as _;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Filter, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

use self::line::Lines;
use super::trace::TraceId;
use crate::config::{Field, Section};
use crate::error::{Error, Failure, Result};

/// The section `[log]` of the configuration.
///
/// ```toml
/// [log]
/// level = "warn"
/// format = "json"
/// [log.filter]
/// accounts = "debug"
/// "accounts::store" = "trace"
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// What is logged where `filter` says nothing else. Default: `info`.
    ///
    /// Above `info` (`warn`, `error`, `off`, and no filter that goes lower) messages have no spans: they cost nothing,
    /// and their warnings name no trace id.
    pub level: Level,
    /// The level of a module and all modules in it, by path: `accounts`, `accounts::store`. The longest path wins. A
    /// crate's `-` may be written. Default: none.
    pub filter: BTreeMap<String, Level>,
    /// For people or for programs. Default: `human`.
    pub format: Format,
    /// Whether the human format has colors. Default: `auto`.
    pub color: Color,
}

impl LogConfig {
    /// The name of the section.
    pub const SECTION: &'static str = "log";

    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |path: &&String| path.split("::").any(|part| !is_identifier(part));
        let failures = self.filter.keys().filter(wrong).map(|path| {
            let pointer = format!("/{}/filter/{}", Self::SECTION, path.replace('~', "~0").replace('/', "~1"));
            Failure::new(pointer, "module", format!("`{path}` is not the path of a module, such as `accounts::store`"))
        });
        let failures: Vec<_> = failures.collect();
        if failures.is_empty() { Ok(()) } else { Err(Error::malformed("the log cannot be set up", failures)) }
    }
}

impl Section for LogConfig {
    const NAME: &'static str = LogConfig::SECTION;
    const FIELDS: &'static [Field] = &[
        Field::optional("level", "Level"),
        Field::optional("filter", "BTreeMap<String, Level>"),
        Field::optional("format", "Format"),
        Field::optional("color", "Color"),
    ];
}

/// How much is logged: this level and all that are graver.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing.
    Off,
    /// What failed and needs somebody.
    Error,
    /// What is odd and went well all the same.
    Warn,
    /// What happened.
    #[default]
    Info,
    /// What helps to find a mistake.
    Debug,
    /// Everything.
    Trace,
}

/// For whom the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people: `time level target: message field=value [message's name, end of the trace id]`. A value of several
    /// lines is indented, so that no input can pass for a line of the log.
    #[default]
    Human,
    /// For programs: one object a line, with `time` (RFC 3339, UTC), `level`, `target`, `message`, `fields`, and inside
    /// a message `trace_id` and `spans`, outermost first.
    Json,
}

/// When the human format has colors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// When stderr is a terminal and the environment has no `NO_COLOR` (<https://no-color.org>).
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Sends the log of this process to stderr, as `config` says. There is one log per process: the first call makes it and
/// answers true; a later one, of another application or after the user's own, leaves it as it is and answers false.
///
/// Fields whose name speaks of a password, secret, token, authorization, API key or credential are written as `***`.
///
/// # Errors
/// Kind *invalid*: keys of `filter` that are no module paths, all at once. Nothing is set up then.
pub fn install(config: &LogConfig) -> Result<bool> {
    config.check()?;
    let mut config = config.clone();
    if config.color == Color::Auto {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        config.color = if !refused && std::io::stderr().is_terminal() { Color::Always } else { Color::Never };
    }
    let levels = Shared(Arc::new(ArcSwap::from_pointee(Levels::of(&config))));
    let installed = tracing::subscriber::set_global_default(lines(&config, levels.clone(), std::io::stderr)).is_ok();
    if installed {
        // The log is the process's, and so are its levels.
        let _ = INSTALLED.set(levels);
    }
    Ok(installed)
}

/// The levels of the log that [`install`] made.
static INSTALLED: OnceLock<Shared> = OnceLock::new();

/// Checks `config` for [`install`]'s log, and gives the fn that makes its `level` and `filter` those of the log from then on; none if
/// the log of this process is another one. Its `format` and `color` are for the start.
///
/// # Errors
/// As [`install`].
pub fn relevel(config: &LogConfig) -> Result<Option<impl FnOnce() + Send + use<>>> {
    config.check()?;
    let levels = Levels::of(config);
    Ok(INSTALLED.get().map(|installed| {
        move || {
            installed.0.store(Arc::new(levels));
            // Each place in the code remembers what it was answered.
            tracing::callsite::rebuild_interest_cache();
        }
    }))
}

/// The same log to another `writer`, to be extended by layers of one's own or used in a test through
/// `tracing::subscriber::with_default`. Here [`Color::Auto`] means never: a writer does not say whether it is a
/// terminal. A key of `filter` that is no module path matches nothing.
pub fn subscriber<W>(config: &LogConfig, writer: W) -> impl Subscriber + for<'a> LookupSpan<'a> + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    lines(config, Shared(Arc::new(ArcSwap::from_pointee(Levels::of(config)))), writer)
}

fn lines<W>(
    config: &LogConfig,
    levels: Shared,
    writer: W,
) -> impl Subscriber + for<'a> LookupSpan<'a> + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let colors = config.color == Color::Always;
    // A filter of this layer alone: a layer that somebody adds has its own.
    Registry::default().with(Lines::new(config.format, colors, writer).with_filter(levels))
}

/// The span of a message that is handled, of level INFO. The log takes the trace id from it.
///
/// `name` is the message's (`accounts.OpenAccount`), `kind` is `command`, `query` or `event`, `depth` counts the sends
/// that it is nested in. Ask [`spans_enabled`] first.
pub fn message_span(name: &str, kind: &str, trace_id: TraceId, depth: u32) -> Span {
    tracing::info_span!(target: "partitura", "message", name, kind, %trace_id, depth)
}

/// Whether anybody wants the spans of messages: one load of a static, for the hot path.
#[inline]
pub fn spans_enabled() -> bool {
    LevelFilter::current() >= LevelFilter::INFO
}

fn is_message_span(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == "partitura" && metadata.name() == "message"
}

/// Which levels of which modules are logged. Not tracing-subscriber's `Targets` or `EnvFilter`: they compare texts, and
/// `mail` would also set the level of `mailer`; and a filter that quietens `partitura` would take the trace id from the lines of all others.
struct Levels {
    default: LevelFilter,
    /// Longest path first.
    modules: Vec<(String, LevelFilter)>,
}

impl Levels {
    fn of(config: &LogConfig) -> Self {
        let path = |path: &String| path.replace('-', "_");
        let mut modules: Vec<_> = config.filter.iter().map(|(key, level)| (path(key), level.filter())).collect();
        modules.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Levels { default: config.level.filter(), modules }
    }

    fn of_target(&self, target: &str) -> LevelFilter {
        let inside =
            |path: &str| target.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        self.modules.iter().find(|(path, _)| inside(path)).map_or(self.default, |(_, level)| *level)
    }

    fn max(&self) -> LevelFilter {
        self.modules.iter().map(|(_, level)| *level).fold(self.default, LevelFilter::max)
    }

    fn allows(&self, metadata: &Metadata<'_>) -> bool {
        let level = if is_message_span(metadata) { self.max() } else { self.of_target(metadata.target()) };
        *metadata.level() <= level
    }
}

/// Levels that may be exchanged.
#[derive(Clone)]
struct Shared(Arc<ArcSwap<Levels>>);

impl<S> Filter<S> for Shared {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.0.load().allows(metadata)
    }

    // Asked once per place in the code, and again when the levels are exchanged.
    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.0.load().allows(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0.load().max())
    }
}

impl Level {
    fn filter(self) -> LevelFilter {
        match self {
            Level::Off => LevelFilter::OFF,
            Level::Error => LevelFilter::ERROR,
            Level::Warn => LevelFilter::WARN,
            Level::Info => LevelFilter::INFO,
            Level::Debug => LevelFilter::DEBUG,
            Level::Trace => LevelFilter::TRACE,
        }
    }
}

fn is_identifier(part: &str) -> bool {
    let legal = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    part.starts_with(|c: char| c.is_alphabetic() || c == '_') && part.chars().all(legal)
}

#[cfg(test)]
mod tests;
