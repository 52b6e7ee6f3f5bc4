//! What `describe --json` says, as far as it is asked here.
//!
//! These are types of this tool's own, not those of the runtime: it reads applications of other versions than its own, too, so
//! it takes what it knows and leaves the rest.

use serde::Deserialize;
use serde_json::Value;

use crate::failure::{Failure, Result};

/// The number before the dot of the schemas that are understood.
const MAJOR: &str = "1.";

/// An application.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Description {
    schema: String,
    pub(crate) application: Application,
    pub(crate) modules: Vec<Module>,
    pub(crate) messages: Vec<Message>,
    #[serde(default)]
    pub(crate) routes: Vec<Route>,
    #[serde(default)]
    pub(crate) topics: Vec<Topic>,
    #[serde(default)]
    pub(crate) plans: Vec<Plan>,
    #[serde(default)]
    pub(crate) behaviors: Vec<String>,
    pub(crate) providers: Vec<Provider>,
    pub(crate) configuration: Vec<Section>,
}

/// The application itself.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Application {
    pub(crate) name: String,
}

/// A module.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<String>,
    pub(crate) handles: Vec<String>,
    #[serde(default)]
    pub(crate) contracts: Vec<String>,
}

/// What a module asks for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Import {
    #[serde(rename = "type")]
    pub(crate) ty: String,
    pub(crate) optional: bool,
}

/// A message.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Message {
    pub(crate) name: String,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) schema: Option<Value>,
    #[serde(default)]
    pub(crate) reply: Option<String>,
    #[serde(default)]
    pub(crate) reply_schema: Option<Value>,
    pub(crate) handlers: Vec<Handler>,
}

/// A handler, or a subscriber.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Handler {
    pub(crate) module: String,
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) needs: Vec<Need>,
    #[serde(default)]
    pub(crate) access: Option<Access>,
}

/// Who may send a message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Access {
    pub(crate) public: bool,
    pub(crate) roles: Vec<String>,
    pub(crate) policies: Vec<String>,
}

/// A dependency.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Need {
    #[serde(rename = "type")]
    pub(crate) ty: String,
}

/// A route.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) module: String,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) controller: Option<String>,
    #[serde(default)]
    pub(crate) access: Option<Access>,
    pub(crate) place: String,
}

/// Who listens to topics.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Topic {
    pub(crate) pattern: String,
    pub(crate) subscriber: Handler,
}

/// A plan.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
    pub(crate) edges: Vec<Edge>,
}

/// A step of a plan.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Step {
    pub(crate) name: String,
}

/// Which step comes after which.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
}

/// A provider.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Provider {
    pub(crate) module: String,
    #[serde(rename = "type")]
    pub(crate) ty: String,
    pub(crate) by: String,
    #[serde(default)]
    pub(crate) named: Option<String>,
    pub(crate) lifetime: String,
    pub(crate) needs: Vec<Need>,
}

/// A section of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) keys: Vec<Key>,
}

/// A key of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) required: bool,
}

impl Description {
    /// Reads it, if its version is one that is understood.
    pub(crate) fn read(value: Value) -> Result<Description> {
        let described: Description = serde_json::from_value(value)
            .map_err(|error| Failure::new(format!("the description is not understood: {error}")))?;
        if described.schema.starts_with(MAJOR) {
            Ok(described)
        } else {
            Err(Failure::new(format!("the description has schema {}, and this tool knows {MAJOR}x", described.schema))
                .fix("install the cargo-partitura of the application's own version"))
        }
    }
}

impl Access {
    /// In words: `anybody`, `teller or manager`, `if OwnBranch agrees`.
    pub(crate) fn words(access: Option<&Access>) -> String {
        match access {
            None => String::new(),
            Some(access) if access.public => "anybody".to_owned(),
            Some(access) => {
                let roles = access.roles.join(" or ");
                let policies: Vec<String> =
                    access.policies.iter().map(|policy| format!("if {policy} agrees")).collect();
                [vec![roles], policies]
                    .concat()
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .collect::<Vec<_>>()
                    .join(", ")
            }
        }
    }
}
