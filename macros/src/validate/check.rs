//! What a rule says that cannot be meant. Bounds are compared where they are literals; what a type can have, the
//! compiler says.

use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, UnOp};

use super::model::{Form, Group, Rule};
use crate::support::sink::Sink;

/// Tells what is wrong with a rule by itself; true if nothing is.
pub(super) fn rule(rule: &Rule, sink: &mut Sink) -> bool {
    let before = sink.is_empty();
    let told = match &rule.form {
        Form::Length { min, max, equal } => lengths(rule, min.as_ref(), max.as_ref(), equal.as_ref(), sink),
        Form::Range { min, max, above, below } => {
            range(rule, [min.as_ref(), above.as_ref()], [max.as_ref(), below.as_ref()], sink)
        }
        Form::Pattern(pattern) => self::pattern(pattern, sink),
        Form::Nested | Form::Each(_) => words(rule, sink),
        _ => false,
    };
    !told && (before == sink.is_empty())
}

/// The same rule twice. Several patterns are several rules, and so are several conditions.
pub(super) fn doubled(groups: &[Group], sink: &mut Sink) {
    let mut seen: Vec<&Rule> = Vec::new();
    for rule in groups.iter().flat_map(|group| &group.rules) {
        let may_be_several = matches!(rule.form, Form::Pattern(_) | Form::Custom(_) | Form::With(_) | Form::When(..));
        if !may_be_several && seen.iter().any(|other| other.name == rule.name) {
            sink.at(&rule.name, format!("`{}` is given twice [PT0140]", rule.name));
        }
        seen.push(rule);
    }
}

fn lengths(rule: &Rule, min: Option<&Expr>, max: Option<&Expr>, equal: Option<&Expr>, sink: &mut Sink) -> bool {
    let mut told = false;
    for bound in [min, max, equal].into_iter().flatten() {
        let is_length =
            !matches!(number(bound), Some(Number::Float(_))) && number(bound).is_none_or(|n| n.value() >= 0.0);
        if !is_length {
            sink.at(bound, "a length is a whole number from 0 [PT0140]");
            told = true;
        }
    }
    let wrong = match (min, max, equal) {
        (None, None, None) => {
            Some("say how long: `length(min = 1, max = 80)` or `length(equal = 2)` [PT0140]".to_owned())
        }
        (None, None, Some(_)) => None,
        (_, _, Some(_)) => Some("`equal` says both bounds already: take `min` and `max` away [PT0140]".to_owned()),
        (Some(min), Some(max), None) if exceeds(min, max, false) => Some(nothing_between(min, max)),
        _ => None,
    };
    match wrong {
        Some(text) if !told => {
            sink.at(
                min.filter(|_| max.is_some()).map_or_else(|| quote::quote_spanned!(rule.name.span()=> _), of),
                text,
            );
            true
        }
        _ => told,
    }
}

fn range(rule: &Rule, low: [Option<&Expr>; 2], high: [Option<&Expr>; 2], sink: &mut Sink) -> bool {
    let text = match (low, high) {
        ([None, None], [None, None]) => "say the bounds: `range(min = 0, max = 100)` [PT0140]".to_owned(),
        ([Some(_), Some(_)], _) => {
            "`min` includes its number and `above` does not: give one of them [PT0140]".to_owned()
        }
        (_, [Some(_), Some(_)]) => {
            "`max` includes its number and `below` does not: give one of them [PT0140]".to_owned()
        }
        ([min, above], [max, below]) => {
            let (Some(from), Some(to)) = (min.or(above), max.or(below)) else { return false };
            if !exceeds(from, to, above.is_some() || below.is_some()) {
                return false;
            }
            sink.at(from, nothing_between(from, to));
            return true;
        }
    };
    sink.at(&rule.name, text);
    true
}

fn of(bound: &Expr) -> proc_macro2::TokenStream {
    quote::quote!(#bound)
}

fn nothing_between(from: &Expr, to: &Expr) -> String {
    let text = |bound: &Expr| crate::support::spans::text(bound).replace("- ", "-");
    format!("no value is between {} and {}: are they exchanged? [PT0140]", text(from), text(to))
}

fn pattern(pattern: &LitStr, sink: &mut Sink) -> bool {
    let source = pattern.value();
    let wrong = match syntax(&source) {
        Err(text) => Some(text),
        // The whole must match, so it is put into parentheses: a comment at its end would take the last one.
        Ok(()) => syntax(&format!(r"\A(?:{source})\z")).err().map(|_| "it ends in a comment".to_owned()),
    };
    if let Some(text) = &wrong {
        sink.at(pattern, format!("this is no regular expression: {text} [PT0140]"));
    }
    wrong.is_some()
}

/// What the crate `regex` would say, in one line.
fn syntax(source: &str) -> Result<(), String> {
    let (text, start) = match regex_syntax::parse(source) {
        Ok(_) => return Ok(()),
        Err(regex_syntax::Error::Parse(error)) => (error.kind().to_string(), error.span().start),
        Err(regex_syntax::Error::Translate(error)) => (error.kind().to_string(), error.span().start),
        Err(error) => return Err(error.to_string()),
    };
    let rest: String = source.get(start.offset..).unwrap_or_default().chars().take(12).collect();
    Err(match rest.is_empty() {
        true => format!("{text}, at its end"),
        false => format!("{text}, at `{rest}`"),
    })
}

/// `nested` and `each` tell nothing by themselves.
fn words(rule: &Rule, sink: &mut Sink) -> bool {
    let words: Vec<&LitStr> = rule.says.code.iter().chain(&rule.says.message).collect();
    for text in &words {
        sink.at(text, format!("`{}` has no text of its own: give one to the rules inside [PT0140]", rule.name));
    }
    !words.is_empty()
}

/// A literal.
#[derive(Clone, Copy)]
enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    #[allow(clippy::cast_precision_loss)]
    fn value(self) -> f64 {
        match self {
            Number::Int(int) => int as f64,
            Number::Float(float) => float,
        }
    }
}

fn number(bound: &Expr) -> Option<Number> {
    match bound {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => int.base10_parse().ok().map(Number::Int),
        Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => float.base10_parse().ok().map(Number::Float),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => number(expr).map(|number| match number {
            Number::Int(int) => Number::Int(-int),
            Number::Float(float) => Number::Float(-float),
        }),
        Expr::Group(group) => number(&group.expr),
        Expr::Paren(paren) => number(&paren.expr),
        _ => None,
    }
}

/// Whether two literals leave nothing between them; where one of them is excluded, equal ones neither.
fn exceeds(from: &Expr, to: &Expr, excluded: bool) -> bool {
    match (number(from), number(to)) {
        (Some(Number::Int(from)), Some(Number::Int(to))) => from > to || (excluded && from == to),
        (Some(from), Some(to)) => from.value() > to.value() || (excluded && from.value() >= to.value()),
        _ => false,
    }
}
