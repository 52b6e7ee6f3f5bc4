//! Names: of messages, modules and providers.

use syn::{Ident, LitStr};

use super::sink::Sink;

/// A name that can stand in `module.Type`: a letter, then letters, digits and `_`.
pub(crate) fn checked(literal: &LitStr, what: &str, sink: &mut Sink) -> String {
    let name = literal.value();
    let mut chars = name.chars();
    let fine =
        chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !fine {
        let hint = if name.contains('.') { "; the module's name is put before it" } else { "" };
        sink.at(
            literal,
            format!("the name of a {what} is a letter followed by letters, digits or `_`, not `{name}`{hint} [PT0120]"),
        );
    }
    name
}

/// FNV-1a, 64 bit: turns a name into a const parameter.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The hash of a message's name as the runtime has it, and its base to the length of the name: the bytes as digits of a number.
pub(crate) fn digits(name: &str) -> (u64, u64) {
    const BASE: u64 = 0x0000_0100_0000_01b3;
    name.bytes().fold((0, 1), |(hash, power), byte| {
        (hash.wrapping_mul(BASE).wrapping_add(u64::from(byte)), power.wrapping_mul(BASE))
    })
}

/// `OpenAccount` as `open_account`.
pub(crate) fn snake(ident: &Ident) -> String {
    let mut snake = String::new();
    for (index, c) in ident.to_string().chars().enumerate() {
        if c.is_uppercase() && index > 0 && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// The near ones of `all`, for a message.
pub(crate) fn did_you_mean(name: &str, all: &[&str]) -> String {
    let best = all
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= (name.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance);
    best.map(|(_, candidate)| format!("; did you mean `{candidate}`?")).unwrap_or_default()
}
