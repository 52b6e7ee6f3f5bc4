//! `explain`: the catalogue of diagnostics in the terminal.

use std::io::IsTerminal;

use clap::ArgMatches;

use crate::application::print_line;
use crate::failure::{Failure, Result};
use crate::near::did_you_mean;

/// Code and page.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

/// The page of a code, or the codes whose pages speak of some words.
pub(crate) fn explain(matches: &ArgMatches) -> Result<u8> {
    let words: Vec<&str> = matches.get_many::<String>("what").into_iter().flatten().map(String::as_str).collect();
    let text = match words.as_slice() {
        [] => list(PAGES.iter()),
        [one] if is_code(one) => page(one)?,
        words => search(words)?,
    };
    print_line(text.trim_end())?;
    Ok(0)
}

/// The title of a code's page, if there is one.
pub(crate) fn title(code: &str) -> Option<&'static str> {
    let (_, page) = PAGES.iter().find(|(own, _)| *own == code)?;
    Some(heading(page))
}

/// `PT0102`, `pt102`, `102`: what looks like a code.
fn is_code(word: &str) -> bool {
    let digits = word.trim_start_matches(['P', 'p', 'T', 't']);
    !digits.is_empty() && digits.len() <= 4 && digits.chars().all(|c| c.is_ascii_digit())
}

fn page(code: &str) -> Result<String> {
    let digits: u32 = code.trim_start_matches(['P', 'p', 'T', 't']).parse().unwrap_or_default();
    let code = format!("PT{digits:04}");
    let Some((_, page)) = PAGES.iter().find(|(own, _)| **own == code) else {
        let near = did_you_mean(&code, PAGES.iter().map(|(code, _)| *code));
        return Err(Failure::usage(format!("there is no code {code}{near}"))
            .fix("`cargo partitura explain` lists all; a code of a newer Partitura needs its cargo-partitura"));
    };
    Ok(if std::io::stdout().is_terminal() { painted(page) } else { plain(page) })
}

/// Every page in which all words are, best first: those in whose title they are, then those that say them more often.
fn search(words: &[&str]) -> Result<String> {
    let words: Vec<String> = words.iter().flat_map(|word| word.split_whitespace()).map(str::to_lowercase).collect();
    let score = |page: &str| {
        let (title, text) = (heading(page).to_lowercase(), page.to_lowercase());
        let all = words.iter().all(|word| text.contains(word));
        let inside: usize = words.iter().map(|word| text.matches(word.as_str()).count()).sum();
        let above = words.iter().filter(|word| title.contains(word.as_str())).count();
        all.then_some(above * 100 + inside)
    };
    let mut found: Vec<(usize, &(&str, &str))> = PAGES.iter().filter_map(|page| Some((score(page.1)?, page))).collect();
    found.sort_by(|(a, (first, _)), (b, (second, _))| b.cmp(a).then(first.cmp(second)));
    if found.is_empty() {
        let known: std::collections::BTreeSet<String> =
            PAGES.iter().flat_map(|(_, page)| letters(heading(page))).collect();
        let near = words.iter().find_map(|word| {
            let near = did_you_mean(word, known.iter().map(String::as_str));
            (!near.is_empty()).then_some(near)
        });
        let near = near.unwrap_or_default();
        return Err(Failure::usage(format!("no page speaks of `{}`{near}", words.join(" ")))
            .fix("`cargo partitura explain` lists all codes"));
    }
    Ok(list(found.into_iter().take(12).map(|(_, page)| page)))
}

fn letters(title: &str) -> impl Iterator<Item = String> + '_ {
    title.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3).map(str::to_lowercase)
}

fn list<'a>(pages: impl Iterator<Item = &'a (&'a str, &'a str)>) -> String {
    pages.map(|(code, page)| format!("{code}  {}", heading(page))).collect::<Vec<_>>().join("\n")
}

/// The title without the code.
fn heading(page: &str) -> &str {
    let line = page.lines().next().unwrap_or_default();
    line.split_once(": ").map_or(line, |(_, title)| title)
}

/// Markdown as a person reads it: no fences, code indented.
fn plain(page: &str) -> String {
    render(page, |line| line.to_owned(), |line| line.to_owned())
}

/// The same with bold headings and dim code.
fn painted(page: &str) -> String {
    render(page, |line| format!("\x1b[1m{line}\x1b[0m"), |line| format!("\x1b[36m{line}\x1b[0m"))
}

fn render(page: &str, heading: impl Fn(&str) -> String, code: impl Fn(&str) -> String) -> String {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            lines.push(if line.is_empty() { String::new() } else { code(&format!("    {line}")) });
        } else if line.starts_with('#') {
            lines.push(heading(line.trim_start_matches('#').trim_start()));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_page_however_it_is_typed() {
        for code in ["PT0102", "pt0102", "102"] {
            let page = page(code).unwrap();
            assert!(page.starts_with("PT0102: a dependency is not provided\n"), "{page}");
            assert!(page.contains("\n    #[handler]\n") && !page.contains("```"), "{page}");
        }
        assert!(page("PT9999").unwrap_err().to_string().starts_with("error: there is no code PT9999"));
    }

    #[test]
    fn words_find_the_pages_that_speak_of_them() {
        assert!(search(&["cycle"]).unwrap().starts_with("PT0109  a cycle of providers"));
        assert!(search(&["two routes"]).unwrap().starts_with("PT0404"));
        assert!(search(&["provder"]).unwrap_err().to_string().contains("did you mean `provider"));
    }
}
