//! Reads `#[validate(..)]`. Like the keys of the other attributes, a rule that is not understood is told and the next
//! one is read.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Data, DeriveInput, Expr, Fields, LitStr, Member, Token, parenthesized};

use super::check;
use super::model::{Condition, Field, Form, Group, Model, Rule, Says, Shape, Variant};
use super::place::{self, Places};
use crate::support::keys::skip;
use crate::support::name::did_you_mean;
use crate::support::serde::Serde;
use crate::support::sink::Sink;

/// What stands on a field, and how it is written.
const RULES: &[(&str, &str)] = &[
    ("required", "required"),
    ("length", "length(min = 1, max = 80)"),
    ("range", "range(min = 0, max = 100)"),
    ("pattern", "pattern(\"[a-z]+\")"),
    ("email", "email` or `email(message = \"..\")"),
    ("url", "url` or `url(message = \"..\")"),
    ("nested", "nested"),
    ("each", "each(length(min = 1))"),
    ("custom", "custom = path` or `custom(path, message = \"..\")"),
    ("when", "when(path, required)` or `when(\"self.total > 0\", required)"),
];
/// What stands on the whole.
const WHOLE: &[(&str, &str)] = &[
    ("with", "with = path` or `with(path, message = \"..\")"),
    ("when", "when(path, with = path)` or `when(\"self.total > 0\", with = path)"),
];
/// What stands beside rules, and in their parentheses.
const SAYS: &[(&str, &str)] = &[("code", "code = \"..\""), ("message", "message = \"..\"")];

/// What other libraries call it.
const ELSEWHERE: &[(&str, &str)] = &[
    ("regex", "pattern"),
    ("inner", "each"),
    ("dive", "nested"),
    ("function", "custom"),
    ("schema", "with"),
    ("if", "when"),
];

/// Where an attribute stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Field,
    Whole { takes_crate: bool },
}

/// The rules of a message.
pub(super) fn message(input: &DeriveInput, sink: &mut Sink) -> Model {
    read(input, On::Whole { takes_crate: false }, sink).0
}

/// The rules of what derives `Validate`.
pub(super) fn value(input: &DeriveInput, sink: &mut Sink) -> (Model, super::Runtime) {
    if let Data::Union(union) = &input.data {
        sink.at(union.union_token, "rules are for a struct or an enum [PT0140]");
    }
    read(input, On::Whole { takes_crate: true }, sink)
}

fn read(input: &DeriveInput, whole: On, sink: &mut Sink) -> (Model, super::Runtime) {
    let mut runtime = None;
    let whole = groups(&input.attrs, whole, &mut runtime, sink);
    let container = place::container(input);
    let shape = match &input.data {
        Data::Struct(data) => Shape::Struct(fields(&data.fields, &Places::of_struct(&data.fields, &container), sink)),
        Data::Enum(data) => {
            let variants: Vec<Variant> =
                data.variants.iter().map(|variant| self::variant(variant, &container, sink)).collect();
            let all = variants.len();
            let variants: Vec<Variant> = variants.into_iter().filter(|variant| !variant.fields.is_empty()).collect();
            Shape::Enum { more: variants.len() < all, variants }
        }
        Data::Union(_) => Shape::default(),
    };
    (Model { whole, converted: place::is_converted(&input.attrs), shape }, runtime)
}

fn variant(variant: &syn::Variant, container: &Serde, sink: &mut Sink) -> Variant {
    for attribute in ours(&variant.attrs) {
        sink.at(attribute, "rules stand on the fields of a variant, or `with = path` on the whole enum [PT0140]");
    }
    let own = Serde::read(&variant.attrs);
    Variant {
        name: variant.ident.clone(),
        around: place::around(variant, container, &own),
        fields: fields(&variant.fields, &Places::of_variant(variant, container, &own), sink),
    }
}

/// Those with rules.
fn fields(fields: &Fields, places: &Places<'_>, sink: &mut Sink) -> Vec<Field> {
    let mut read = Vec::new();
    for (index, (member, field)) in fields.members().zip(fields).enumerate() {
        let groups = groups(&field.attrs, On::Field, &mut None, sink);
        if groups.is_empty() {
            continue;
        }
        if Serde::read(&field.attrs).skip {
            let name = member_text(&member);
            sink.at(
                ours(&field.attrs).next(),
                format!("serde skips `{name}`: it is in no input, so there is nothing to check; take `#[validate(..)]` away [PT0140]"),
            );
        }
        check::doubled(&groups, sink);
        let (name, reading) = (places.name(index, field), place::reading(field));
        read.push(Field { member, ty: field.ty.clone(), name, reading, groups });
    }
    read
}

fn member_text(member: &Member) -> String {
    member.to_token_stream().to_string()
}

fn ours(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("validate"))
}

/// One group for each attribute.
fn groups(attributes: &[Attribute], on: On, runtime: &mut super::Runtime, sink: &mut Sink) -> Vec<Group> {
    let mut groups = Vec::new();
    for attribute in ours(attributes) {
        let tokens = match &attribute.meta {
            syn::Meta::Path(_) => TokenStream::new(),
            syn::Meta::List(list) => list.tokens.clone(),
            syn::Meta::NameValue(_) => {
                sink.at(attribute, "rules stand in parentheses: `#[validate(..)]` [PT0140]");
                continue;
            }
        };
        let mut reader = Reader { on, runtime: &mut *runtime, sink: &mut *sink, mistakes: false, named_crate: false };
        let mut group = Group { rules: Vec::new(), says: Says::default() };
        let parsed = Parser::parse2(|input: ParseStream<'_>| reader.group(input, &mut group), tokens);
        let (mistakes, named_crate) = (reader.mistakes || parsed.is_err(), reader.named_crate);
        sink.take(parsed);
        match group.rules.is_empty() {
            true if mistakes || named_crate => {}
            true => sink.at(attribute, empty(on)),
            false => groups.push(group),
        }
    }
    groups
}

fn empty(on: On) -> String {
    match on {
        On::Field => format!("this says no rule; the rules of a field are {} [PT0140]", list(RULES)),
        On::Whole { .. } => {
            "this says no rule: write `#[validate(with = path)]` here, or `#[validate(..)]` on the fields [PT0140]"
                .to_owned()
        }
    }
}

fn list(all: &[(&str, &str)]) -> String {
    all.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What stands in parentheses. After a mistake the rest of it is read over, or syn would tell it a second time.
fn within<T>(input: ParseStream<'_>, read: impl FnOnce(ParseStream<'_>) -> syn::Result<T>) -> syn::Result<T> {
    let content;
    parenthesized!(content in input);
    let value = read(&content);
    content.parse::<TokenStream>()?;
    value
}

struct Reader<'a> {
    on: On,
    runtime: &'a mut super::Runtime,
    sink: &'a mut Sink,
    mistakes: bool,
    named_crate: bool,
}

impl Reader<'_> {
    fn group(&mut self, input: ParseStream<'_>, group: &mut Group) -> syn::Result<()> {
        while !input.is_empty() {
            self.one(input, group);
            self.comma(input);
        }
        Ok(())
    }

    fn comma(&mut self, input: ParseStream<'_>) {
        if !input.is_empty() && input.parse::<Token![,]>().is_err() {
            self.tell(input.span(), "expected `,` between two rules [PT0140]".to_owned());
            skip(input);
            let _ = input.parse::<Option<Token![,]>>();
        }
    }

    fn tell(&mut self, span: proc_macro2::Span, text: String) {
        self.mistakes = true;
        self.sink.span(span, text);
    }

    fn rules(&self) -> &'static [(&'static str, &'static str)] {
        if self.on == On::Field { RULES } else { WHOLE }
    }

    fn one(&mut self, input: ParseStream<'_>, group: &mut Group) {
        let Ok(name) = input.call(Ident::parse_any) else {
            self.tell(input.span(), format!("expected a rule: {} [PT0140]", list(self.rules())));
            skip(input);
            return;
        };
        let text = name.to_string();
        if text == "crate" && self.on == (On::Whole { takes_crate: true }) {
            self.named_crate = true;
            match input.parse::<Token![=]>().and_then(|_| input.call(syn::Path::parse_mod_style)) {
                Ok(path) => *self.runtime = Some(path),
                Err(error) => self.malformed(error.span(), input, "crate", "crate = path::to::partitura"),
            }
            return;
        }
        if let Some((_, example)) = SAYS.iter().find(|(says, _)| *says == text) {
            if let Err(error) = self.says(&name, input, &mut group.says) {
                self.malformed(error.span(), input, &text, example);
            }
            return;
        }
        let Some((_, example)) = self.rules().iter().find(|(rule, _)| *rule == text) else {
            let unknown = self.unknown(&text);
            self.tell(name.span(), unknown);
            skip(input);
            return;
        };
        let before = self.mistakes;
        self.mistakes = false;
        // What is missing at the very end has no token of its own.
        let alone = (input.is_empty() || input.peek(Token![,])).then(|| name.span());
        match self.rule(name, input) {
            Ok(rule) if !self.mistakes => {
                self.mistakes = !check::rule(&rule, self.sink);
                group.rules.push(rule);
            }
            Ok(_) => {}
            Err(error) => self.malformed(alone.unwrap_or_else(|| error.span()), input, &text, example),
        }
        self.mistakes |= before;
    }

    fn malformed(&mut self, at: Span, input: ParseStream<'_>, name: &str, example: &str) {
        self.tell(at, format!("`{name}` is written `{example}` [PT0140]"));
        skip(input);
    }

    fn unknown(&self, name: &str) -> String {
        let here = self.rules();
        if self.on == On::Field && name == "with" {
            return "`with` is a rule of the whole: write it above the type, or `custom = path` here [PT0140]"
                .to_owned();
        }
        if self.on != On::Field
            && here.iter().all(|(rule, _)| *rule != name)
            && RULES.iter().any(|(rule, _)| *rule == name)
        {
            return format!("`{name}` is a rule of a field; the rule of the whole is `with = path` [PT0140]");
        }
        if name == "crate" {
            return "`crate` stands in the attribute of the message: `#[command(crate = path)]` [PT0140]".to_owned();
        }
        let names: Vec<&str> = here.iter().chain(SAYS).map(|(name, _)| *name).collect();
        let near = match ELSEWHERE.iter().find(|(other, ours)| *other == name && names.contains(ours)) {
            Some((_, ours)) => format!("; did you mean `{ours}`?"),
            None => did_you_mean(name, &names),
        };
        let hint = if near.is_empty() { format!("; the rules are {}", list(here)) } else { near };
        format!("there is no rule `{name}`{hint} [PT0140]")
    }

    /// What stands behind the name of a rule.
    fn rule(&mut self, name: Ident, input: ParseStream<'_>) -> syn::Result<Rule> {
        let mut says = Says::default();
        let form = match name.to_string().as_str() {
            "length" => {
                let [min, max, equal] = self.bounds(input, ["min", "max", "equal"], &name, &mut says)?;
                Form::Length { min, max, equal }
            }
            "range" => {
                let [min, max, above, below] =
                    self.bounds(input, ["min", "max", "above", "below"], &name, &mut says)?;
                Form::Range { min, max, above, below }
            }
            "pattern" => Form::Pattern(self.valued(input, &mut says)?),
            "custom" => Form::Custom(self.valued(input, &mut says)?),
            "with" => Form::With(self.valued(input, &mut says)?),
            "each" => Form::Each(within(input, |content| self.inner(content, &name))?),
            "when" => {
                let (condition, group) = within(input, |content| {
                    let condition = self.condition(content)?;
                    content.parse::<Option<Token![,]>>()?;
                    Ok((condition, self.inner(content, &name)?))
                })?;
                Form::When(condition, group)
            }
            // The derive of `JsonSchema` reads this one, too, and takes nothing behind it.
            "required" if input.peek(syn::token::Paren) => {
                let text = "`required` takes nothing: a text for it stands beside it, `#[validate(required, message = \"..\")]`, and a condition around it, `when(path, required)` [PT0140]";
                self.tell(name.span(), text.to_owned());
                skip(input);
                Form::Required
            }
            bare => {
                let form = match bare {
                    "required" => Form::Required,
                    "email" => Form::Email,
                    "url" => Form::Url,
                    _ => Form::Nested,
                };
                if input.peek(syn::token::Paren) {
                    within(input, |content| self.all_says(content, &mut says))?;
                } else if input.peek(Token![=]) {
                    return Err(input.error("a value"));
                }
                form
            }
        };
        Ok(Rule { name, form, says })
    }

    /// The rules in the parentheses of another one; there is one at least.
    fn inner(&mut self, input: ParseStream<'_>, name: &Ident) -> syn::Result<Group> {
        let mut group = Group { rules: Vec::new(), says: Says::default() };
        let before = std::mem::take(&mut self.mistakes);
        self.group(input, &mut group)?;
        if group.rules.is_empty() && !self.mistakes {
            return Err(syn::Error::new(name.span(), "empty"));
        }
        self.mistakes |= before;
        check::doubled(std::slice::from_ref(&group), self.sink);
        Ok(group)
    }

    fn condition(&mut self, input: ParseStream<'_>) -> syn::Result<Condition> {
        if !input.peek(LitStr) {
            return Ok(Condition::Path(input.parse()?));
        }
        let text: LitStr = input.parse()?;
        let condition = text.parse::<Expr>().unwrap_or_else(|error| {
            self.tell(text.span(), format!("`{}` is no expression: {error} [PT0140]", text.value()));
            syn::parse_quote!(true)
        });
        Ok(Condition::Text(Box::new(condition)))
    }

    /// `(min = 1, max = 80)`
    fn bounds<const N: usize>(
        &mut self,
        input: ParseStream<'_>,
        names: [&str; N],
        rule: &Ident,
        says: &mut Says,
    ) -> syn::Result<[Option<Expr>; N]> {
        let mut bounds = [const { None }; N];
        if !input.peek(syn::token::Paren) {
            return Err(syn::Error::new(rule.span(), "no bounds"));
        }
        within(input, |content| {
            while !content.is_empty() {
                self.bound(content, names, rule, &mut bounds, says)?;
                self.comma(content);
            }
            Ok(())
        })?;
        Ok(bounds)
    }

    fn bound<const N: usize>(
        &mut self,
        input: ParseStream<'_>,
        names: [&str; N],
        rule: &Ident,
        bounds: &mut [Option<Expr>; N],
        says: &mut Says,
    ) -> syn::Result<()> {
        let name = input.call(Ident::parse_any)?;
        match names.iter().position(|bound| name == bound) {
            Some(at) if bounds[at].is_some() => {
                self.tell(name.span(), format!("`{name}` is given twice [PT0140]"));
                skip(input);
            }
            Some(at) => {
                input.parse::<Token![=]>()?;
                bounds[at] = Some(input.parse()?);
            }
            None if SAYS.iter().any(|(says, _)| name == says) => self.says(&name, input, says)?,
            None => {
                let near = did_you_mean(&name.to_string(), &names);
                let all: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                let hint = if near.is_empty() { format!("; its bounds are {}", all.join(", ")) } else { near };
                self.tell(name.span(), format!("`{rule}` has no bound `{name}`{hint} [PT0140]"));
                skip(input);
            }
        }
        Ok(())
    }

    /// `= value`, or `(value, message = "..")`.
    fn valued<T: Parse>(&mut self, input: ParseStream<'_>, says: &mut Says) -> syn::Result<T> {
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            return input.parse();
        }
        within(input, |content| {
            // `function = ..`, as others write it: the name is no path yet.
            if content.peek2(Token![=]) {
                return Err(content.error("a name"));
            }
            let value = content.parse()?;
            self.comma(content);
            self.all_says(content, says)?;
            Ok(value)
        })
    }

    fn all_says(&mut self, input: ParseStream<'_>, says: &mut Says) -> syn::Result<()> {
        while !input.is_empty() {
            let name = input.call(Ident::parse_any)?;
            if !SAYS.iter().any(|(says, _)| name == says) {
                let names: Vec<&str> = SAYS.iter().map(|(name, _)| *name).collect();
                let near = did_you_mean(&name.to_string(), &names);
                let hint = if near.is_empty() { format!("; there are {}", list(SAYS)) } else { near };
                self.tell(name.span(), format!("there is no `{name}` here{hint} [PT0140]"));
                skip(input);
            } else {
                self.says(&name, input, says)?;
            }
            self.comma(input);
        }
        Ok(())
    }

    /// `code = ".."`, `message = ".."`.
    fn says(&mut self, name: &Ident, input: ParseStream<'_>, says: &mut Says) -> syn::Result<()> {
        let said = if name == "code" { &mut says.code } else { &mut says.message };
        if said.is_some() {
            self.tell(name.span(), format!("`{name}` is given twice [PT0140]"));
            skip(input);
            return Ok(());
        }
        input.parse::<Token![=]>()?;
        *said = Some(input.parse()?);
        Ok(())
    }
}
