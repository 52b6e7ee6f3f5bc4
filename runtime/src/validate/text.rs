//! Forms of text.

use std::net::Ipv6Addr;

/// The rule of HTML5 for `<input type=email>`: what browsers accept, which is less than RFC 5322 allows (no quotes, no
/// comments) and all that anybody uses. No look at whether it exists.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    !local.is_empty() && local.bytes().all(is_local) && domain.split('.').all(is_label)
}

/// A label of a domain: letters, digits and `-` inside, 63 at most.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// An absolute `http` or `https` URL (RFC 3986) with a host; letters outside of ASCII may stand as they are (RFC 3987).
/// Our own check, because the crate `url` brings tables of thirty more crates in order to normalise.
pub(super) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return false;
    }
    let refused = |c: char| c.is_control() || c.is_whitespace() || "<>\"{}|\\^`".contains(c);
    if rest.contains(refused) || !are_percents(rest) {
        return false;
    }
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let after = &rest[authority.len()..];
    // Brackets are for addresses; in a query they are common all the same (`?of[]=a`).
    let path = after.split(['?', '#']).next().unwrap_or_default();
    if after.matches('#').count() > 1 || path.contains(['[', ']']) {
        return false;
    }
    let host = authority.rsplit_once('@').map_or(authority, |(user, host)| if user.contains('@') { "" } else { host });
    let (host, port) = match host.strip_prefix('[') {
        Some(host) => match host.split_once(']') {
            Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => return is_port(port),
            _ => return false,
        },
        None => host.find(':').map_or((host, ""), |at| host.split_at(at)),
    };
    is_port(port) && is_host(host)
}

/// Nothing, or `:` and a number; `:` alone is the scheme's own.
fn is_port(port: &str) -> bool {
    match port.strip_prefix(':') {
        None => port.is_empty(),
        Some("") => true,
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok(),
    }
}

/// Labels of letters (of any script), digits, `-` and `_`; the root's dot may stand behind.
fn is_host(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_letter = |c: char| c.is_alphanumeric() || !c.is_ascii() || c == '-' || c == '_';
    host.len() <= 253
        && host.split('.').all(|label| {
            !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(is_letter)
        })
}

/// Each `%` has its two hexadecimal digits.
fn are_percents(text: &str) -> bool {
    text.split('%').skip(1).all(|part| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}
