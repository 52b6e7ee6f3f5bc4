//! The grammar of a path: `/accounts/{id}`, `/files/{*rest}`.

use syn::LitStr;

use crate::support::sink::Sink;

/// Whether it is one; told if not.
pub(crate) fn check(literal: &LitStr, sink: &mut Sink) -> bool {
    let path = literal.value();
    let Err(fault) = faults(&path) else { return true };
    sink.at(literal, format!("`{path}` is no path of a route: {fault} [PT0400]"));
    false
}

/// Tells what is wrong with a `created`: a path with names of fields of the reply, or `{}`, as segments.
pub(crate) fn check_location(literal: &LitStr, sink: &mut Sink) {
    let location = literal.value();
    let fault = match location.contains("{*") {
        true => Some("`{*..}` stands in a route; here a field is named, `{id}`".to_owned()),
        // `{}` is no name of a route's, and may be there as often as one likes: a plain segment for the grammar.
        false => faults(&location.replace("/{}", "/-")).err(),
    };
    if let Some(fault) = fault {
        sink.at(literal, format!("`created = \"{location}\"` says no path: {fault} [PT0400]"));
    }
}

/// The names in it, in order; `{*rest}` is `rest`.
pub(crate) fn names(path: &str) -> Vec<String> {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| name.trim_start_matches('*').to_owned()).collect()
}

/// It without its names: two of one shape are one path.
pub(crate) fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment.strip_prefix('{') {
        Some(name) if name.starts_with('*') => "{*}",
        Some(_) => "{}",
        None => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

fn faults(path: &str) -> Result<(), String> {
    if !path.starts_with('/') {
        return Err(format!("it begins with `/`: \"/{path}\""));
    }
    if path == "/" {
        return Ok(());
    }
    if let Some(open) = path.strip_suffix('/') {
        return Err(format!("it has one form, without `/` at its end: \"{open}\""));
    }
    if path.contains('?') {
        return Err("what follows `?` is the query, which is no part of a path: leave it out".to_owned());
    }
    let segments: Vec<&str> = path[1..].split('/').collect();
    let mut names: Vec<&str> = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        if segment.is_empty() {
            return Err("a segment of it is empty, `//`".to_owned());
        }
        if let Some(name) = segment.strip_prefix(':') {
            return Err(format!("a field stands in braces: `{{{name}}}`"));
        }
        if segment.starts_with('<') && segment.ends_with('>') {
            return Err(format!("a field stands in braces: `{{{}}}`", &segment[1..segment.len() - 1]));
        }
        if !segment.contains(['{', '}']) {
            plain(segment)?;
            continue;
        }
        let inner = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
        let Some(inner) = inner.filter(|inner| !inner.contains(['{', '}'])) else {
            return Err(format!("`{segment}` is a field and something else: a field in braces is a whole segment"));
        };
        let name = match inner.strip_prefix('*') {
            Some(_) if at + 1 < segments.len() => {
                return Err(format!("`{segment}` takes all that follows, so it is the last segment"));
            }
            Some(name) => name,
            None => inner,
        };
        let word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.is_empty() || !word || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(format!("`{segment}` holds no name of a field"));
        }
        if names.contains(&name) {
            return Err(format!("`{{{name}}}` is there twice"));
        }
        names.push(name);
    }
    Ok(())
}

/// What may stand in a segment as it is (RFC 3986, `pchar`).
fn plain(segment: &str) -> Result<(), String> {
    let odd = segment.chars().find(|c| !c.is_ascii_alphanumeric() && !"-._~!$&'()*+,;=:@%".contains(*c));
    match odd {
        Some(c) => Err(format!("{c:?} cannot stand in a path as it is: write it percent-encoded")),
        None if segment == "." || segment == ".." => Err(format!("`{segment}` means another path")),
        None => Ok(()),
    }
}
