//! Every route of an application: what its modules declare, moved, switched off and added to by the configuration. Router,
//! document and the verb `routes` are made of it.

use std::cell::LazyCell;
use std::collections::HashMap;

use partitura_runtime::app::Blueprint;
use partitura_runtime::error::{Error, Failure, Result};
use partitura_runtime::input::shape::{Kinds, Shape};
use partitura_runtime::module::{Entry, Handler, Module, Mounted};
use partitura_runtime::overrides::Admission;
use partitura_runtime::route::{Method, Route, Success, names, shape};

use crate::config::{HttpConfig, Moved};
use crate::controller::Controller;
use crate::openapi::Pages;

/// The routes, by path and method.
#[derive(Clone)]
pub struct Table {
    /// Each.
    pub routes: Vec<Bound>,
    /// The door by name, if it is open.
    pub named: Option<Named>,
    /// The whole path of the WebSocket, if there is one.
    pub websocket: Option<String>,
}

/// `POST /messages/{name}`: every message that is not local, by its name.
#[derive(Clone)]
pub struct Named {
    /// The whole path.
    pub path: String,
    /// What is behind it.
    pub handlers: Vec<&'static Handler>,
}

/// A route of an application.
#[derive(Clone)]
pub struct Bound {
    /// The method.
    pub method: Method,
    /// The whole path.
    pub path: String,
    /// The module that declares what it leads to.
    pub module: &'static str,
    /// What it leads to.
    pub leads: Leads,
    /// What declares it; `None` for one of the configuration's.
    pub declared: Option<&'static Route>,
}

/// What a route leads to.
#[derive(Clone, Copy)]
pub enum Leads {
    /// A message.
    Handler(&'static Handler),
    /// The fn of a controller, by its place among its routes.
    Mounted(&'static Mounted, usize),
}

impl Bound {
    /// `accounts.OpenAccount`, or `accounts.AccountsController.show`.
    pub fn name(&self) -> String {
        match self.leads {
            Leads::Handler(handler) => handler.full_name(),
            Leads::Mounted(mounted, at) => format!("{}.{}.{}", self.module, mounted.name, mounted.routes[at].name),
        }
    }

    /// The names in its path, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        names(&self.path)
    }

    /// How a success is answered.
    pub fn success(&self) -> Success {
        self.declared.map_or(Success::Plain, |route| route.success)
    }

    /// Where it comes from, for errors.
    pub fn place(&self) -> String {
        match self.declared {
            Some(route) => route.place.to_string(),
            None => format!("[http.routes] \"{}\"", self.name()),
        }
    }
}

impl Table {
    /// The names of the messages that the door by name takes.
    pub(crate) fn by_name(&self) -> impl Iterator<Item = String> {
        self.named.iter().flat_map(|named| named.handlers.iter().map(|handler| handler.full_name()))
    }

    /// Less what the configuration does not let in here.
    #[must_use]
    pub fn admitted(mut self, admission: &Admission) -> Self {
        let admits = |handler: &Handler| admission.admits(&handler.full_name(), crate::entrypoint::NAME);
        self.routes.retain(|route| match route.leads {
            Leads::Handler(handler) => admits(handler),
            Leads::Mounted(..) => true,
        });
        if let Some(named) = &mut self.named {
            named.handlers.retain(|handler| admits(handler));
        }
        self
    }

    /// Whether there is a route, or a mistake to be told. Cheaper than the table, which is made when it is served.
    pub(crate) fn leads_anywhere(blueprint: &'static Blueprint, config: &HttpConfig) -> bool {
        let declares = |entry: &Entry| match entry {
            Entry::Handler(handler) => !handler.routes.is_empty(),
            Entry::Mounted(mounted) => mounted.onto == "http" && !mounted.routes.is_empty(),
            _ => false,
        };
        let entries = || blueprint.modules.iter().flat_map(|module| module.entries.entries());
        // What the configuration moves or takes away, only the table knows.
        config.routes.is_empty() && entries().any(declares)
            || Table::new(blueprint, config).map_or(true, |table| !table.routes.is_empty() || table.websocket.is_some())
    }

    /// The routes of `blueprint` as `config` has them.
    ///
    /// # Errors
    /// Kind invalid with every mistake: a name that no message has, a text that is no route, a field that the message has not,
    /// two routes on one path.
    pub fn new(blueprint: &'static Blueprint, config: &HttpConfig) -> Result<Table> {
        let mut faults = Vec::new();
        let mut routes = Vec::new();
        let prefix = prefix("http.prefix", &config.prefix, &mut faults);
        let mut prefixes: HashMap<&str, String> = HashMap::new();
        for (module, own) in &config.prefixes {
            if !blueprint.modules.iter().any(|listed| listed.name == module) {
                let known = blueprint.modules.iter().map(|listed| listed.name);
                let text = unknown("module", module, known);
                faults.push(fault(&format!("http.prefixes.{module}"), text));
            }
            let at = format!("http.prefixes.{module}");
            prefixes.insert(module, self::prefix(&at, own, &mut faults));
        }
        let before = |module: &Module| match prefixes.get(module.name) {
            Some(own) => format!("{prefix}{own}"),
            None => prefix.clone(),
        };
        let handlers = blueprint.handlers();
        for name in config.routes.keys() {
            if !handlers.iter().any(|(_, handler)| handler.full_name() == *name) {
                let known: Vec<String> = handlers.iter().map(|(_, handler)| handler.full_name()).collect();
                let text = unknown("message", name, known.iter().map(String::as_str));
                faults.push(fault(&format!("http.routes.\"{name}\""), text));
            }
        }
        for &(module, handler) in &handlers {
            let name = LazyCell::new(|| handler.full_name());
            let declared = || {
                handler.routes.iter().map(|route| Bound {
                    method: route.method,
                    path: join(&before(module), route.path),
                    module: module.name,
                    leads: Leads::Handler(handler),
                    declared: Some(route),
                })
            };
            // A thousand names are not written for a section that has none of them.
            let moved = if config.routes.is_empty() { None } else { config.routes.get(&*name) };
            let moved = match moved {
                None | Some(Moved::Switch(true)) => {
                    for route in handler.routes {
                        let told = unfit(route, handler).into_iter();
                        faults.extend(told.map(|text| fault(&format!("{} ({})", *name, route.place), text)));
                    }
                    routes.extend(declared());
                    continue;
                }
                Some(Moved::Switch(false)) => continue,
                Some(Moved::One(one)) => std::slice::from_ref(one),
                Some(Moved::Several(several)) => several,
            };
            for text in moved {
                match parse(text, handler) {
                    // A path in the configuration is a whole one but for the prefix of all.
                    Ok((method, path)) => routes.push(Bound {
                        method,
                        path: join(&prefix, &path),
                        module: module.name,
                        leads: Leads::Handler(handler),
                        declared: None,
                    }),
                    Err(text) => faults.push(fault(&format!("http.routes.\"{}\"", *name), text)),
                }
            }
        }
        for (module, mounted) in blueprint.mounted("http") {
            if let Some(controller) = Controller::of(mounted) {
                let told = controller.mistakes().map(|text| fault(&format!("{}.{}", module.name, mounted.name), text));
                faults.extend(told);
            }
            routes.extend(mounted.routes.iter().enumerate().map(|(at, route)| Bound {
                method: route.method,
                path: join(&before(module), route.path),
                module: module.name,
                leads: Leads::Mounted(mounted, at),
                declared: Some(route),
            }));
        }
        let named = config.messages.then(|| Named {
            path: format!("{prefix}/messages/{{name}}"),
            handlers: handlers
                .into_iter()
                .map(|(_, handler)| handler)
                .filter(|handler| !handler.message.local)
                .collect(),
        });
        let websocket = config.websocket.as_ref().filter(|own| own.enabled && cfg!(feature = "websocket"));
        let websocket = websocket.map(|own| format!("{prefix}{}", own.path));
        routes.sort_by(|a, b| (&a.path, a.method).cmp(&(&b.path, b.method)));
        let mut seen: HashMap<(Method, String), usize> = HashMap::new();
        let mut spelt: HashMap<String, &Bound> = HashMap::new();
        for (at, route) in routes.iter().enumerate() {
            let first = spelt.entry(shape(&route.path)).or_insert(route);
            if first.path != route.path {
                let text = format!(
                    "one path has two names for a field, `{}` ({}) and `{}` ({}): call it the same",
                    first.path,
                    first.place(),
                    route.path,
                    route.place()
                );
                faults.push(fault("http.routes", text));
            }
            if let Some(first) = seen.insert((route.method, shape(&route.path)), at) {
                let first: &Bound = &routes[first];
                let text = format!(
                    "`{} {}` leads to `{}` ({}) and to `{}` ({})",
                    route.method,
                    route.path,
                    first.name(),
                    first.place(),
                    route.name(),
                    route.place()
                );
                faults.push(fault("http.routes", text));
            }
        }
        if faults.is_empty() {
            let paths = routes.iter().map(|route| (route.path.as_str(), route.place()));
            let door = named.iter().map(|named| (named.path.as_str(), "http.messages".to_owned()));
            let socket = websocket.iter().map(|path| (path.as_str(), "http.websocket.path".to_owned()));
            distinct(paths.chain(door).chain(socket), &mut faults);
        }
        if let Some(path) = &websocket {
            let other = routes.iter().find(|route| shape(&route.path) == *path);
            let ours = config.health && path.starts_with("/health/") || config.docs && Pages::has(path);
            let holder = match other {
                Some(route) => Some(format!("`{}` ({})", route.name(), route.place())),
                None => ours.then(|| "a page of the server's own".to_owned()),
            };
            if let Some(holder) = holder {
                let text = format!("`{path}` is where the WebSocket is; {holder} is there, too: give one another path");
                faults.push(fault("http.websocket.path", text));
            }
        }
        if let Some(named) = &named
            && let Some(route) = routes.iter().find(|route| {
                matches!(route.method, Method::Post | Method::Any) && shape(&route.path) == shape(&named.path)
            })
        {
            let text = format!(
                "`POST {}` is where messages go by their name; `{}` leads there, too",
                named.path,
                route.name()
            );
            faults.push(fault("http.messages", text));
        }
        if faults.is_empty() {
            return Ok(Table { routes, named, websocket });
        }
        Err(Error::invalid("the routes cannot be served").with_code("PT0410").with_failures(faults))
    }
}

/// Whether a router can tell the paths apart, and take each: what it cannot, it would tell by a panic.
fn distinct<'a>(paths: impl Iterator<Item = (&'a str, String)>, faults: &mut Vec<Failure>) {
    let mut router = matchit::Router::new();
    let mut seen = std::collections::HashSet::new();
    for (path, place) in paths {
        if seen.insert(shape(path))
            && let Err(error) = router.insert(path, ())
        {
            faults.push(fault("http.routes", format!("`{path}` ({place}) cannot be served: {error}")));
        }
    }
}

fn fault(key: &str, text: impl Into<String>) -> Failure {
    Failure::new(key, "route", text)
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    format!("no {what} is named `{name}`{}", partitura_runtime::nearest::did_you_mean(name, known))
}

/// Without `/` at its end; told if it has none at its beginning.
fn prefix(key: &str, text: &str, faults: &mut Vec<Failure>) -> String {
    let trimmed = text.trim_end_matches('/');
    if !trimmed.is_empty() && (!trimmed.starts_with('/') || trimmed.contains(['{', '}', '?', '#', ' '])) {
        faults.push(fault(key, format!("`{text}` is no prefix of a path: write it like \"/api\"")));
    }
    trimmed.to_owned()
}

/// `/api` and `/` are `/api`.
fn join(prefix: &str, path: &str) -> String {
    match path {
        "/" if !prefix.is_empty() => prefix.to_owned(),
        path => format!("{prefix}{path}"),
    }
}

/// What is wrong with a route that a module declares and no compiler sees: which fields an input of a plan and a reply have is
/// known by their schemas alone. Without this it would be told by the first request, or by a `Location` that is not there.
fn unfit(route: &Route, handler: &Handler) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(schema) = (handler.schema)() {
        let shape = Shape::new(&schema);
        let fields = shape.fields();
        for name in names(route.path) {
            match fields.iter().find(|field| field.name == name) {
                None if shape.others(&schema).is_none() => told.push(format!(
                    "`{{{name}}}` in `{}` is no field of `{}`{} [PT0401]",
                    route.path,
                    handler.full_name(),
                    partitura_runtime::nearest::did_you_mean(name, fields.iter().map(|field| field.name))
                )),
                Some(field) if is_object(shape.kinds(field.schema)) => told.push(format!(
                    "the field `{name}` of `{}` is an object, and a segment of the path `{}` is one value [PT0402]",
                    handler.full_name(),
                    route.path
                )),
                _ => {}
            }
        }
    }
    if let Success::Created(location) = route.success
        && let Some(schema) = (handler.reply_schema)()
    {
        told.extend(names(location).filter_map(|name| unsaid(location, name, handler.reply, &schema)));
    }
    told
}

/// Why a reply cannot say `{name}` of its location.
fn unsaid(location: &str, name: &str, reply: &str, schema: &serde_json::Value) -> Option<String> {
    if schema.get("type").and_then(serde_json::Value::as_str) == Some("null") {
        return Some(format!(
            "`created = \"{location}\"`: the reply is `{reply}`, which says nothing: answer with what has `{{{name}}}`, or leave `created` out [PT0400]"
        ));
    }
    let shape = Shape::new(schema);
    let fields = shape.fields();
    if !is_object(shape.kinds(schema)) || shape.others(schema).is_some() {
        return None;
    }
    let known = || fields.iter().map(|field| field.name);
    match name.is_empty() {
        true => Some(format!(
            "`created = \"{location}\"`: `{{}}` is the reply itself, and `{reply}` is an object: name a field of it [PT0400]"
        )),
        false if known().any(|field| field == name) => None,
        false => Some(format!(
            "`created = \"{location}\"`: `{name}` is no field of the reply `{reply}`{} [PT0400]",
            partitura_runtime::nearest::did_you_mean(name, known())
        )),
    }
}

/// Whether it is an object and nothing else.
fn is_object(kinds: Kinds) -> bool {
    kinds.object && !(kinds.any || kinds.string || kinds.integer || kinds.number || kinds.boolean || kinds.array)
}

/// `POST /open/{id}`, for the message of `handler`.
fn parse(text: &str, handler: &Handler) -> std::result::Result<(Method, String), String> {
    let form = "write a method and a path: \"POST /accounts/{id}\"";
    let Some((method, path)) = text.trim().split_once(' ') else { return Err(format!("`{text}` is no route: {form}")) };
    let Some(method) = Method::ALL.into_iter().find(|own| own.name().eq_ignore_ascii_case(method)) else {
        let all = Method::ALL.map(Method::name).join(", ");
        return Err(format!("`{method}` is no method: there are {all}"));
    };
    let path = path.trim();
    if !path.starts_with('/')
        || path.contains("//")
        || path.contains([' ', '?', '#'])
        || path.len() > 1 && path.ends_with('/')
    {
        return Err(format!("`{path}` is no path: it begins with `/` and does not end with it; {form}"));
    }
    if matches!(method, Method::Get | Method::Head)
        && handler.message.kind == partitura_runtime::message::MessageKind::Command
    {
        return Err(
            "a command changes something, and what is read must not: choose POST, PUT, PATCH or DELETE".to_owned()
        );
    }
    let Some(schema) = (handler.schema)() else {
        return Err("the message is local: it is reachable from code only".to_owned());
    };
    let shape = Shape::new(&schema);
    let fields = shape.fields();
    for name in names(path) {
        if !fields.iter().any(|field| field.name == name) && shape.others(&schema).is_none() {
            return Err(format!("`{{{name}}}` is no field of the message"));
        }
    }
    Ok((method, path.to_owned()))
}
