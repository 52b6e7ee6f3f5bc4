//! The section `http.websocket`.

use std::collections::BTreeMap;
use std::time::Duration;

use partitura_runtime::config::duration;
use partitura_runtime::identity::Identity;
use partitura_runtime::topic::Pattern;
use serde::Deserialize;

/// The section `http.websocket`: any message by its name, streams and events over a WebSocket, in the frames of the Unix socket.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebSocketConfig {
    /// Whether there is one. Default: whether the configuration has the section.
    pub enabled: bool,
    /// Where, behind `http.prefix`. Default `/ws`.
    pub path: String,
    /// Who may connect. Default `"public"`: everybody, and each message says who may send it.
    pub allow: Who,
    /// Who may subscribe to which topics: `"orders.#" = ["clerk"]`. Whoever asks for a pattern needs one rule that covers all of it.
    /// Default none.
    pub topics: BTreeMap<Pattern, Who>,
    /// Whether callers may ask for names, schemas and docs of the messages. Default false.
    pub describe: bool,
    /// How many connections may be open; a further one is answered with 503, PT0463. Default 1,000.
    pub max_connections: usize,
    /// How many requests and subscriptions may be in flight on one connection. Default 64.
    pub max_in_flight: usize,
    /// How many bytes of JSON a frame may have, in both directions. Default 1 MiB; at least 1 KiB.
    pub max_frame: usize,
    /// How many frames may wait to be sent on one connection: who has one more waits with it. Default 32.
    pub max_outgoing: usize,
    /// How long a caller may be silent while nothing is in flight. Default `10m`; `0s` for as long as it likes.
    #[serde(with = "duration")]
    pub idle: Duration,
    /// After how much silence a caller is sent a ping; as much again without a sign of it, and the connection is closed. A message
    /// has so long to come, too. Default `30s`; `0s` for never.
    #[serde(with = "duration")]
    pub keep_alive: Duration,
    /// How long a stream waits for its caller to have room. Default `60s`; `0s` for as long as it takes.
    #[serde(with = "duration")]
    pub stall: Duration,
}

impl Default for WebSocketConfig {
    fn default() -> Self {
        WebSocketConfig {
            enabled: true,
            path: "/ws".to_owned(),
            allow: Who::Public,
            topics: BTreeMap::new(),
            describe: false,
            max_connections: 1_000,
            max_in_flight: 64,
            max_frame: 1024 * 1024,
            max_outgoing: 32,
            idle: Duration::from_secs(600),
            keep_alive: Duration::from_secs(30),
            stall: Duration::from_secs(60),
        }
    }
}

/// Who may: `"public"`, or a list of roles, one of which is enough; `"*"` in it is whoever shows who it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Who {
    /// Everybody.
    Public,
    /// Whoever has one of these roles.
    Roles(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a list of roles, as in [\"clerk\"], [\"*\"] for whoever shows who it is, or \"public\"")]
enum Written {
    Word(String),
    Roles(Vec<String>),
}

impl TryFrom<Written> for Who {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Word(word) if word == "public" => Ok(Who::Public),
            Written::Word(word) => Err(format!("`{word}` is not \"public\"; roles are a list: [\"{word}\"]")),
            Written::Roles(roles) if roles.is_empty() => {
                Err("nobody has one of no roles: name some, or write [\"*\"] for whoever shows who it is".to_owned())
            }
            Written::Roles(roles) => Ok(Who::Roles(roles)),
        }
    }
}

impl Who {
    /// Whether `identity` is one of them.
    pub fn admits(&self, identity: &Identity) -> bool {
        match self {
            Who::Public => true,
            Who::Roles(roles) => {
                roles.iter().any(|role| identity.has_role(role) || role == "*" && !identity.is_anonymous())
            }
        }
    }
}

impl WebSocketConfig {
    /// What cannot be served, each with its key.
    pub(crate) fn check(&self, mut fault: impl FnMut(String, String)) {
        if !self.enabled {
            return;
        }
        if !cfg!(feature = "websocket") {
            let text =
                "this program is built without WebSockets: add the feature `websocket` to `partitura` in Cargo.toml";
            fault("http.websocket".to_owned(), text.to_owned());
        }
        let path = &self.path;
        if !path.starts_with('/')
            || path.len() == 1
            || path.ends_with('/')
            || path.contains("//")
            || path.contains(['{', '}', '?', '#', ' '])
        {
            let text = format!("`{path}` is no path of a WebSocket: write it like \"/ws\"");
            fault("http.websocket.path".to_owned(), text);
        }
        for (key, number, least) in [
            ("max_connections", self.max_connections, 1),
            ("max_in_flight", self.max_in_flight, 1),
            ("max_frame", self.max_frame, 1024),
            ("max_outgoing", self.max_outgoing, 1),
        ] {
            if number < least {
                fault(format!("http.websocket.{key}"), format!("{number} is too few: at least {least}"));
            }
        }
    }
}
