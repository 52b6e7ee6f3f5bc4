//! Routes: `route(post, "/accounts", created = "/accounts/{id}")` of a handler, and what the methods of a controller share with
//! it.

pub(crate) mod path;

use proc_macro2::{Ident, Literal, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Token, Type};

use crate::support::keys::{Form, Key, Keys, key};
use crate::support::name::did_you_mean;
use crate::support::sink::Sink;
use crate::support::spans;

/// The methods, as they are written.
pub(crate) const METHODS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options", "any"];

const KEYS: &[Key] = &[
    key("created", Form::Text, "created = \"/accounts/{id}\""),
    key("accepted", Form::Flag, "accepted"),
    key("if_match", Form::Text, "if_match = \"version\""),
    key("resume", Form::Text, "resume = \"after\""),
];

/// A route of a handler.
pub(crate) struct Route {
    method: Ident,
    path: LitStr,
    created: Option<LitStr>,
    accepted: bool,
    if_match: Option<LitStr>,
    resume: Option<LitStr>,
}

impl Route {
    /// Reads what stands in the parentheses of `key`.
    pub(crate) fn read(key: &Ident, tokens: &TokenStream, streams: bool, sink: &mut Sink) -> Option<Route> {
        const FORM: &str = "a route is a method and a path: `route(get, \"/accounts/{id}\")` [PT0400]";
        let mut rest = TokenStream::new();
        let mut head = None;
        let parser = |input: ParseStream<'_>| {
            let method = input.call(Ident::parse_any).ok();
            let comma = method.is_some() && input.parse::<Token![,]>().is_ok();
            let path = if comma { input.parse::<LitStr>().ok() } else { None };
            let ends = input.is_empty() || input.parse::<Token![,]>().is_ok();
            head = method.zip(path).filter(|_| ends);
            rest = input.parse()?;
            Ok(())
        };
        let parsed = Parser::parse2(parser, tokens.clone());
        sink.take(parsed);
        let Some((method, path)) = head else {
            match tokens.clone().into_iter().next() {
                None => sink.at(key, FORM),
                Some(first) => match quoted(&first) {
                    Some(text) => sink.at(first, text),
                    None => sink.at(tokens, FORM),
                },
            }
            return None;
        };
        let known = check_method(&method, sink);
        path::check(&path, sink);
        let keys = Keys::parse("route(..)", KEYS, rest, sink);
        let route = Route {
            method,
            path,
            created: keys.text("created").cloned(),
            accepted: keys.flag("accepted").is_some(),
            if_match: keys.text("if_match").cloned(),
            resume: keys.text("resume").cloned(),
        };
        if let (Some(_), Some(accepted)) = (&route.created, keys.flag("accepted")) {
            sink.at(
                accepted,
                "what is `created` is there, and what is `accepted` will be done later: say one of them [PT0400]",
            );
        }
        if let Some(location) = route.created.as_ref().filter(|location| !location.value().starts_with('/')) {
            sink.at(
                location,
                "`created` says where it is: a path with names of fields of the reply in it, `created = \"/accounts/{id}\"`; `{}` is the reply itself [PT0400]",
            );
        }
        if let Some(location) = route.created.as_ref().filter(|location| location.value().starts_with('/')) {
            path::check_location(location, sink);
        }
        if let Some(field) = &route.if_match
            && path::names(&route.path.value()).contains(&field.value())
        {
            sink.at(
                field,
                format!("`{{{}}}` stands in the path, so that `If-Match` cannot fill it: `if_match` names a field for the version, `if_match = \"version\"` [PT0400]", field.value()),
            );
        }
        if let Some(key) = keys.flag("resume").filter(|_| !streams) {
            sink.at(key, "what is answered at once is not resumed: `resume` is for a streaming handler [PT0400]");
        }
        if streams {
            if matches!(route.method.to_string().as_str(), "head" | "options") {
                sink.at(
                    &route.method,
                    format!("what `{}` answers has no body, so nothing can be streamed there: write `route(get, ..)` [PT0407]", route.method),
                );
            }
            for key in ["created", "accepted", "if_match"].iter().filter_map(|name| keys.flag(name)) {
                sink.at(key, format!("a stream is answered item by item, and has no `{key}` [PT0407]"));
            }
        }
        known.then_some(route)
    }

    /// The value in the handler's entry, for the handler of `message`.
    pub(crate) fn value(&self, message: &Type) -> TokenStream {
        let (method, path) = (variant(&self.method), &self.path);
        let created = self.created.as_ref().map(|location| quote!(.created(#location)));
        let accepted = self.accepted.then(|| quote!(.accepted()));
        let resume = self.resume.as_ref().map(|field| quote!(.resume(#field)));
        let if_match = self.if_match.as_ref().map(|field| quote!(.if_match(#field)));
        quote! {
            __partitura::rt::Route::new(__partitura::rt::Method::#method, #path, __partitura::rt::place!())
                #created #accepted #if_match #resume
                .to(__partitura::rt::routed::<__partitura::Marker, #message>())
        }
    }

    /// What the compiler checks: that no other route of the module is there, that what reads is a query, and that the names in
    /// the path are fields.
    pub(crate) fn checks(&self, message: &Type) -> TokenStream {
        let mut checks = one_of_its_path(&self.method, &self.path, &self.path.value());
        if matches!(self.method.to_string().as_str(), "get" | "head") {
            checks.extend(check(&self.method, quote!(reads::<#message>())));
        }
        for name in path::names(&self.path.value()) {
            let name = Literal::string(&name);
            checks.extend(check(&self.path, quote!(has_field::<#message>(#name))));
        }
        if let Some(field) = &self.resume {
            checks.extend(check(field, quote!(resumes::<#message>(#field))));
        }
        if let Some(field) = &self.if_match {
            checks.extend(check(field, quote!(takes_version::<#message>(#field))));
        }
        checks
    }
}

/// What is wrong with a text where the method should stand.
fn quoted(first: &TokenTree) -> Option<String> {
    let literal: LitStr = syn::parse2(first.clone().into()).ok()?;
    let (text, lower) = (literal.value(), literal.value().to_lowercase());
    if METHODS.contains(&lower.as_str()) {
        return Some(format!("a method is a word without quotes: write `{lower}` [PT0400]"));
    }
    text.starts_with('/').then(|| format!("the method stands before the path: `route(get, \"{text}\")` [PT0400]"))
}

/// Whether it is a method; told if not.
pub(crate) fn check_method(method: &Ident, sink: &mut Sink) -> bool {
    let text = method.to_string();
    if METHODS.contains(&text.as_str()) {
        return true;
    }
    let lower = text.to_lowercase();
    let near = match METHODS.contains(&lower.as_str()) {
        true => format!("; write `{lower}`"),
        false => did_you_mean(&lower, METHODS),
    };
    let all = METHODS.iter().map(|method| format!("`{method}`")).collect::<Vec<_>>().join(", ");
    let text = if near.is_empty() { format!("; they are {all}") } else { near };
    sink.at(method, format!("`{method}` is no method of a route{text} [PT0400]"));
    false
}

/// `Get` of `get`.
pub(crate) fn variant(method: &Ident) -> Ident {
    let text = method.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    let text: String = first.into_iter().chain(chars).collect();
    Ident::new(&text, proc_macro2::Span::call_site())
}

/// A name that there is once for each method and path of a module: of two the compiler shows both, and the name says what they are.
///
/// A constant of the marker, since that is the one thing that two handlers of a module have in common of which the compiler tells
/// the name that we chose, and no type.
pub(crate) fn one_of_its_path(method: &Ident, place: &LitStr, path: &str) -> TokenStream {
    let at = spans::at(place.span());
    let name = Ident::new(&name_of_two(&method.to_string(), path), at);
    quote_spanned! {at=>
        impl __partitura::Marker {
            const #name: () = ();
        }
    }
}

/// What two routes on `path` are called: `two_routes_on__GET__accounts__ANY__PT0404`. Two paths have one name only if they are of one
/// shape; where letters alone cannot say that, a hash does.
fn name_of_two(method: &str, path: &str) -> String {
    let shape = path::shape(path);
    let mut is_exact = true;
    let mut name = format!("two_routes_on__{}", method.to_ascii_uppercase());
    for segment in shape.split('/').skip(1) {
        let segment = match segment {
            "{}" => "ANY",
            "{*}" => "REST",
            "" => "ROOT",
            plain => {
                let is_word = plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                let has_its_own = !["ANY", "REST", "ROOT"].contains(&plain) && !plain.contains("__");
                is_exact &= is_word && has_its_own && !plain.starts_with('_') && !plain.ends_with('_');
                plain
            }
        };
        name.push_str("__");
        name.extend(segment.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }));
    }
    if !is_exact {
        name.push_str(&format!("__{:016x}", crate::support::name::hash(&shape)));
    }
    name + "__PT0404"
}

/// `const _: () = __partitura::rt::call;` under `place`.
pub(crate) fn check(place: &impl quote::ToTokens, call: TokenStream) -> TokenStream {
    crate::support::needs::check(spans::ends(place), call)
}

#[cfg(test)]
mod tests {
    use super::name_of_two;

    #[test]
    fn two_paths_have_one_name_only_if_they_are_of_one_shape() {
        assert_eq!(name_of_two("get", "/accounts/{id}"), "two_routes_on__GET__accounts__ANY__PT0404");
        assert_eq!(name_of_two("get", "/accounts/{name}"), name_of_two("get", "/accounts/{id}"));
        assert_eq!(name_of_two("any", "/"), "two_routes_on__ANY__ROOT__PT0404");
        assert_eq!(name_of_two("get", "/files/{*path}"), "two_routes_on__GET__files__REST__PT0404");
        let all = [
            "/", "/a", "/a/b", "/a_b", "/a__b", "/a_/b", "/a/_b", "/a-b", "/a.b", "/{a}", "/ANY", "/{*a}", "/REST",
            "/ROOT", "/ä", "/ö", "/a/{b}", "/a/ANY",
        ];
        let names: std::collections::BTreeSet<String> = all.iter().map(|path| name_of_two("get", path)).collect();
        assert_eq!(names.len(), all.len(), "{names:#?}");
    }
}
