//! The proof itself.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use partitura_runtime::app::describe::{Description, MessageDescription};
use partitura_runtime::app::{Blueprint, Door};
use partitura_runtime::behavior::Listed;
use partitura_runtime::error::Error;
use partitura_runtime::message::{Decode, MessageKind, Reply, Request};
use partitura_runtime::wiring::Handles;
use serde_json::{Map, Value};

use crate::answer::{Answer, Refusal};
use crate::case::{Case, Cases, Said as Written};
use crate::home::{Folder, Ground, Home};
use crate::invent::Schema;
use crate::probe::{Fault, Probe, Shape};
use crate::table::{Cell, Row, Table};
use crate::way::{Asked, Route, Said, Send, Typed, Way, ask};

/// The name of the first case.
pub(crate) const VALID: &str = "valid";

/// The proof for one application: see [the crate](crate).
#[must_use = "`run` runs it"]
pub struct Parity {
    blueprint: &'static Blueprint,
    typed: BTreeMap<String, Send>,
    cases: Cases,
    only: Option<String>,
}

impl Parity {
    /// Of the application that has this blueprint: `Parity::of(Bank::BLUEPRINT)`.
    pub fn of(blueprint: &'static Blueprint) -> Self {
        Parity { blueprint, typed: BTreeMap::new(), cases: Cases::default(), only: None }
    }

    /// With a typed send of `M`: only code can name a type.
    pub fn typed<M: Request>(mut self) -> Self {
        let send: Send = |door, input| Box::pin(typed::<M>(door, input));
        self.typed.insert(M::INFO.full_name(), send);
        self
    }

    /// With what the schema cannot say: the text of a `parity.toml`.
    ///
    /// # Errors
    /// Where it is not understood, and why.
    pub fn cases(mut self, text: &str) -> Result<Self, String> {
        self.cases = Cases::read(text)?;
        let described = self.blueprint.describe();
        for name in self.cases.messages.keys() {
            described.message(name).map_err(|error| error.message().to_owned())?;
        }
        Ok(self)
    }

    /// Only this message.
    ///
    /// # Errors
    /// If there is none of this name, with near ones.
    pub fn only(mut self, name: &str) -> Result<Self, String> {
        let described = self.blueprint.describe();
        self.only = Some(described.message(name).map_err(|error| error.message().to_owned())?.name.clone());
        Ok(self)
    }

    /// Runs it, in a thread of its own.
    ///
    /// # Errors
    /// What kept the proof from being made at all: a configuration that does not parse, a folder that cannot be made.
    pub fn run(self) -> Result<Table, String> {
        let ran = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.map_err(|error| error.to_string())?.block_on(self.prove())
            });
            thread.join()
        });
        ran.unwrap_or_else(|_| Err("the proof panicked".to_owned()))
    }

    /// Runs it, on the tokio runtime of the caller.
    ///
    /// # Errors
    /// As [`Parity::run`].
    pub async fn prove(self) -> Result<Table, String> {
        let ground = Ground {
            blueprint: watched(self.blueprint),
            set: self.cases.set.clone(),
            uid: uid().map_err(|error| error.to_string())?,
            folder: Folder::new().map_err(|error| format!("no folder can be made: {error}"))?,
        };
        let described = self.blueprint.describe();
        let mut rows = Vec::new();
        for message in &described.messages {
            if self.only.as_ref().is_some_and(|only| *only != message.name) {
                continue;
            }
            rows.push(self.message(&described, message, &ground).await?);
        }
        Ok(Table { application: described.application.name, rows })
    }

    async fn message(
        &self,
        described: &Description,
        message: &MessageDescription,
        ground: &Ground,
    ) -> Result<Row, String> {
        let none = Written::default();
        let said = self.cases.messages.get(&message.name).unwrap_or(&none);
        let mut row = Row { message: message.name.clone(), cells: BTreeMap::new(), skipped: said.skip.clone() };
        if said.skip.is_some() {
            return Ok(row);
        }
        let asked = Asked {
            streams: message.handlers.first().is_some_and(|handler| handler.streams),
            local: message.local,
            event: message.kind == MessageKind::Event,
            agent: message.agent.is_some(),
            object: message
                .reply_schema
                .as_ref()
                .is_some_and(|schema| schema.get("type") == Some(&Value::from("object"))),
            route: route(described, message, self.blueprint),
            typed: self.typed.get(&message.name).copied(),
        };
        for case in cases(message, said, &asked) {
            let home = Home::new(ground, &message.name, &case);
            let wanted = answered(ask(Way::Named, &asked, &home).await?)?;
            let closed = (Answer::refused(Refusal::unknown()), Shape::none());
            // A tool collects a stream, so one that breaks off is an error alone.
            let collected = (wanted.0.clone().collected(), wanted.1.clone());
            // All at once: each has an application of its own, and some of them wait for real time to pass.
            let cells = Way::ALL.map(async |way| {
                // What is no tool is none, whatever it would answer elsewhere.
                let wanted = match way {
                    Way::Mcp if !asked.agent => &closed,
                    Way::Mcp => &collected,
                    _ => &wanted,
                };
                cell(way, &asked, &Home::new(ground, &message.name, &case), wanted).await
            });
            for (way, cell) in Way::ALL.into_iter().zip(join_all(cells).await) {
                row.cells.entry(way).or_default().push(cell);
            }
        }
        Ok(row)
    }
}

async fn cell(way: Way, asked: &Asked, home: &Home<'_>, wanted: &(Answer, Shape)) -> Cell {
    let case = home.case.name.clone();
    match ask(way, asked, home).await {
        Ok(Said::Never(why)) => Cell::Never { case, why },
        Ok(Said::Answer { answer, shape, traces, given }) => {
            let given = given.map(|trace| trace.trace_id.to_string());
            match differs(wanted, &answer, &shape, &traces, given.as_deref()) {
                None if answer.end.is_err() => Cell::Refused { case, answer: answer.to_string() },
                None => Cell::Same { case },
                Some(differs) => Cell::Differs { case, differs },
            }
        }
        Err(error) => Cell::Differs { case, differs: error },
    }
}

fn answered(said: Said) -> Result<(Answer, Shape), String> {
    match said {
        Said::Answer { answer, shape, .. } => Ok((answer, shape)),
        Said::Never(why) => Err(why.to_owned()),
    }
}

/// What is not the same, in words.
fn differs(
    (wanted, shape): &(Answer, Shape),
    answer: &Answer,
    ran: &Shape,
    traces: &[String],
    given: Option<&str>,
) -> Option<String> {
    if !wanted.agrees(answer) {
        return Some(format!("answered {answer}, not {wanted}"));
    }
    if shape != ran {
        return Some(format!("ran {ran}, not {shape}"));
    }
    match (traces, given) {
        ([], _) => None,
        ([one], Some(given)) if one != given => {
            Some(format!("ran in the trace {one}, not in that of its caller, {given}"))
        }
        ([_], _) => None,
        (many, _) => Some(format!("ran in {} traces: {}", many.len(), many.join(", "))),
    }
}

/// What a message is tried with.
fn cases(message: &MessageDescription, said: &Written, asked: &Asked) -> Vec<Case> {
    let any = Value::Object(Map::new());
    let schema = Schema::new(message.schema.as_ref().unwrap_or(&any));
    let valid = said.input.clone().unwrap_or_else(|| schema.valid());
    let access = message.handlers.first().and_then(|handler| handler.access.as_ref());
    let allowed = access.map(|access| access.roles.clone()).unwrap_or_default();
    let roles = said.roles.clone().or_else(|| Some(allowed.iter().take(1).cloned().collect()));
    let case = |name: &str, input: Map<String, Value>| Case {
        name: name.to_owned(),
        input: input.into(),
        roles: roles.clone(),
        fault: None,
        before: said.before.clone(),
        varies: said.varies.clone(),
    };
    let mut all = vec![case(VALID, valid.clone())];
    if asked.local || asked.event {
        return all;
    }
    for (name, also) in &said.also {
        let mut case = case(name, also.input.clone());
        case.roles = also.roles.clone().or(case.roles);
        case.before = also.before.clone().unwrap_or(case.before);
        all.push(case);
    }
    let mut fixed = asked.route.as_ref().map(|route| route.names.clone()).unwrap_or_default();
    fixed.extend(asked.route.as_ref().and_then(|route| route.if_match.clone()));
    all.push(case("malformed", schema.malformed(&valid, &fixed)));
    if let Some(input) = schema.invalid(&valid, &fixed) {
        all.push(case("invalid", input));
    }
    all.push(Case { roles: None, ..case("unauthenticated", valid.clone()) });
    all.push(Case { roles: Some(Vec::new()), ..case("forbidden", valid.clone()) });
    for (name, fault) in [("failing", Fault::Conflict), ("panicking", Fault::Panic), ("slow", Fault::Sleep)] {
        all.push(Case { fault: Some(fault), ..case(name, valid.clone()) });
    }
    all
}

/// The message's first route.
fn route(described: &Description, message: &MessageDescription, blueprint: &'static Blueprint) -> Option<Route> {
    let own = described.routes.iter().find(|route| route.message.as_ref() == Some(&message.name))?;
    let handlers = blueprint.handlers();
    let routes = handlers.iter().flat_map(|(_, handler)| handler.routes.iter());
    let if_match = routes.filter(|route| route.path == own.path && route.method == own.method);
    Some(Route {
        method: own.method.to_string(),
        path: own.path.clone(),
        names: partitura_runtime::route::names(&own.path).map(str::to_owned).collect(),
        if_match: if_match.filter_map(|route| route.if_match).map(str::to_owned).next(),
    })
}

async fn typed<M: Request>(door: &Door, input: Value) -> Result<Typed, Error> {
    let message = <M::Wire as Decode<M>>::decode(&M::INFO.full_name(), input)?;
    let reply = door.send(message).await?;
    match <M::Home as Handles<M>>::STREAM {
        Some(items) => Ok(Typed::Stream(items(reply))),
        None => Ok(Typed::Reply(reply.encode()?)),
    }
}

/// The same application with the probe inside of its other behaviors.
fn watched(blueprint: &'static Blueprint) -> &'static Blueprint {
    let behaviors: Vec<Listed> = blueprint.behaviors.iter().copied().chain([Listed::new::<Probe>()]).collect();
    // A blueprint lives as long as the program; there is one for each proof.
    Box::leak(Box::new(Blueprint { behaviors: Box::leak(behaviors.into_boxed_slice()), ..*blueprint }))
}

/// Who runs this, by the kernel.
fn uid() -> std::io::Result<u32> {
    let (own, _other) = tokio::net::UnixStream::pair()?;
    Ok(own.peer_cred()?.uid())
}
