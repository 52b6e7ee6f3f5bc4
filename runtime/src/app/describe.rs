//! What was made of the code, as data: the versioned schema that `ls`, `check`, `graph` and other tools read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Blueprint;
use super::registry::Registry;
use crate::access::Access;
use crate::behavior::Infos;
use crate::container::need::{Form, Need};
use crate::message::{MessageInfo, MessageKind};
use crate::module::{Entry, Module, NamedCall};
use crate::plan::{On, OnFailure, Plan, PlanCode, Why};
use crate::route::{Method, Route};
use crate::wiring::Surround;
use crate::wiring::node::Lifetime;

/// The version of this schema. A field that is added raises the second number, all else the first.
pub const SCHEMA_VERSION: &str = "1.3";

/// An application, described without running it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Description {
    /// The version of this schema: `1.3`.
    pub schema: String,
    /// The application.
    pub application: ApplicationDescription,
    /// Its modules, in declared order.
    pub modules: Vec<ModuleDescription>,
    /// Its messages, by name.
    pub messages: Vec<MessageDescription>,
    /// Its routes as declared, by path and method. A configuration may move them, put something before them, and add others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<RouteDescription>,
    /// Who listens to topics by pattern, modules in declared order and by line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<TopicDescription>,
    /// Its plans, modules in declared order and by line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<PlanDescription>,
    /// What goes around every message, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behaviors: Vec<String>,
    /// Whether every handler must say who may send its message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub requires_authorization: bool,
    /// Its providers, modules in declared order and by line.
    pub providers: Vec<ProviderDescription>,
    /// The sections of its configuration.
    pub configuration: Vec<SectionDescription>,
}

/// The application itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationDescription {
    /// Its name.
    pub name: String,
    /// The version of its package.
    pub version: String,
    /// The prefix of its environment variables.
    pub env_prefix: String,
    /// Where `app!` stands.
    pub place: String,
}

/// One module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModuleDescription {
    /// Its name.
    pub name: String,
    /// Its package.
    pub package: String,
    /// Its package's version.
    pub version: String,
    /// Where `module!` stands.
    pub place: String,
    /// What it needs from other modules.
    pub imports: Vec<ImportDescription>,
    /// The types that it gives to other modules.
    pub exports: Vec<String>,
    /// The contract messages that it handles.
    pub handles: Vec<String>,
    /// The contract messages that it declares.
    pub contracts: Vec<String>,
}

/// One import of a module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImportDescription {
    /// The type.
    #[serde(rename = "type")]
    pub ty: String,
    /// How long it was promised to live.
    pub lifetime: Lifetime,
    /// Whether the module can do without.
    pub optional: bool,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MessageDescription {
    /// `module.Type`, with `@version` when that is not 1.
    pub name: String,
    /// Command, query or event.
    pub kind: MessageKind,
    /// Its version.
    pub version: u32,
    /// Its doc comment.
    pub docs: String,
    /// Reachable from code only.
    pub local: bool,
    /// Declared in one module and handled in another.
    pub contract: bool,
    /// Where the type is declared.
    pub place: String,
    /// The JSON Schema (2020-12) of its fields; none for a local message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// The reply's type as written; of a stream, that of one item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// The JSON Schema of the reply, or of one item of a stream, if its type has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_schema: Option<Value>,
    /// What agents are told of it, if it is a tool of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentDescription>,
    /// The handler of a command or query, or the subscribers of an event.
    pub handlers: Vec<HandlerDescription>,
}

/// A message that is a tool of agents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgentDescription {
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether it may destroy something, where the declaration says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive: Option<bool>,
    /// Whether it reaches into the world beyond the application, where the declaration says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_world: Option<bool>,
}

/// One handler.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HandlerDescription {
    /// The module.
    pub module: String,
    /// The fn.
    pub name: String,
    /// Where.
    pub place: String,
    /// What it needs.
    pub needs: Vec<NeedDescription>,
    /// Milliseconds after which it is cancelled, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Its own behaviors, outermost first; those of the application go around them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behaviors: Vec<String>,
    /// Who may send the message; absent where nothing is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessDescription>,
    /// Whether running it twice does what running it once does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idempotent: bool,
    /// How often it is tried again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// Whether it answers with a stream, of which `reply` is one item.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub streams: bool,
}

/// Who may send a message: whoever has one of the roles, if there are any, and is agreed to by every policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccessDescription {
    /// Anybody.
    pub public: bool,
    /// One of these is enough.
    pub roles: Vec<String>,
    /// All of these must agree.
    pub policies: Vec<String>,
}

/// A route: what a method and a path lead to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RouteDescription {
    /// The method; `ANY` for every one.
    pub method: Method,
    /// The path: `/accounts/{id}`.
    pub path: String,
    /// The module that declares it.
    pub module: String,
    /// The message that it leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The fn of a controller that it leads to: `AccountsController.show`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<String>,
    /// Who may call the fn of a controller; a message has its own. Absent where nothing is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessDescription>,
    /// Where it is declared.
    pub place: String,
}

/// A subscriber of topics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TopicDescription {
    /// Words between dots; `*` is one word, `#` any number.
    pub pattern: String,
    /// The events that it takes; none for every event.
    pub events: Vec<String>,
    /// Who.
    pub subscriber: HandlerDescription,
}

/// One plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanDescription {
    /// Its name.
    pub name: String,
    /// The message that runs it.
    pub message: String,
    /// The module.
    pub module: String,
    /// Its doc comment.
    pub docs: String,
    /// Where.
    pub place: String,
    /// When it runs by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<On>,
    /// The type that a run is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The type that a run answers with; without one, it answers with its report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// How many steps run at a time.
    pub limit: usize,
    /// Whether a second run at the same time is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclusive: bool,
    /// Milliseconds within which it must be undone.
    pub undo_within_ms: u64,
    /// Its steps, in declared order.
    pub steps: Vec<StepDescription>,
    /// Which step comes after which.
    pub edges: Vec<EdgeDescription>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepDescription {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub docs: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// How many steps at least come one after the other before it: those of one level can run at the same time.
    pub level: u32,
    /// What it needs of the container.
    pub needs: Vec<NeedDescription>,
    /// The types that it takes from other steps, or of the plan's input.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<String>,
    /// The type that it gives to other steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives: Option<String>,
    /// How often it is tried again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// Milliseconds that a try may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The fn that says whether it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// What happens to the plan when it fails.
    pub on_failure: OnFailure,
    /// The fn that undoes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compensate: Option<String>,
}

/// One step of a plan comes after another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EdgeDescription {
    /// The step that comes first.
    pub from: String,
    /// The step that comes after it.
    pub to: String,
    /// Why.
    pub why: Why,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NeedDescription {
    /// The type as written.
    #[serde(rename = "type")]
    pub ty: String,
    /// How many are asked for.
    pub form: NeedForm,
}

/// How many providers a dependency asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeedForm {
    /// One.
    One,
    /// One or none.
    Optional,
    /// Every one.
    All,
}

/// One provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderDescription {
    /// The module.
    pub module: String,
    /// The type that it provides.
    #[serde(rename = "type")]
    pub ty: String,
    /// The struct or fn that makes it.
    pub by: String,
    /// The name that tells it from others of its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// Found by `All` only.
    pub many: bool,
    /// How long what it makes lives.
    pub lifetime: Lifetime,
    /// What it needs.
    pub needs: Vec<NeedDescription>,
    /// Where.
    pub place: String,
}

/// One section of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SectionDescription {
    /// The table's name.
    pub name: String,
    /// Its keys.
    pub keys: Vec<KeyDescription>,
}

/// One key of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyDescription {
    /// The key.
    pub name: String,
    /// Whether the application does not start without it.
    pub required: bool,
    /// Whether its value is never shown.
    pub secret: bool,
    /// The environment variable that sets it.
    pub variable: String,
}

pub(super) fn describe(blueprint: &'static Blueprint) -> Description {
    let registry = Registry::new(blueprint.modules, blueprint.behaviors);
    Description {
        schema: SCHEMA_VERSION.to_owned(),
        application: ApplicationDescription {
            name: blueprint.name.to_owned(),
            version: blueprint.version.to_owned(),
            env_prefix: blueprint.env_prefix.to_owned(),
            place: blueprint.place.to_string(),
        },
        modules: registry.modules().map(module).collect(),
        messages: messages(&registry),
        routes: routes(&registry),
        topics: topics(&registry),
        plans: plans(&registry),
        behaviors: blueprint.behaviors.iter().map(|listed| listed.info.name.to_owned()).collect(),
        requires_authorization: blueprint.authorization,
        providers: providers(&registry),
        configuration: super::builder::sections(blueprint.modules)
            .into_iter()
            .map(|section| SectionDescription {
                name: section.name.to_owned(),
                keys: section
                    .fields
                    .iter()
                    .map(|field| KeyDescription {
                        name: field.name.to_owned(),
                        required: field.required,
                        secret: field.secret,
                        variable: section.variable(field, blueprint.env_prefix),
                    })
                    .collect(),
            })
            .collect(),
    }
}

fn module(module: &crate::module::Module) -> ModuleDescription {
    let names = |messages: &[&MessageInfo]| messages.iter().map(|message| message.full_name()).collect();
    ModuleDescription {
        name: module.name.to_owned(),
        package: module.package.to_owned(),
        version: module.version.to_owned(),
        place: module.place.to_string(),
        imports: module
            .imports
            .iter()
            .map(|import| ImportDescription {
                ty: import.name.to_owned(),
                lifetime: import.lifetime,
                optional: import.optional,
            })
            .collect(),
        exports: module.exports.iter().map(|export| export.name.to_owned()).collect(),
        handles: names(module.handles),
        contracts: names(module.contracts),
    }
}

fn messages(registry: &Registry) -> Vec<MessageDescription> {
    let mut messages: BTreeMap<String, MessageDescription> = BTreeMap::new();
    for (module, entry) in registry.entries() {
        match entry {
            Entry::Handler(handler) => {
                let own =
                    handler_of(module.name, handler.name, entry, handler.timeout_ms, handler.around, handler.behaviors);
                let mut message = message_of(handler.full_name(), handler.message, (handler.schema)());
                message.reply = Some(handler.reply.to_owned());
                message.reply_schema = (handler.reply_schema)();
                message.agent = handler.agent.map(|agent| AgentDescription {
                    title: agent.title.map(str::to_owned),
                    destructive: agent.destructive,
                    open_world: agent.open_world,
                });
                messages.entry(handler.full_name()).or_insert(message).handlers.push(own);
            }
            Entry::Subscriber(subscriber) => {
                for event in subscriber.events {
                    let own = handler_of(
                        module.name,
                        subscriber.name,
                        entry,
                        subscriber.timeout_ms,
                        subscriber.around,
                        subscriber.behaviors,
                    );
                    messages
                        .entry(event.info.full_name())
                        .or_insert_with(|| message_of(event.info.full_name(), event.info, (event.schema)()))
                        .handlers
                        .push(own);
                }
            }
            Entry::Provider(_) | Entry::Mounted(_) => {}
        }
    }
    messages.into_values().collect()
}

fn message_of(name: String, info: &MessageInfo, schema: Option<serde_json::Value>) -> MessageDescription {
    MessageDescription {
        name,
        kind: info.kind,
        version: info.version,
        docs: info.docs.to_owned(),
        local: info.local,
        contract: info.contract,
        place: info.place.to_string(),
        schema,
        reply: None,
        reply_schema: None,
        agent: None,
        handlers: Vec::new(),
    }
}

/// Who listens to topics, by pattern.
fn topics(registry: &Registry) -> Vec<TopicDescription> {
    let subscribers = registry.entries().filter_map(|(module, entry)| match entry {
        Entry::Subscriber(subscriber) => Some((module, entry, subscriber)),
        _ => None,
    });
    subscribers
        .filter(|(_, _, subscriber)| subscriber.topic.is_some() || subscriber.events.is_empty())
        .map(|(module, entry, subscriber)| TopicDescription {
            pattern: subscriber.topic.unwrap_or("#").to_owned(),
            events: subscriber.events.iter().map(|event| event.info.full_name()).collect(),
            subscriber: handler_of(
                module.name,
                subscriber.name,
                entry,
                subscriber.timeout_ms,
                subscriber.around,
                subscriber.behaviors,
            ),
        })
        .collect()
}

fn plans(registry: &Registry) -> Vec<PlanDescription> {
    // What cannot run is told by `verify`.
    let plans = registry.plans().filter_map(|(module, code)| Some((module, code, code.plan().ok()?)));
    plans.map(|(module, code, plan)| plan_of(module.name, code, plan)).collect()
}

fn plan_of(module: &str, code: &PlanCode, plan: &Plan) -> PlanDescription {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let name = |step: usize| plan.steps()[step].name().to_owned();
    let steps = plan.steps().iter().zip(&plan.model().levels).map(|(step, level)| StepDescription {
        name: step.name().to_owned(),
        docs: step.docs.to_owned(),
        place: step.place.map(|place| place.to_string()),
        level: *level,
        needs: needs(step.run.needs),
        takes: step.takes.iter().map(|take| take.name.to_owned()).collect(),
        gives: step.gives().map(str::to_owned),
        retries: step.retry_limit(),
        timeout_ms: step.time_limit().map(|limit| limit.as_millis().try_into().unwrap_or(u64::MAX)),
        when: text(step.when_name),
        on_failure: step.failure_policy(),
        compensate: text(step.undo_name),
    });
    PlanDescription {
        name: code.name.to_owned(),
        message: code.info.full_name(),
        module: module.to_owned(),
        docs: code.docs.to_owned(),
        place: code.place.to_string(),
        on: code.on,
        input: plan.input().map(str::to_owned),
        output: code.output_name().map(str::to_owned),
        limit: plan.limit(),
        exclusive: plan.is_exclusive(),
        undo_within_ms: plan.undo_within().as_millis().try_into().unwrap_or(u64::MAX),
        steps: steps.collect(),
        edges: plan
            .edges()
            .iter()
            .map(|edge| EdgeDescription { from: name(edge.from), to: name(edge.to), why: edge.why })
            .collect(),
    }
}

fn handler_of(
    module: &str,
    name: &str,
    entry: &'static Entry,
    timeout_ms: u64,
    around: &Surround,
    behaviors: Option<&'static Infos>,
) -> HandlerDescription {
    let mut asked = Vec::new();
    entry.each_need(&mut |need| asked.push(need));
    HandlerDescription {
        module: module.to_owned(),
        name: name.to_owned(),
        place: entry.place().to_string(),
        needs: needs(asked),
        timeout_ms: (timeout_ms > 0).then_some(timeout_ms),
        behaviors: Infos::each(behaviors).map(|behavior| behavior.name.to_owned()).collect(),
        access: access(around.access),
        idempotent: around.idempotent,
        retries: around.retries,
        streams: matches!(entry, Entry::Handler(handler) if matches!(handler.call, NamedCall::Stream(_))),
    }
}

fn access(declared: Access) -> Option<AccessDescription> {
    match declared {
        Access::Undeclared => None,
        Access::Public => Some(AccessDescription { public: true, roles: Vec::new(), policies: Vec::new() }),
        Access::Allow { roles, policies } => Some(AccessDescription {
            public: false,
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            policies: policies.iter().map(|policy| (*policy).to_owned()).collect(),
        }),
    }
}

fn routes(registry: &Registry) -> Vec<RouteDescription> {
    let of = |module: &Module, route: &Route, message: Option<String>, controller: Option<String>| RouteDescription {
        method: route.method,
        path: route.path.to_owned(),
        module: module.name.to_owned(),
        message,
        controller,
        access: access(route.access),
        place: route.place.to_string(),
    };
    let handlers = registry.handlers().flat_map(|(module, handler)| {
        handler.routes.iter().map(move |route| of(module, route, Some(handler.full_name()), None))
    });
    let mounted = registry.mounted().flat_map(|(module, mounted)| {
        let name = |route: &Route| format!("{}.{}", mounted.name, route.name);
        mounted.routes.iter().map(move |route| of(module, route, None, Some(name(route))))
    });
    let mut routes: Vec<RouteDescription> = handlers.chain(mounted).collect();
    routes.sort_by(|a, b| (&a.path, a.method).cmp(&(&b.path, b.method)));
    routes
}

fn providers(registry: &Registry) -> Vec<ProviderDescription> {
    registry
        .providers()
        .map(|(module, provider)| ProviderDescription {
            module: module.name.to_owned(),
            ty: provider.name.to_owned(),
            by: provider.by.to_owned(),
            named: provider.named.map(str::to_owned),
            many: provider.many,
            lifetime: provider.lifetime,
            needs: needs(provider.needs),
            place: provider.place.to_string(),
        })
        .collect()
}

fn needs(needs: impl IntoIterator<Item = &'static Need>) -> Vec<NeedDescription> {
    let described = needs.into_iter().map(|need| NeedDescription {
        ty: need.name.to_owned(),
        form: match need.form {
            Form::One => NeedForm::One,
            Form::Optional => NeedForm::Optional,
            Form::All { .. } => NeedForm::All,
        },
    });
    described.collect()
}
