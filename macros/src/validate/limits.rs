//! Writes the constant by which the JSON Schema of a message says its rules. What the derive of `JsonSchema` reads by itself is
//! left out, and so is what a schema cannot say or what may not hold: conditions, fns, the fields of a variant.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::{Expr, Lit, Type, UnOp};

use super::ecma;
use super::expand::inside;
use super::model::{Field, Form, Group, Model, Reading, Rule, Shape};

/// Whether there is anything to say.
pub(super) fn are_some(model: &Model) -> bool {
    !all(model, &TokenStream::new()).is_empty()
}

/// The constant, if there is anything to say.
pub(super) fn constant(model: &Model, rt: &TokenStream) -> Option<TokenStream> {
    let limits = all(model, rt);
    let list = match model.asks(|form| matches!(form, Form::Nested)) {
        true => quote! {
            {
                #[allow(unused_imports)]
                use #rt::rule::HasNoLimits as _;
                &[#(#limits),*]
            }
        },
        false => quote!(&[#(#limits),*]),
    };
    (!limits.is_empty()).then(|| quote!(#[allow(deprecated)] const LIMITS: #rt::Limits = #list;))
}

fn all(model: &Model, rt: &TokenStream) -> Vec<TokenStream> {
    match &model.shape {
        Shape::Struct(fields) if !model.converted => {
            fields.iter().flat_map(|field| Writer { rt }.field(field)).collect()
        }
        _ => Vec::new(),
    }
}

/// Where a rule stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    /// A field: `JsonSchema` looks here, too.
    Field,
    /// In the parentheses of `each`.
    Item,
}

struct Writer<'a> {
    rt: &'a TokenStream,
}

impl Writer<'_> {
    fn field(&self, field: &Field) -> Vec<TokenStream> {
        let Self { rt } = self;
        let limits = match field.reading {
            Reading::AsIs => self.value(&field.groups, On::Field, Some(&field.ty)),
            // Of an `Option` among the other fields, what does not fit is none.
            Reading::Flat if !is(&field.ty, "Option") && self.is_nested(&field.groups) => vec![self.nested(&field.ty)],
            Reading::Flat | Reading::Otherwise => Vec::new(),
        };
        match &field.name {
            Some(name) if !limits.is_empty() => vec![quote!(#rt::Limit::Field(#name, &[#(#limits),*]))],
            _ => limits,
        }
    }

    /// `required` comes last: a text has one `pattern`, and its own says more.
    fn value(&self, groups: &[Group], on: On, ty: Option<&Type>) -> Vec<TokenStream> {
        let rules = || groups.iter().flat_map(|group| &group.rules);
        let is_required = |rule: &&Rule| matches!(rule.form, Form::Required);
        rules()
            .filter(|rule| !is_required(rule))
            .chain(rules().filter(is_required))
            .flat_map(|rule| self.rule(rule, on, ty))
            .collect()
    }

    fn rule(&self, rule: &Rule, on: On, ty: Option<&Type>) -> Vec<TokenStream> {
        let Self { rt } = self;
        match &rule.form {
            Form::Required => vec![quote!(#rt::Limit::Required)],
            // `JsonSchema` counts no entries of a map.
            Form::Length { min, max, equal } if on == On::Item || ty.is_some_and(|ty| contains(ty, "Map")) => self
                .bounds(&[("Shortest", min.as_ref().or(equal.as_ref())), ("Longest", max.as_ref().or(equal.as_ref()))]),
            Form::Range { min, max, above, below } => {
                let inclusive = |bound: &'_ Option<Expr>| bound.clone().filter(|_| on == On::Item);
                let (min, max) = (inclusive(min), inclusive(max));
                self.bounds(&[
                    ("Least", min.as_ref()),
                    ("Most", max.as_ref()),
                    ("Above", above.as_ref()),
                    ("Below", below.as_ref()),
                ])
            }
            Form::Pattern(pattern) => match ecma::whole(&pattern.value()) {
                Some(pattern) => vec![quote!(#rt::Limit::Pattern(#pattern))],
                None => Vec::new(),
            },
            Form::Email if on == On::Item => vec![quote!(#rt::Limit::Email)],
            Form::Url if on == On::Item => vec![quote!(#rt::Limit::Url)],
            Form::Nested => ty.map(|ty| self.nested(ty)).into_iter().collect(),
            Form::Each(group) => {
                let limits = self.value(std::slice::from_ref(group), On::Item, ty.and_then(inside));
                let each = (!limits.is_empty()).then(|| quote!(#rt::Limit::Each(&[#(#limits),*])));
                each.into_iter().collect()
            }
            Form::Length { .. } | Form::Email | Form::Url | Form::Custom(_) | Form::When(..) | Form::With(_) => {
                Vec::new()
            }
        }
    }

    fn nested(&self, ty: &Type) -> TokenStream {
        let Self { rt } = self;
        quote!(#rt::rule::LimitsOf::<#ty>::NESTED)
    }

    fn is_nested(&self, groups: &[Group]) -> bool {
        groups.iter().flat_map(|group| &group.rules).any(|rule| matches!(rule.form, Form::Nested))
    }

    fn bounds(&self, bounds: &[(&str, Option<&Expr>)]) -> Vec<TokenStream> {
        let Self { rt } = self;
        let one = |(name, bound): &(&str, Option<&Expr>)| {
            let (name, bound) = (quote::format_ident!("{name}"), self.bound((*bound)?)?);
            Some(quote!(#rt::Limit::#name(#rt::Bound::#bound)))
        };
        bounds.iter().filter_map(one).collect()
    }

    /// A literal or a constant; what a call answers may be another thing each time.
    fn bound(&self, bound: &Expr) -> Option<TokenStream> {
        if let Some(number) = number(bound) {
            let number = Literal::string(&number);
            return Some(quote!(Literal(#number)));
        }
        match bound {
            // A fn, because a constant cannot borrow what depends on a type parameter.
            Expr::Path(path) if !path.path.is_ident("self") => {
                Some(quote!(Constant(|| ::std::string::ToString::to_string(&#path))))
            }
            Expr::Group(group) => self.bound(&group.expr),
            Expr::Paren(paren) => self.bound(&paren.expr),
            _ => None,
        }
    }
}

/// A literal as JSON writes it.
fn number(bound: &Expr) -> Option<String> {
    match bound {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => Some(int.base10_digits().to_owned()),
            Lit::Float(float) => float.base10_parse::<f64>().ok().map(|float| float.to_string()),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => number(&unary.expr).map(|text| format!("-{text}")),
        Expr::Group(group) => number(&group.expr),
        Expr::Paren(paren) => number(&paren.expr),
        _ => None,
    }
}

fn is(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// Whether a type is named so, whatever is around it.
fn contains(ty: &Type, end: &str) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| {
        last.ident.to_string().ends_with(end)
            || match &last.arguments {
                syn::PathArguments::AngleBracketed(arguments) => arguments.args.iter().any(|argument| match argument {
                    syn::GenericArgument::Type(ty) => contains(ty, end),
                    _ => false,
                }),
                _ => false,
            }
    })
}
