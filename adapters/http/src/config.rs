//! The section `http` of the configuration.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use partitura_runtime::config::{Field, Section, SectionInfo, duration};
use partitura_runtime::entrypoint::SECTIONS;
use serde::Deserialize;

/// The section `http` of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Whether `serve` opens it. Default: whether the application has routes.
    pub enabled: Option<bool>,
    /// The address to listen at. Default `127.0.0.1`: nobody else's machine reaches it. `0.0.0.0` or `::` for all.
    pub host: IpAddr,
    /// The port. Default 8080; 0 for a free one.
    pub port: u16,
    /// What stands before every path: `/api`. Default nothing.
    pub prefix: String,
    /// What stands before the paths of a module, behind `prefix`: `accounts = "/v1"`.
    pub prefixes: BTreeMap<String, String>,
    /// Routes by the name of a message: `"accounts.OpenAccount" = "POST /open"` in the place of those that it declares, `false` for
    /// none, or a list.
    pub routes: BTreeMap<String, Moved>,
    /// `POST /messages/{name}` for every message. Default false.
    pub messages: bool,
    /// The document `/openapi.json`, and the page `/docs` that shows it. Default true.
    pub docs: bool,
    /// `/health/live` and `/health/ready`. Default true.
    pub health: bool,
    /// How many bytes the body of a request may have. Default 2 MiB.
    pub max_body: usize,
    /// How long the body of a request may take to come. Default `30s`.
    #[serde(with = "duration")]
    pub body_timeout: Duration,
    /// How long the head of a request may take to come, and how long a connection may be idle. Default `30s`.
    #[serde(with = "duration")]
    pub header_timeout: Duration,
    /// How many connections may be open; further ones wait. Default 10,000.
    pub max_connections: usize,
    /// How often an event stream that has nothing to say says so, which keeps proxies from closing it. Default `15s`.
    #[serde(with = "duration")]
    pub keep_alive: Duration,
    /// The header that names the caller's session. Default `x-session-id`.
    pub session_header: String,
    /// What stands before the code of a problem in its `type`: `https://errors.example.com/`. Default nothing, and `about:blank`.
    pub problem_types: Option<String>,
}

/// Where a message is put by the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Moved {
    /// `false`: nowhere. `true`: where it declares.
    Switch(bool),
    /// `"POST /open"`
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Default for HttpConfig {
    fn default() -> Self {
        HttpConfig {
            enabled: None,
            host: IpAddr::from([127, 0, 0, 1]),
            port: 8080,
            prefix: String::new(),
            prefixes: BTreeMap::new(),
            routes: BTreeMap::new(),
            messages: false,
            docs: true,
            health: true,
            max_body: 2 * 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            header_timeout: Duration::from_secs(30),
            max_connections: 10_000,
            keep_alive: Duration::from_secs(15),
            session_header: "x-session-id".to_owned(),
            problem_types: None,
        }
    }
}

impl Section for HttpConfig {
    const NAME: &'static str = "http";
    const FIELDS: &'static [Field] = &[
        Field::optional("enabled", "bool"),
        Field::optional("host", "IpAddr"),
        Field::optional("port", "u16"),
        Field::optional("prefix", "String"),
        Field::optional("prefixes", "BTreeMap<String, String>"),
        Field::optional("routes", "BTreeMap<String, Moved>"),
        Field::optional("messages", "bool"),
        Field::optional("docs", "bool"),
        Field::optional("health", "bool"),
        Field::optional("max_body", "usize"),
        Field::optional("body_timeout", "Duration"),
        Field::optional("header_timeout", "Duration"),
        Field::optional("max_connections", "usize"),
        Field::optional("keep_alive", "Duration"),
        Field::optional("session_header", "String"),
        Field::optional("problem_types", "String"),
    ];
}

#[linkme::distributed_slice(SECTIONS)]
static SECTION: SectionInfo = SectionInfo::of::<HttpConfig>();
