//! What `describe --json` says, as far as it is asked here.
//!
//! These are types of this crate's own, not those of the runtime: descriptions of other versions are read, too. `docs/describe.schema.json`
//! says what each field is.

#![allow(missing_docs, reason = "the schema of the description says what each field is")]

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// The number before the dot of the schemas that are understood.
const MAJOR: &str = "1.";

/// An application.
#[derive(Debug, Clone, Deserialize)]
pub struct Description {
    schema: String,
    pub application: Application,
    pub modules: Vec<Module>,
    pub messages: Vec<Message>,
    #[serde(default)]
    pub routes: Vec<Route>,
    #[serde(default)]
    pub topics: Vec<Topic>,
    #[serde(default)]
    pub plans: Vec<Plan>,
    #[serde(default)]
    pub behaviors: Vec<String>,
    #[serde(default)]
    pub requires_authorization: bool,
    pub providers: Vec<Provider>,
    pub configuration: Vec<Section>,
}

/// The application itself.
#[derive(Debug, Clone, Deserialize)]
pub struct Application {
    pub name: String,
}

/// A module.
#[derive(Debug, Clone, Deserialize)]
pub struct Module {
    pub name: String,
    pub imports: Vec<Import>,
    pub exports: Vec<String>,
    pub handles: Vec<String>,
    #[serde(default)]
    pub contracts: Vec<String>,
}

/// What a module asks for.
#[derive(Debug, Clone, Deserialize)]
pub struct Import {
    #[serde(rename = "type")]
    pub ty: String,
    pub optional: bool,
}

/// A message.
#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    pub name: String,
    pub kind: String,
    #[serde(default)]
    pub local: bool,
    #[serde(default)]
    pub schema: Option<Value>,
    #[serde(default)]
    pub reply: Option<String>,
    #[serde(default)]
    pub reply_schema: Option<Value>,
    pub handlers: Vec<Handler>,
}

/// A handler, or a subscriber.
#[derive(Debug, Clone, Deserialize)]
pub struct Handler {
    pub module: String,
    pub name: String,
    pub place: String,
    pub needs: Vec<Need>,
    #[serde(default)]
    pub access: Option<Access>,
    #[serde(default)]
    pub idempotent: bool,
    #[serde(default)]
    pub streams: bool,
}

/// Who may send a message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Access {
    pub public: bool,
    pub roles: Vec<String>,
    pub policies: Vec<String>,
}

/// A dependency.
#[derive(Debug, Clone, Deserialize)]
pub struct Need {
    #[serde(rename = "type")]
    pub ty: String,
}

/// A route.
#[derive(Debug, Clone, Deserialize)]
pub struct Route {
    pub method: String,
    pub path: String,
    pub module: String,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub controller: Option<String>,
    #[serde(default)]
    pub access: Option<Access>,
    pub place: String,
}

/// Who listens to topics.
#[derive(Debug, Clone, Deserialize)]
pub struct Topic {
    pub pattern: String,
    pub subscriber: Handler,
}

/// A plan.
#[derive(Debug, Clone, Deserialize)]
pub struct Plan {
    pub name: String,
    #[serde(default)]
    pub message: String,
    pub steps: Vec<Step>,
    pub edges: Vec<Edge>,
}

/// A step of a plan.
#[derive(Debug, Clone, Deserialize)]
pub struct Step {
    pub name: String,
    #[serde(default)]
    pub docs: String,
    #[serde(default)]
    pub retries: u32,
    #[serde(default)]
    pub timeout_ms: Option<u64>,
    #[serde(default)]
    pub when: Option<String>,
    #[serde(default)]
    pub on_failure: Option<String>,
    #[serde(default)]
    pub compensate: Option<String>,
}

/// Which step comes after which.
#[derive(Debug, Clone, Deserialize)]
pub struct Edge {
    pub from: String,
    pub to: String,
}

/// A provider.
#[derive(Debug, Clone, Deserialize)]
pub struct Provider {
    pub module: String,
    #[serde(rename = "type")]
    pub ty: String,
    pub by: String,
    #[serde(default)]
    pub named: Option<String>,
    pub lifetime: String,
    pub needs: Vec<Need>,
}

/// A section of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct Section {
    pub name: String,
    pub keys: Vec<Key>,
}

/// A key of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct Key {
    pub name: String,
    pub required: bool,
    #[serde(default)]
    pub secret: bool,
}

/// What became of a run of a plan, read from its report.
#[derive(Debug, Clone, Deserialize)]
pub struct Run {
    pub state: String,
    pub took_us: u64,
    pub steps: Vec<StepRun>,
}

/// What became of a step.
#[derive(Debug, Clone, Deserialize)]
pub struct StepRun {
    pub name: String,
    pub state: String,
    pub tries: u32,
    #[serde(default)]
    pub began_us: Option<u64>,
    pub took_us: u64,
    #[serde(default)]
    pub cause: Option<Cause>,
    #[serde(default)]
    pub undo: Option<Undo>,
}

/// Why a step failed.
#[derive(Debug, Clone, Deserialize)]
pub struct Cause {
    pub code: String,
}

/// What became of a compensation.
#[derive(Debug, Clone, Deserialize)]
pub struct Undo {
    pub done: bool,
    pub took_us: u64,
}

/// Why a description is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It is no description, or one that lacks something.
    Broken(String),
    /// It is of another version than those that are known.
    Version(String),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unread::Broken(why) => write!(f, "the description is not understood: {why}"),
            Unread::Version(version) => {
                write!(f, "the description has schema {version}, and {MAJOR}x is what is known here")
            }
        }
    }
}

impl std::error::Error for Unread {}

impl Description {
    /// Reads it, if its version is one that is understood.
    ///
    /// # Errors
    /// It is no description, or one of another version.
    pub fn read(value: Value) -> Result<Description, Unread> {
        // The version first: of another one anything may be missing.
        if let Some(version) = value["schema"].as_str().filter(|version| !version.starts_with(MAJOR)) {
            return Err(Unread::Version(version.to_owned()));
        }
        let described: Description =
            serde_json::from_value(value).map_err(|error| Unread::Broken(error.to_string()))?;
        debug_assert!(described.schema.starts_with(MAJOR), "looked at above");
        Ok(described)
    }

    /// Who may call what `route` leads to, if that is declared.
    pub fn access<'d>(&'d self, route: &'d Route) -> Option<&'d Access> {
        let of_message = || {
            let message = self.messages.iter().find(|message| route.message.as_ref() == Some(&message.name))?;
            message.handlers.first()?.access.as_ref()
        };
        route.access.as_ref().or_else(of_message)
    }
}

impl Run {
    /// Reads the report of a run.
    ///
    /// # Errors
    /// It is no report.
    pub fn read(value: Value) -> Result<Run, Unread> {
        serde_json::from_value(value).map_err(|error| Unread::Broken(error.to_string()))
    }
}

impl Route {
    /// What it leads to: a message, or the fn of a controller.
    pub fn target(&self) -> &str {
        self.message.as_deref().or(self.controller.as_deref()).unwrap_or_default()
    }
}

impl Access {
    /// In words: `anybody`, `teller or manager`, `if OwnBranch agrees`; nothing where nothing is declared.
    pub fn words(access: Option<&Access>) -> String {
        match access {
            None => String::new(),
            Some(access) if access.public => "anybody".to_owned(),
            Some(access) => {
                let roles = access.roles.join(" or ");
                let policies: Vec<String> =
                    access.policies.iter().map(|policy| format!("if {policy} agrees")).collect();
                let words = [vec![roles], policies].concat();
                words.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// As it is declared: `public`, `allow(teller, OwnBranch)`, `undeclared` where nothing is.
    pub fn declared(access: Option<&Access>) -> String {
        match access {
            None => "undeclared".to_owned(),
            Some(access) if access.public => "public".to_owned(),
            Some(access) => format!("allow({})", [&access.roles[..], &access.policies[..]].concat().join(", ")),
        }
    }
}
