//! What `module!` understood.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitStr, Path, Token, Type, bracketed};

use crate::support::keys::skip;
use crate::support::name::{self, did_you_mean};
use crate::support::needs::{argument, peel};
use crate::support::sink::Sink;
use crate::support::spans;

/// A module.
#[derive(Default)]
pub(crate) struct Module {
    pub(crate) name: Option<LitStr>,
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<Type>,
    pub(crate) handles: Vec<Type>,
    pub(crate) contracts: Vec<Type>,
    pub(crate) runtime: Option<Path>,
    /// The text of the `app!` that writes this module, if no `module!` does.
    pub(crate) application: Option<String>,
}

/// Something that the module needs from another.
pub(crate) struct Import {
    pub(crate) ty: Type,
    pub(crate) lifetime: &'static str,
    pub(crate) optional: bool,
}

const KEYS: &[&str] = &["name", "imports", "exports", "handles", "contracts", "crate"];
const FORM: &str = "`partitura::module! { name: \"accounts\", imports: [dyn Mailer], exports: [dyn AccountReader], handles: [domain::OpenAccount] }`";

impl Module {
    pub(crate) fn parse(input: TokenStream, sink: &mut Sink) -> Module {
        let mut module = Module::default();
        let mut seen: Vec<Ident> = Vec::new();
        let mut inner = Sink::default();
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                entry(input, KEYS, FORM, &mut seen, &mut inner, |key, input, sink| module.key(key, input, sink));
            }
            Ok(())
        };
        let result = Parser::parse2(parser, input);
        if let Err(error) = result {
            inner.push(error);
        }
        if let Some(errors) = inner.errors() {
            sink.push(errors);
        }
        if let Some(literal) = &module.name {
            name::checked(literal, "module", sink);
        }
        module
    }

    fn key(&mut self, key: &Ident, input: ParseStream<'_>, sink: &mut Sink) -> syn::Result<()> {
        match key.to_string().as_str() {
            "name" => self.name = Some(input.parse()?),
            "crate" => self.runtime = Some(input.call(Path::parse_mod_style)?),
            "imports" => self.imports = entries(input, sink, import)?,
            "exports" => self.exports = entries(input, sink, export)?,
            "handles" => self.handles = entries(input, sink, |input, _| input.parse())?,
            _ => self.contracts = entries(input, sink, |input, _| input.parse())?,
        }
        unique(&self.exports, "exports", sink);
        unique(&self.handles, "handles", sink);
        Ok(())
    }
}

/// One `key: value` and its comma. What is wrong is told, and the next one is read.
pub(crate) fn entry(
    input: ParseStream<'_>,
    known: &[&str],
    form: &str,
    seen: &mut Vec<Ident>,
    sink: &mut Sink,
    read: impl FnOnce(&Ident, ParseStream<'_>, &mut Sink) -> syn::Result<()>,
) {
    let Ok(key) = input.call(Ident::parse_any) else {
        sink.span(input.span(), format!("expected `key: value`, as in {form} [PT0135]"));
        skip(input);
        let _ = input.parse::<Option<Token![,]>>();
        return;
    };
    let text = key.to_string();
    if !known.contains(&text.as_str()) {
        let near = did_you_mean(&text, known);
        let hint = match near.is_empty() {
            // A key of the other macro.
            true if ["imports", "exports", "handles", "contracts"].contains(&text.as_str()) => format!(
                " of an application: write `partitura::module! {{ {text}: [..] }}` in this crate, and list it: `modules: [crate]`"
            ),
            true if text == "modules" => {
                " of a module: an application lists them, `partitura::app! { pub Bank { modules: [..] } }`".to_owned()
            }
            true => format!("; the keys are {}", known.join(", ")),
            false => near,
        };
        sink.at(&key, format!("there is no key `{text}`{hint} [PT0121]"));
        skip(input);
    } else if seen.contains(&key) {
        sink.at(&key, format!("`{text}` is given twice [PT0121]"));
        skip(input);
    } else {
        seen.push(key.clone());
        let result = input.parse::<Token![:]>().and_then(|_| read(&key, input, sink));
        if let Err(error) = result {
            sink.span(error.span(), format!("{error}; the form is {form} [PT0135]"));
            skip(input);
        }
    }
    if !input.is_empty() && input.parse::<Token![,]>().is_err() {
        sink.span(input.span(), format!("expected `,`; the form is {form} [PT0135]"));
        skip(input);
        let _ = input.parse::<Option<Token![,]>>();
    }
}

/// `[a, b, c]`
pub(crate) fn entries<T>(
    input: ParseStream<'_>,
    sink: &mut Sink,
    read: impl Fn(ParseStream<'_>, &mut Sink) -> syn::Result<T>,
) -> syn::Result<Vec<T>> {
    let content;
    bracketed!(content in input);
    let mut list = Vec::new();
    while !content.is_empty() {
        let entry = read(&content, sink).and_then(|entry| {
            list.push(entry);
            if content.is_empty() { Ok(()) } else { content.parse::<Token![,]>().map(drop) }
        });
        if let Err(error) = entry {
            // What is left unread would be told, too.
            while content.parse::<TokenTree>().is_ok() {}
            return Err(error);
        }
    }
    Ok(list)
}

/// `scoped` of `scoped dyn UnitOfWork`.
fn lifetime(input: ParseStream<'_>) -> Option<(Ident, &'static str)> {
    let fork = input.fork();
    let word = fork.call(Ident::parse_any).ok()?;
    if fork.is_empty() || fork.peek(Token![,]) || fork.peek(Token![::]) || fork.peek(Token![<]) {
        return None;
    }
    let found = match word.to_string().as_str() {
        "singleton" => "Singleton",
        "scoped" => "Scoped",
        "transient" => "Transient",
        _ => return None,
    };
    input.call(Ident::parse_any).ok()?;
    Some((word, found))
}

fn export(input: ParseStream<'_>, sink: &mut Sink) -> syn::Result<Type> {
    let lifetime = lifetime(input);
    let ty: Type = input.parse()?;
    if let Some((word, _)) = lifetime {
        let text = spans::text(&ty);
        sink.at(
            &word,
            format!(
                "how long it lives is said where it is provided: an export names the type alone, `{text}` [PT0135]"
            ),
        );
    }
    Ok(ty)
}

fn import(input: ParseStream<'_>, sink: &mut Sink) -> syn::Result<Import> {
    let lifetime = lifetime(input).map_or("Singleton", |(_, lifetime)| lifetime);
    let ty: Type = input.parse()?;
    if let Type::Reference(reference) = &ty {
        let text = spans::text(&reference.elem);
        sink.at(&ty, format!("an import names the type alone: `{text}` [PT0135]"));
        return Ok(Import { ty: (*reference.elem).clone(), lifetime, optional: false });
    }
    if let Some(kept) = argument(&ty, "Arc") {
        let text = spans::text(kept);
        sink.at(&ty, format!("an import names the type alone: `{text}` [PT0135]"));
        return Ok(Import { ty: kept.clone(), lifetime, optional: false });
    }
    Ok(match argument(&ty, "Option") {
        Some(inner) => Import { ty: peel(inner).clone(), lifetime, optional: true },
        None => Import { ty: peel(&ty).clone(), lifetime, optional: false },
    })
}

fn unique(types: &[Type], what: &str, sink: &mut Sink) {
    for (index, ty) in types.iter().enumerate() {
        let text = spans::text(ty);
        if types[..index].iter().any(|other| spans::text(other) == text) {
            sink.at(ty, format!("`{text}` stands twice in `{what}` [PT0121]"));
        }
    }
}
