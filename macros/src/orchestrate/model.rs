//! What `#[orchestrate]` understood.

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{FnArg, Generics, LitStr, Path, ReturnType, Safety, Type, UseTree, parse_quote};

use super::STEP_KEYS;
use super::body::{self, Item, Mark};
use crate::agent::Agent;
use crate::handler::{Around, Taken, check_error, injected, is_no_result};
use crate::route::Route;
use crate::support::function::{Function, docs};
use crate::support::keys::{Keys, milliseconds};
use crate::support::name;
use crate::support::needs::{Use, argument, is_data, is_unit, peel};
use crate::support::sink::Sink;
use crate::support::spans;

/// A plan.
pub(crate) struct Orchestration {
    pub(super) module: Ident,
    pub(super) name: String,
    pub(super) docs: String,
    pub(super) runtime: Option<Path>,
    pub(super) input: Option<Type>,
    pub(super) output: Option<Type>,
    pub(super) on: Option<Ident>,
    pub(super) sequential: bool,
    pub(super) exclusive: bool,
    pub(super) limit: u32,
    pub(super) timeout_ms: u64,
    pub(super) undo_ms: u64,
    pub(super) around: Around,
    pub(super) routes: Vec<Route>,
    pub(super) agent: Option<Agent>,
    pub(super) steps: Vec<Step>,
}

/// A step.
pub(crate) struct Step {
    pub(super) name: Ident,
    pub(super) docs: String,
    pub(super) run: Body,
    pub(super) gives: Option<Type>,
    pub(super) after: Vec<Ident>,
    pub(super) before: Vec<Ident>,
    pub(super) retries: u32,
    pub(super) backoff_ms: u64,
    pub(super) timeout_ms: u64,
    pub(super) on_failure: OnFailure,
    pub(super) when: Option<Call>,
    pub(super) undo: Option<Call>,
}

/// What a step runs.
pub(crate) enum Body {
    /// A fn.
    Call(Box<Call>),
    /// Another plan, by its module.
    Plan(Path),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnFailure {
    Compensate,
    Halt,
    Continue,
}

/// A fn that is called with what it needs.
pub(crate) struct Call {
    pub(super) name: Ident,
    pub(super) parameters: Vec<Parameter>,
    pub(super) is_async: bool,
    pub(super) output: Option<Type>,
}

/// One parameter.
pub(crate) enum Parameter {
    Injected(Box<Use>),
    Data { ty: Box<Type>, whole: Box<Type>, how: How, source: Source },
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// `&T`
    Shared,
    /// `Arc<T>`
    Kept,
    /// `Option<&T>`
    Maybe,
    /// `T`
    Owned,
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Input,
    Step(usize),
}

/// The types that steps may take, as they are written: a plan of 300 steps asks for each of them 600 times.
#[derive(Default)]
pub(crate) struct Sources {
    by_text: HashMap<String, Source>,
    /// By the last word: those that are written as a path, and those that are not.
    by_last: HashMap<(String, bool), Vec<Source>>,
    /// In declared order.
    texts: Vec<String>,
}

impl Sources {
    /// Adds a type; the source that has it already, if one does.
    fn add(&mut self, source: Source, ty: &Type) -> Option<Source> {
        let text = spans::text(ty);
        if let Some(first) = self.by_text.get(&text) {
            return Some(*first);
        }
        if let Some(last) = last_words(ty) {
            self.by_last.entry((last, is_path(ty))).or_default().push(source);
        }
        self.by_text.insert(text.clone(), source);
        self.texts.push(text);
        None
    }

    /// One that is written so; or else the only one whose last word is: `super::Migrated` and `Migrated`.
    fn find(&self, ty: &Type) -> Option<Source> {
        if let Some(source) = self.by_text.get(&spans::text(ty)) {
            return Some(*source);
        }
        match self.by_last.get(&(last_words(ty)?, !is_path(ty)))?.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }
}

fn is_path(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.len() > 1)
}

fn last_words(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| spans::text(&last)),
        _ => None,
    }
}

impl Orchestration {
    pub(super) fn read(body: &body::Body, keys: Keys, sink: &mut Sink) -> Orchestration {
        let mut marked: Vec<(&Item, &Mark)> = Vec::new();
        for item in &body.items {
            if let Item::Fn { step: Some(step), .. } | Item::Plan { step, .. } = item {
                marked.push((item, step));
            }
        }
        if marked.is_empty() && sink.is_empty() {
            sink.at(&body.name, "a plan has a step: put `#[step]` on the fns that it runs [PT0186]");
        }
        let input = keys.ty("input").cloned();
        let mut sources = Sources::default();
        if let Some(input) = &input {
            sources.add(Source::Input, peel(input));
        }
        let gives: Vec<Option<Type>> = marked.iter().map(|(item, _)| given(item)).collect();
        for (index, own) in gives.iter().enumerate() {
            let Some(ty) = own else { continue };
            match sources.add(Source::Step(index), ty) {
                None => {}
                Some(Source::Input) => {
                    let text = spans::text(ty);
                    sink.at(ty, format!("`{text}` is the plan's input: a step gives a type of its own [PT0182]"));
                }
                Some(Source::Step(first)) => {
                    let (text, one, other) = (spans::text(ty), named(marked[first].0), named(marked[index].0));
                    sink.at(ty, format!("two steps give `{text}`, `{one}` and `{other}`, so that nobody could say which is meant: give each a type of its own [PT0182]"));
                }
            }
        }
        let fns = Fns { body, sources: &sources };
        let steps = marked.iter().zip(gives).filter_map(|((item, mark), gives)| fns.step(item, mark, gives, sink));
        let steps: Vec<Step> = steps.collect();
        let output = keys.ty("output").cloned();
        if let Some(output) = &output
            && !matches!(sources.find(output), Some(Source::Step(_)))
        {
            sink.at(output, format!("no step returns `{}`, with which the plan answers [PT0187]", spans::text(output)));
        }
        let on =
            word(&keys, "on", &["start", "stop"], "a plan runs `on = start` or `on = stop` of the application", sink);
        if let (Some(on), Some(input)) = (&on, &input) {
            sink.at(input, format!("a plan that runs `on = {on}` is given nothing: leave `input` out, and let its first step read what it needs [PT0187]"));
        }
        let run: Type = parse_quote!(Run);
        Orchestration {
            module: body.name.clone(),
            name: keys.text("name").map_or_else(|| plain(&body.name), |literal| name::checked(literal, "plan", sink)),
            docs: docs(&body.attributes),
            runtime: keys.runtime().cloned(),
            input,
            output,
            on,
            sequential: keys.flag("sequential").is_some(),
            exclusive: keys.flag("exclusive").is_some(),
            limit: number(
                &keys,
                "limit",
                1..=10_000,
                "a limit is how many steps run at a time, from 1 to 10000: `limit = 4`",
                sink,
            ),
            timeout_ms: keys.text("timeout").map_or(0, |text| milliseconds(text, sink)),
            undo_ms: keys.text("undo_within").map_or(0, |text| milliseconds(text, sink)),
            around: Around::read(&keys, Some(&Taken::Value(run)), sink),
            routes: keys.lists("route").filter_map(|(key, tokens)| Route::read(key, tokens, false, sink)).collect(),
            agent: Agent::read(&keys, sink),
            steps,
        }
    }
}

/// `r#type` as `type`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

fn named(item: &Item) -> String {
    match item {
        Item::Fn { function, .. } => function.signature.ident.to_string(),
        Item::Plan { item, .. } => plan_path(&item.tree).map_or_else(String::new, |(name, _)| name.to_string()),
        Item::Other(_) => String::new(),
    }
}

fn number(keys: &Keys, name: &str, range: std::ops::RangeInclusive<u32>, advice: &str, sink: &mut Sink) -> u32 {
    let Some(literal) = keys.number(name) else { return 0 };
    match literal.base10_parse::<u32>() {
        Ok(number) if range.contains(&number) => number,
        _ => {
            sink.at(literal, format!("{advice} [PT0120]"));
            0
        }
    }
}

fn word(keys: &Keys, key: &str, words: &[&str], advice: &str, sink: &mut Sink) -> Option<Ident> {
    let given = keys.names(key).first()?;
    if words.iter().any(|word| given == word) {
        return Some(given.clone());
    }
    sink.at(given, format!("{advice} [PT0122]"));
    None
}

/// What the return type of a step gives to others: nothing if it is `()`.
fn given(item: &Item) -> Option<Type> {
    let Item::Fn { function, .. } = item else { return None };
    let ReturnType::Type(_, output) = &function.signature.output else { return None };
    value(output)
}

/// The `T` of `Result<T>`, or of an alias that is called so; none if it is `()`.
fn value(output: &Type) -> Option<Type> {
    let Type::Path(path) = peel(output) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident.to_string().ends_with("Result"))?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let first = arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(peel(ty)),
        _ => None,
    })?;
    (!is_unit(first)).then(|| first.clone())
}

/// The name and the path of `use super::migrations as first;`.
fn plan_path(tree: &UseTree) -> Option<(Ident, TokenStream)> {
    match tree {
        UseTree::Path(path) => plan_path(&path.tree),
        UseTree::Name(name) => Some((name.ident.clone(), name.ident.to_token_stream())),
        UseTree::Rename(rename) => Some((rename.rename.clone(), rename.rename.to_token_stream())),
        _ => None,
    }
}

/// The fns of the module, and what can be taken.
struct Fns<'a> {
    body: &'a body::Body,
    sources: &'a Sources,
}

impl Fns<'_> {
    fn step(&self, item: &Item, mark: &Mark, gives: Option<Type>, sink: &mut Sink) -> Option<Step> {
        let keys = Keys::parse("#[step]", STEP_KEYS, mark.keys.clone(), sink);
        let (name, docs_, run) = match item {
            Item::Fn { function, .. } => {
                let call = call(function, Role::Step, Some(self.sources), sink);
                (function.signature.ident.clone(), docs(&function.attributes), Body::Call(Box::new(call)))
            }
            Item::Plan { item, .. } => match plan_path(&item.tree) {
                Some((name, path)) => (name, docs(&item.attrs), Body::Plan(syn::parse2(path).ok()?)),
                None => {
                    sink.at(
                        &item.tree,
                        "a step that is a plan is named alone: `#[step] use super::migrations;` [PT0186]",
                    );
                    return None;
                }
            },
            Item::Other(_) => return None,
        };
        let mut step = Step::new(name, docs_, run, gives);
        step.keys(&keys, sink);
        step.after = keys.names("after").to_vec();
        step.before = keys.names("before").to_vec();
        step.when = keys.path("when").and_then(|path| self.named("when", path, Role::When, sink));
        step.undo = keys.path("compensate").and_then(|path| self.named("compensate", path, Role::Undo, sink));
        if let (Some(literal), Some(Parameter::Data { ty, .. })) = (keys.number("retries"), step.owned()) {
            sink.at(literal, format!(
                "what a step takes by value is gone after its first try: take `&{}`, or leave `retries` out [PT0185]",
                spans::text(ty)
            ));
        }
        Some(step)
    }

    /// The fn of the module that a key names.
    fn named(&self, key: &str, path: &Path, role: Role, sink: &mut Sink) -> Option<Call> {
        let fns = self.body.items.iter().filter_map(|item| match item {
            Item::Fn { function, step } => Some((function, step.is_some())),
            _ => None,
        });
        let others: Vec<String> = fns
            .clone()
            .filter(|(_, is_step)| !is_step)
            .map(|(function, _)| function.signature.ident.to_string())
            .collect();
        let found =
            path.get_ident().and_then(|name| fns.clone().find(|(function, _)| function.signature.ident == *name));
        match found {
            Some((_, true)) => {
                sink.at(
                    path,
                    format!(
                        "`{}` is a step: what `{key}` names is called for a step and is none [PT0184]",
                        spans::text(path)
                    ),
                );
                None
            }
            Some((function, false)) => Some(call(function, role, Some(self.sources), sink)),
            None => {
                let names: Vec<&str> = others.iter().map(String::as_str).collect();
                let near = name::did_you_mean(&spans::text(path), &names);
                sink.at(
                    path,
                    format!("`{key}` names a fn of this module, and `{}` is none{near} [PT0181]", spans::text(path)),
                );
                None
            }
        }
    }
}

impl Step {
    fn new(name: Ident, docs: String, run: Body, gives: Option<Type>) -> Step {
        Step {
            name,
            docs,
            run,
            gives,
            after: Vec::new(),
            before: Vec::new(),
            retries: 0,
            backoff_ms: 0,
            timeout_ms: 0,
            on_failure: OnFailure::Compensate,
            when: None,
            undo: None,
        }
    }

    /// The `execute` of a file.
    pub(super) fn of_file(function: &Function, keys: &Keys, sink: &mut Sink) -> Option<Step> {
        let call = call(function, Role::File, None, sink);
        let gives = match &function.signature.output {
            ReturnType::Type(_, output) => value(output),
            ReturnType::Default => None,
        };
        let name = function.signature.ident.clone();
        let mut step = Step::new(name, docs(&function.attributes), Body::Call(Box::new(call)), gives);
        step.keys(keys, sink);
        Some(step)
    }

    fn keys(&mut self, keys: &Keys, sink: &mut Sink) {
        self.retries = number(keys, "retries", 1..=100, "a number of retries is from 1 to 100: `retries = 3`", sink);
        self.backoff_ms = keys.text("backoff").map_or(0, |text| milliseconds(text, sink));
        self.timeout_ms = keys.text("timeout").map_or(0, |text| milliseconds(text, sink));
        if let (Some(literal), None) = (keys.text("backoff"), keys.number("retries")) {
            sink.at(literal, "`backoff` is the wait before a retry: `retries = 3, backoff = ..` [PT0167]");
        }
        const ADVICE: &str =
            "what happens when a step fails is `compensate`, `halt` or `continue`: `on_failure = continue`";
        let policy = word(keys, "on_failure", &["compensate", "halt", "continue"], ADVICE, sink);
        self.on_failure = match policy.map(|policy| policy.to_string()).as_deref() {
            Some("halt") => OnFailure::Halt,
            Some("continue") => OnFailure::Continue,
            _ => OnFailure::Compensate,
        };
    }

    /// The parameters of the step itself.
    pub(super) fn parameters(&self) -> &[Parameter] {
        match &self.run {
            Body::Call(call) => &call.parameters,
            Body::Plan(_) => &[],
        }
    }

    /// What it and its condition take.
    pub(super) fn takes(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters().iter().chain(self.when.iter().flat_map(|when| &when.parameters))
    }

    fn owned(&self) -> Option<&Parameter> {
        self.parameters().iter().find(|parameter| matches!(parameter, Parameter::Data { how: How::Owned, .. }))
    }

    pub(super) fn span(&self) -> Span {
        self.name.span()
    }
}

/// What a fn is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Step,
    File,
    When,
    Undo,
}

impl Role {
    fn words(self) -> &'static str {
        match self {
            Role::Step | Role::File => "a step",
            Role::When => "a condition",
            Role::Undo => "a compensation",
        }
    }
}

fn call(function: &Function, role: Role, sources: Option<&Sources>, sink: &mut Sink) -> Call {
    let signature = &function.signature;
    let words = role.words();
    if !matches!(signature.safety, Safety::Default) {
        sink.at(&signature.safety, format!("{words} is called by safe code: it cannot be `unsafe` [PT0186]"));
    }
    generics(&signature.generics, words, sink);
    let output = match (&signature.output, role) {
        (ReturnType::Type(_, ty), Role::When) if is_verdict(ty) => Some((**ty).clone()),
        (ReturnType::Type(_, ty), Role::When) => {
            let text = spans::text(ty);
            sink.at(ty, format!("a condition answers with `bool` or `Result<bool>`, not `{text}` [PT0184]"));
            None
        }
        (ReturnType::Default, Role::When) => {
            sink.at(&signature.ident, "a condition answers with `bool` or `Result<bool>` [PT0184]");
            None
        }
        (ReturnType::Type(_, ty), _) => returned(ty, role, sink),
        (ReturnType::Default, _) => {
            let code = if role == Role::Undo { "PT0184" } else { "PT0186" };
            sink.at(
                &signature.ident,
                format!("{words} answers with a `Result`: write `-> Result<()>` if there is nothing to give [{code}]"),
            );
            None
        }
    };
    let parameters = signature.inputs.iter().filter_map(|parameter| parameter_of(parameter, role, sources, sink));
    Call {
        name: signature.ident.clone(),
        parameters: parameters.collect(),
        is_async: signature.asyncness.is_some(),
        output,
    }
}

/// True for `bool` and for a `Result` of it.
fn is_verdict(ty: &Type) -> bool {
    let is_bool = |ty: &Type| matches!(ty, Type::Path(path) if path.path.is_ident("bool"));
    is_bool(peel(ty)) || value(ty).is_some_and(|value| is_bool(&value))
}

fn generics(generics: &Generics, words: &str, sink: &mut Sink) {
    if let Some(first) = generics.params.first() {
        sink.at(
            first,
            format!("{words} is called by the framework, which could not choose: it has no generics [PT0186]"),
        );
    }
}

fn returned(ty: &Type, role: Role, sink: &mut Sink) -> Option<Type> {
    let text = spans::text(ty);
    match role {
        Role::Undo if value(ty).is_some() || is_no_result(ty) => {
            sink.at(
                ty,
                format!("a compensation undoes, and gives nothing: write `-> Result<()>`, not `{text}` [PT0184]"),
            );
            return None;
        }
        _ if is_no_result(ty) => {
            sink.at(ty, format!("a step answers with a `Result`: write `-> Result<{text}>` (an alias of one is named `..Result`) [PT0186]"));
            return None;
        }
        _ => {}
    }
    check_error(ty, "invalid", "PT0128", sink);
    Some(ty.clone())
}

fn parameter_of(parameter: &FnArg, role: Role, sources: Option<&Sources>, sink: &mut Sink) -> Option<Parameter> {
    let typed = match parameter {
        FnArg::Receiver(receiver) => {
            sink.at(receiver, format!("{} is a free fn, without `self` [PT0186]", role.words()));
            return None;
        }
        FnArg::Typed(typed) => typed,
    };
    let whole = peel(&typed.ty).clone();
    let (how, ty) = form(&whole);
    let is_named = typed.attrs.iter().any(|attribute| attribute.path().is_ident("named"));
    let source = sources.filter(|_| !is_named).and_then(|sources| sources.find(&ty));
    if let Some(source) = source {
        if how == How::Owned && matches!(role, Role::When | Role::Undo) {
            sink.at(
                &whole,
                format!("{} looks at what steps gave: take `&{}` [PT0184]", role.words(), spans::text(&ty)),
            );
        }
        return Some(Parameter::Data { ty: Box::new(ty), whole: Box::new(whole), how, source });
    }
    // By value nothing else is meant than what a step gave; what is made for each use is in a box of a trait.
    if how == How::Owned
        && matches!(whole, Type::Path(_))
        && argument(&whole, "Box").is_none()
        && argument(&whole, "All").is_none()
    {
        sink.at(&whole, untaken(&ty, sources));
        return None;
    }
    injected(parameter, sink).map(|dependency| Parameter::Injected(Box::new(dependency)))
}

/// The form in which something is taken, and what.
fn form(whole: &Type) -> (How, Type) {
    if let Type::Reference(reference) = whole
        && reference.mutability.is_none()
    {
        return (How::Shared, peel(&reference.elem).clone());
    }
    if let Some(inner) = argument(whole, "Arc") {
        return (How::Kept, peel(inner).clone());
    }
    if let Some(Type::Reference(reference)) = argument(whole, "Option").map(peel) {
        return (How::Maybe, peel(&reference.elem).clone());
    }
    if argument(whole, "Option").is_some_and(|inner| argument(inner, "Arc").is_some()) {
        return (How::Shared, whole.clone());
    }
    (How::Owned, whole.clone())
}

fn untaken(ty: &Type, sources: Option<&Sources>) -> String {
    let text = spans::text(ty);
    let Some(sources) = sources else {
        return format!("the files of a folder hand nothing to each other: take `&{text}`, which is injected [PT0183]");
    };
    let names: Vec<&str> = sources.texts.iter().map(String::as_str).collect();
    let near = name::did_you_mean(&text, &names);
    match ty {
        Type::Path(path) if is_data(path) => format!(
            "no step returns `{text}`{near}; a plain value is part of the plan's input, `#[orchestrate(input = ..)]`, or of a type that is injected [PT0183]"
        ),
        _ => format!(
            "no step returns `{text}`, and it is not the plan's input{near}; what is injected is taken as `&{text}` [PT0183]"
        ),
    }
}

/// The name of a plan as text, for generated code.
pub(super) fn literal(text: &str) -> LitStr {
    LitStr::new(text, Span::call_site())
}

impl Orchestration {
    /// The fns that are called for steps.
    pub(super) fn called(&self) -> Vec<&Ident> {
        self.steps.iter().flat_map(|step| step.when.iter().chain(&step.undo)).map(|call| &call.name).collect()
    }

    /// Where errors about the plan as a whole are shown.
    pub(super) fn span(&self) -> Span {
        self.module.span()
    }
}
