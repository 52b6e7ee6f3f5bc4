//! The section `mcp` of the configuration.

use std::time::Duration;

use partitura_runtime::config::{Field, Section, SectionInfo, duration};
use partitura_runtime::entrypoint::SECTIONS;
use partitura_runtime::error::{Error, Failure, Result};
use partitura_runtime::identity::Identity;
use serde::Deserialize;

/// The section `mcp` of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct McpConfig {
    /// Whether `serve` opens it. Default false. The verb `mcp` runs unless this says `false`.
    pub enabled: Option<bool>,
    /// Whether it is hung onto the entrypoint `http`. Default true.
    pub http: bool,
    /// Where it is there. Default `/mcp`.
    pub path: String,
    /// The tools that there are: names of messages, or `accounts.*`. Default every message that says `agent`.
    pub allow: Vec<String>,
    /// The tools that there are not, of those. Default none.
    pub deny: Vec<String>,
    /// Whether a tool is left out of the list for a caller who has none of the roles that it asks for. Default true.
    pub hide: bool,
    /// Whether names of tools have dots, `accounts.OpenAccount`; else underscores stand there, for clients that take no dots.
    /// Default true.
    pub dots: bool,
    /// What is told of the application as resources. Default `"agents"`.
    pub describe: Described,
    /// What a model is told of the application as a whole. Default nothing.
    pub instructions: Option<String>,
    /// How many calls may run at once, all callers together; further ones are refused. Default 64.
    pub max_calls: usize,
    /// How long a call may take. Default `runtime.timeout`, and for a stream 5 minutes.
    #[serde(with = "duration::option")]
    pub timeout: Option<Duration>,
    /// How many bytes a message of the protocol may have. Default 4 MiB.
    pub max_message: usize,
    /// How many sessions may be open over HTTP; further ones are refused. Default 256.
    pub max_sessions: usize,
    /// After how long a session ends in which nothing happens; not below the time that a call may take. Default `10m`.
    #[serde(with = "duration")]
    pub session_idle: Duration,
    /// The `Host` headers that are answered over HTTP, with or without a port. Default `localhost`, `127.0.0.1` and `::1`.
    pub hosts: Vec<String>,
    /// The `Origin` headers that are answered over HTTP: `"https://app.example.com:443"`. Default none: no page of a browser.
    pub origins: Vec<String>,
    /// Who calls on stdin. Default nobody in particular.
    pub stdio: StdioConfig,
}

/// What is told of the application as resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Described {
    /// Nothing.
    Off,
    /// Its messages that are tools.
    Agents,
    /// Everything that `describe --json` says.
    All,
}

/// The section `mcp.stdio`: who calls on stdin.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StdioConfig {
    /// The caller's name. Default none: anonymous.
    pub subject: Option<String>,
    /// What the caller may do. Default nothing in particular.
    pub roles: Vec<String>,
}

impl StdioConfig {
    pub(crate) fn identity(&self) -> Identity {
        let identity = self.subject.as_ref().map_or_else(Identity::anonymous, Identity::user);
        self.roles.iter().fold(identity, Identity::with_role)
    }
}

impl Default for McpConfig {
    fn default() -> Self {
        McpConfig {
            enabled: None,
            http: true,
            path: "/mcp".to_owned(),
            allow: Vec::new(),
            deny: Vec::new(),
            hide: true,
            dots: true,
            describe: Described::Agents,
            instructions: None,
            max_calls: 64,
            timeout: None,
            max_message: 4 * 1024 * 1024,
            max_sessions: 256,
            session_idle: Duration::from_secs(600),
            hosts: ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into(),
            origins: Vec::new(),
            stdio: StdioConfig::default(),
        }
    }
}

impl McpConfig {
    /// # Errors
    /// Kind invalid, code PT0485, with every limit that lets nothing through.
    pub(crate) fn check(&self) -> Result<()> {
        let sessions = if self.http { self.max_sessions } else { 1 };
        let limits = [("max_calls", self.max_calls), ("max_message", self.max_message), ("max_sessions", sessions)];
        let nothing = "0 lets nothing through: write a number, or leave the key out";
        let faults: Vec<Failure> = limits
            .into_iter()
            .filter(|(_, number)| *number == 0)
            .map(|(key, _)| Failure::new(format!("mcp.{key}"), "limit", nothing))
            .collect();
        unless_wrong("the section `mcp` of the configuration cannot be served", faults)
    }

    /// How long a stream may take.
    pub(crate) fn stream_timeout(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(300))
    }
}

/// # Errors
/// Kind invalid, code PT0485, with the faults of the section, if there are any.
pub(crate) fn unless_wrong(what: &str, faults: Vec<Failure>) -> Result<()> {
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Error::invalid(what).with_code("PT0485").with_failures(faults)),
    }
}

impl Section for McpConfig {
    const NAME: &'static str = "mcp";
    const FIELDS: &'static [Field] = &[
        Field::optional("enabled", "bool"),
        Field::optional("http", "bool"),
        Field::optional("path", "String"),
        Field::optional("allow", "Vec<String>"),
        Field::optional("deny", "Vec<String>"),
        Field::optional("hide", "bool"),
        Field::optional("dots", "bool"),
        Field::optional("describe", "String"),
        Field::optional("instructions", "String"),
        Field::optional("max_calls", "usize"),
        Field::optional("timeout", "Duration"),
        Field::optional("max_message", "usize"),
        Field::optional("max_sessions", "usize"),
        Field::optional("session_idle", "Duration"),
        Field::optional("hosts", "Vec<String>"),
        Field::optional("origins", "Vec<String>"),
        Field::optional("stdio", "StdioConfig"),
    ];
}

#[linkme::distributed_slice(SECTIONS)]
static SECTION: SectionInfo = SectionInfo::of::<McpConfig>();
