//! The section `socket` of the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use partitura_runtime::config::{Field, Section, SectionInfo, duration};
use partitura_runtime::entrypoint::SECTIONS;
use partitura_wire::Limits;
use serde::Deserialize;

/// The section `socket` of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SocketConfig {
    /// Whether `serve` opens it. Default: whether the configuration says anything of it.
    pub enabled: Option<bool>,
    /// Where it is. Default [`default_path`](crate::default_path).
    pub path: Option<PathBuf>,
    /// Who may connect, as the mode of a file: write permission counts. Default `"0600"`, the same user alone (and root).
    pub mode: Mode,
    /// What callers may do, by user id (`roles."1000" = ["admin"]`) and by group id (`roles."gid:100"`): the roles of both.
    pub roles: BTreeMap<Who, Vec<String>>,
    /// How many connections may be open; further ones wait. Default 256.
    pub max_connections: usize,
    /// How many requests may be in flight on one connection. Default 128.
    pub max_in_flight: usize,
    /// How many bytes of JSON a frame may have, in both directions. Default 2 MiB.
    pub max_frame: usize,
    /// How long a caller may be silent while nothing is in flight. Default `10m`; `0s` for as long as it likes.
    #[serde(with = "duration")]
    pub idle: Duration,
    /// After how much silence a caller is asked whether it is there. Default `0s`, never: the kernel tells when a process has gone.
    #[serde(with = "duration")]
    pub keep_alive: Duration,
    /// How long a stream waits for its caller to have room. Default `60s`; `0s` for as long as it takes.
    #[serde(with = "duration")]
    pub stall: Duration,
    /// How long a frame may take from its first byte to its last, to come or to be taken. Default `30s`; `0s` for no limit.
    #[serde(with = "duration")]
    pub frame_timeout: Duration,
    /// Whether callers may subscribe to events. Default false: events are not authorized one by one, so that whoever may connect
    /// hears all of them.
    pub subscriptions: bool,
    /// Whether callers may ask for names, schemas and docs of the messages; `send` does. Default true.
    pub describe: bool,
}

impl Default for SocketConfig {
    fn default() -> Self {
        SocketConfig {
            enabled: None,
            path: None,
            mode: Mode::default(),
            roles: BTreeMap::new(),
            max_connections: 256,
            max_in_flight: 128,
            max_frame: 2 * 1024 * 1024,
            idle: Duration::from_secs(600),
            keep_alive: Duration::ZERO,
            stall: Duration::from_secs(60),
            frame_timeout: Duration::from_secs(30),
            subscriptions: false,
            describe: true,
        }
    }
}

impl SocketConfig {
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        limits.max_frame = self.max_frame;
        limits.max_in_flight = self.max_in_flight;
        limits.idle = self.idle;
        limits.keep_alive = self.keep_alive;
        limits.stall = self.stall;
        limits.write = self.frame_timeout;
        limits
    }
}

/// The mode of a file, written in octal: `"0600"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Mode(u32);

impl Mode {
    /// The permission bits.
    pub fn bits(self) -> u32 {
        self.0
    }
}

impl Default for Mode {
    fn default() -> Self {
        Mode(0o600)
    }
}

impl TryFrom<String> for Mode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.strip_prefix("0o").unwrap_or(&text);
        match u32::from_str_radix(digits, 8) {
            Ok(bits) if bits <= 0o777 && !digits.starts_with('+') => Ok(Mode(bits)),
            _ => Err(format!("`{text}` is no mode of a file: three octal digits, as in \"0600\"")),
        }
    }
}

/// A user or a group: `1000`, `gid:100`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum Who {
    /// A user id.
    User(u32),
    /// A group id, of the group that the process runs as.
    Group(u32),
}

impl TryFrom<String> for Who {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = match text.strip_prefix("gid:") {
            Some(group) => group.parse().map(Who::Group),
            None => text.strip_prefix("uid:").unwrap_or(&text).parse().map(Who::User),
        };
        parsed.map_err(|_| format!("`{text}` is no user id (`1000`) and no group id (`gid:100`)"))
    }
}

impl Section for SocketConfig {
    const NAME: &'static str = "socket";
    const FIELDS: &'static [Field] = &[
        Field::optional("enabled", "bool"),
        Field::optional("path", "PathBuf"),
        Field::optional("mode", "String"),
        Field::optional("roles", "BTreeMap<String, Vec<String>>"),
        Field::optional("max_connections", "usize"),
        Field::optional("max_in_flight", "usize"),
        Field::optional("max_frame", "usize"),
        Field::optional("idle", "Duration"),
        Field::optional("keep_alive", "Duration"),
        Field::optional("stall", "Duration"),
        Field::optional("frame_timeout", "Duration"),
        Field::optional("subscriptions", "bool"),
        Field::optional("describe", "bool"),
    ];
}

#[linkme::distributed_slice(SECTIONS)]
static SECTION: SectionInfo = SectionInfo::of::<SocketConfig>();
