//! The section `http` of the configuration.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use partitura_runtime::config::{Field, Section, SectionInfo, duration};
use partitura_runtime::entrypoint::SECTIONS;
use serde::Deserialize;

use crate::layers::{CorsConfig, ForwardedHeader, LimitsConfig};
use crate::websocket::WebSocketConfig;

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
    /// How long the head of a request may take to come. Default `30s`.
    #[serde(with = "duration")]
    pub header_timeout: Duration,
    /// How long a connection may be open without a request on it, from its beginning or from the last answer. Default `30s`.
    /// HTTP/1 counts the waiting for the next head in, too: `header_timeout` ends it if it is shorter.
    #[serde(with = "duration")]
    pub idle_timeout: Duration,
    /// How long a client may take none of what is sent to it. Default `30s`.
    #[serde(with = "duration")]
    pub write_timeout: Duration,
    /// How many bytes the head of a request may have, its address included. Default 64 KiB; at least 8 KiB.
    pub max_header_bytes: usize,
    /// How many headers a request may have, over HTTP/1; HTTP/2 has the bytes for that. Default 100.
    pub max_headers: usize,
    /// How many requests may run at once on one connection of HTTP/2. Default 200.
    pub max_streams: u32,
    /// How many connections may be open; further ones wait. Default 10,000.
    pub max_connections: usize,
    /// How long `/health/ready` says no before the server stops accepting, so that a balancer sends nothing more. Part of
    /// `runtime.stop_timeout`. Default `0s`.
    #[serde(with = "duration")]
    pub drain_delay: Duration,
    /// What routes may do, together and each.
    pub limits: LimitsConfig,
    /// Which pages of other origins may call. Default none.
    pub cors: CorsConfig,
    /// Whether answers of text from 1 KiB on are sent in gzip to who takes it. Default true. Switch it off where a proxy does it,
    /// or where an answer holds a secret beside what a stranger may choose (BREACH).
    pub compression: bool,
    /// Whether each request is a line of the log, target `partitura::http`, level `info` (for probes of health `debug`).
    /// Default true.
    pub access_log: bool,
    /// The proxies that are believed about whom they speak for: `["10.0.0.0/8", "::1"]`. Default none.
    pub trusted_proxies: Vec<String>,
    /// The header that they tell it in: `x-forwarded-for` (default) or `forwarded` (RFC 7239).
    pub forwarded_header: ForwardedHeader,
    /// How often an event stream that has nothing to say says so, which keeps proxies from closing it. Default `15s`.
    #[serde(with = "duration")]
    pub keep_alive: Duration,
    /// The header that names the caller's session. Default `x-session-id`.
    pub session_header: String,
    /// The WebSocket at `/ws`, with the feature `websocket`. Default none: the section turns it on.
    pub websocket: Option<WebSocketConfig>,
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
            idle_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            max_header_bytes: 64 * 1024,
            max_headers: 100,
            max_streams: 200,
            max_connections: 10_000,
            drain_delay: Duration::ZERO,
            limits: LimitsConfig::default(),
            cors: CorsConfig::default(),
            compression: true,
            access_log: true,
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            keep_alive: Duration::from_secs(15),
            session_header: "x-session-id".to_owned(),
            websocket: None,
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
        Field::optional("idle_timeout", "Duration"),
        Field::optional("write_timeout", "Duration"),
        Field::optional("max_header_bytes", "usize"),
        Field::optional("max_headers", "usize"),
        Field::optional("max_streams", "u32"),
        Field::optional("max_connections", "usize"),
        Field::optional("drain_delay", "Duration"),
        Field::optional("limits", "LimitsConfig"),
        Field::optional("cors", "CorsConfig"),
        Field::optional("compression", "bool"),
        Field::optional("access_log", "bool"),
        Field::optional("trusted_proxies", "Vec<String>"),
        Field::optional("forwarded_header", "ForwardedHeader"),
        Field::optional("keep_alive", "Duration"),
        Field::optional("session_header", "String"),
        Field::optional("websocket", "WebSocketConfig"),
        Field::optional("problem_types", "String"),
    ];
}

#[linkme::distributed_slice(SECTIONS)]
static SECTION: SectionInfo = SectionInfo::of::<HttpConfig>();
