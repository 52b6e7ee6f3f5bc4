//! Writes the impl of `Validate`: a call for each rule, standing at the rule's name, so that a type that cannot have the
//! rule is told there.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{DeriveInput, Expr, ExprPath, GenericArgument, LitStr, Member, PathArguments, Type};

use super::model::{Condition, Field, Form, Group, Model, Rule, Says, Shape, Variant};
use crate::support::spans;

/// The impl.
pub(super) fn rules(model: &Model, input: &DeriveInput, rt: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let writer = Writer { rt, report: Ident::new("report", Span::mixed_site()) };
    let report = &writer.report;
    let fields = match &model.shape {
        Shape::Struct(fields) => fields.iter().map(|field| writer.field(field, &of_self(&field.member))).collect(),
        Shape::Enum { variants, more } => writer.variants(variants, *more),
    };
    let whole: TokenStream = model.whole.iter().map(|group| writer.group(group, &quote!(self), None)).collect();
    let traits = model.asks(|form| matches!(form, Form::Required)).then(|| {
        quote! {
            #[allow(unused_imports)]
            use #rt::rule::{AlwaysThere as _, OptionIsThere as _};
        }
    });
    let limits = super::limits::constant(model, rt);
    quote! {
        #[automatically_derived]
        impl #generics #rt::Validate for #ident #arguments #bounds {
            #limits
            #[allow(deprecated, unused_variables)]
            fn validate(&self, #report: &mut #rt::Report<'_>) {
                #traits
                #fields
                #whole
            }
        }
    }
}

fn of_self(member: &Member) -> TokenStream {
    quote!(&self.#member)
}

struct Writer<'a> {
    rt: &'a TokenStream,
    report: Ident,
}

impl Writer<'_> {
    fn variants(&self, variants: &[Variant], more: bool) -> TokenStream {
        if variants.is_empty() {
            return TokenStream::new();
        }
        let arms = variants.iter().map(|variant| self.variant(variant));
        let rest = more.then(|| quote!(_ => {}));
        quote!(match self { #(#arms)* #rest })
    }

    fn variant(&self, variant: &Variant) -> TokenStream {
        let Self { report, .. } = self;
        let name = &variant.name;
        let values: Vec<Ident> =
            (0..variant.fields.len()).map(|at| format_ident!("value{at}", span = Span::mixed_site())).collect();
        let members = variant.fields.iter().map(|field| &field.member);
        let fields = variant.fields.iter().zip(&values).map(|(field, value)| self.field(field, &quote!(#value)));
        let around = variant.around.iter().map(|name| quote!(let #report = &mut #report.at(#name);));
        quote! {
            Self::#name { #(#members: #values,)* .. } => {
                #(#around)*
                #(#fields)*
            }
        }
    }

    /// All of a field, in a block in which the report stands at it.
    fn field(&self, field: &Field, value: &TokenStream) -> TokenStream {
        let Self { report, .. } = self;
        let groups = field.groups.iter().map(|group| self.group(group, value, Some(&field.ty)));
        let at = field.name.as_ref().map(|name| quote!(let #report = &mut #report.at(#name);));
        quote!({ #at #(#groups)* })
    }

    /// Where a required value is missing, there is nothing for the others to look at.
    fn group(&self, group: &Group, value: &TokenStream, ty: Option<&Type>) -> TokenStream {
        let one = |rule: &Rule| self.says(&rule.says, self.rule(rule, value, ty));
        let (first, others): (Vec<&Rule>, Vec<&Rule>) =
            group.rules.iter().partition(|rule| matches!(rule.form, Form::Required));
        let others: TokenStream = others.into_iter().map(one).collect();
        let rules = match first.first() {
            Some(first) if others.is_empty() => {
                let first = one(first);
                quote!(#first;)
            }
            Some(first) => {
                let first = one(first);
                quote!(if #first { #others })
            }
            None => others,
        };
        self.says(&group.says, rules)
    }

    /// The code and text around what they hold for.
    fn says(&self, says: &Says, body: TokenStream) -> TokenStream {
        let Self { report, .. } = self;
        let option = |text: &Option<LitStr>| match text {
            Some(text) => {
                let text = Literal::string(&text.value());
                quote!(::core::option::Option::Some(#text))
            }
            None => quote!(::core::option::Option::None),
        };
        if says.code.is_none() && says.message.is_none() {
            return body;
        }
        let (code, message) = (option(&says.code), option(&says.message));
        quote!({ let #report = &mut #report.saying(#code, #message); #body })
    }

    fn rule(&self, rule: &Rule, value: &TokenStream, ty: Option<&Type>) -> TokenStream {
        let Self { rt, report } = self;
        let span = spans::at(rule.name.span());
        let value = &moved(value.clone(), rule.name.span());
        let rt = &spans::located((*rt).clone(), rule.name.span());
        let mut report = report.clone();
        report.set_span(report.span().located_at(span));
        match &rule.form {
            Form::Required => {
                quote_spanned!(span=> #rt::rule::required(#rt::rule::Present(#value).there(), #report))
            }
            Form::Length { min, max, equal } => {
                let sizes = sizes(rt, span, min.as_ref(), max.as_ref(), equal.as_ref());
                quote_spanned!(span=> #rt::rule::length(#rt::HasLength::length(#value), #report, #sizes);)
            }
            Form::Range { min, max, above, below } => {
                let bounds = [("min", min), ("above", above), ("max", max), ("below", below)];
                let bounds = bounds.iter().filter_map(|(name, bound)| {
                    let (name, bound) = (Ident::new(name, span), bound.as_ref()?);
                    Some(quote_spanned!(span=> .#name(#bound)))
                });
                quote_spanned!(span=>
                    #rt::rule::range(#rt::HasNumber::number(#value), #report, #rt::Bounds::any() #(#bounds)*);)
            }
            Form::Pattern(pattern) => {
                let pattern = Literal::string(&pattern.value());
                let text = quote_spanned!(span=> #rt::HasText::text(#value));
                quote! {{
                    static __PARTITURA_PATTERN: #rt::Pattern = #rt::Pattern::new(#pattern);
                    #rt::rule::pattern(#text, #report, &__PARTITURA_PATTERN);
                }}
            }
            Form::Email => quote_spanned!(span=> #rt::rule::email(#rt::HasText::text(#value), #report);),
            Form::Url => quote_spanned!(span=> #rt::rule::url(#rt::HasText::text(#value), #report);),
            Form::Nested => quote_spanned!(span=> #rt::Validate::validate(#value, #report);),
            Form::Each(group) => {
                let item = format_ident!("item", span = Span::mixed_site());
                let rules = self.group(group, &quote!(#item), ty.and_then(inside));
                quote_spanned!(span=> #rt::HasItems::each(#value, #report, |#item, #report| { #rules });)
            }
            Form::Custom(path) => self.custom(rt, path, value, ty.is_some_and(is_option)),
            Form::When(condition, group) => {
                let (condition, rules) = (self::condition(condition), self.group(group, value, ty));
                quote!(if #condition { #rules })
            }
            Form::With(path) => {
                let span = spans::ends(path).0;
                let rt = spans::located((*self.rt).clone(), span);
                quote_spanned!(span=> #rt::rule::whole(self, #report, #path);)
            }
        }
    }

    /// A fn of the user's is called as such, so that a reference to a `Box` or a `String` coerces to what it takes.
    fn custom(&self, rt: &TokenStream, path: &ExprPath, value: &TokenStream, is_option: bool) -> TokenStream {
        let Self { report, .. } = self;
        let (first, last) = spans::ends(path);
        let place = first.join(last).unwrap_or(first);
        let rt = spans::located(rt.clone(), place);
        let inner = format_ident!("value", span = Span::mixed_site());
        let argument = moved(if is_option { quote!(#inner) } else { value.clone() }, last);
        let call = quote_spanned!(spans::at(place)=> #rt::Verdict::tell(#path(#argument), #report););
        match is_option {
            true => quote!(if let ::core::option::Option::Some(#inner) = #value { #call }),
            false => call,
        }
    }
}

/// The tokens at the place of `span`, each with the hygiene that it has.
fn moved(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(token.span().located_at(span));
            token
        })
        .collect()
}

fn sizes(rt: &TokenStream, span: Span, min: Option<&Expr>, max: Option<&Expr>, equal: Option<&Expr>) -> TokenStream {
    match (min, max, equal) {
        (_, _, Some(equal)) => quote_spanned!(span=> #rt::rule::Sizes::equal(#equal)),
        (Some(min), Some(max), _) => quote_spanned!(span=> #rt::rule::Sizes::between(#min, #max)),
        (Some(min), None, _) => quote_spanned!(span=> #rt::rule::Sizes::min(#min)),
        (None, max, _) => quote_spanned!(span=> #rt::rule::Sizes::max(#max)),
    }
}

fn condition(condition: &Condition) -> TokenStream {
    match condition {
        Condition::Path(path) => {
            let (_, last) = spans::ends(path);
            quote_spanned!(last=> #path(self))
        }
        Condition::Text(expression) => quote!(#expression),
    }
}

/// What a collection holds, as far as it is written: the last argument, or the element.
pub(super) fn inside(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Array(array) => Some(&array.elem),
        Type::Slice(slice) => Some(&slice.elem),
        Type::Reference(reference) => inside(&reference.elem),
        _ => last_argument(ty).map(|inner| match is_held(ty) {
            true => inside(inner).unwrap_or(inner),
            false => inner,
        }),
    }
}

/// `Option`, `Box` and the like around a collection.
fn is_held(ty: &Type) -> bool {
    ["Option", "Box", "Arc", "Rc"].iter().any(|name| is(ty, name))
}

fn is_option(ty: &Type) -> bool {
    is(ty, "Option")
}

fn is(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

fn last_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    arguments.args.iter().rev().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

impl Model {
    /// Whether some rule is of this form.
    pub(super) fn asks(&self, is: fn(&Form) -> bool) -> bool {
        fn any(groups: &[Group], is: fn(&Form) -> bool) -> bool {
            groups.iter().flat_map(|group| &group.rules).any(|rule| match &rule.form {
                Form::Each(inner) | Form::When(_, inner) => any(std::slice::from_ref(inner), is),
                form => is(form),
            })
        }
        let of = |fields: &[Field]| fields.iter().any(|field| any(&field.groups, is));
        match &self.shape {
            Shape::Struct(fields) => of(fields),
            Shape::Enum { variants, .. } => variants.iter().any(|variant| of(&variant.fields)),
        }
    }
}
