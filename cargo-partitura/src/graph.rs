//! `graph`: pictures of an application, made from its description.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use partitura_description::graph::{Format, Of, draw};

use crate::application::Application;
use crate::failure::{Failure, Result};
use crate::project::Choice;

/// Draws what is asked for, to a file or to stdout.
pub(crate) fn graph(matches: &ArgMatches) -> Result<u8> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let of = text("of").and_then(Of::named).unwrap_or(Of::Modules);
    let output = matches.get_one::<PathBuf>("output").map(PathBuf::as_path);
    let format = format(text("format"), output)?;
    let described = Application::build(&Choice::of(matches))?.described()?;
    let picture = draw(&described, of, format).ok_or_else(|| {
        let nothing = Failure::new(format!("there is nothing to draw: the application has no {}", of.name()));
        match of {
            Of::Plans => nothing.fix("`#[orchestrate]` on a module, or `partitura::folder!(.., orchestrate)`"),
            _ => nothing,
        }
    })?;
    match output {
        None => crate::application::print_line(picture.text.trim_end())?,
        Some(file) => {
            std::fs::write(file, picture.text).map_err(|error| Failure::file("write", file, &error))?;
            eprintln!("wrote {}: {}", file.display(), picture.size);
        }
    }
    Ok(0)
}

/// The flag, else the end of the file's name.
fn format(flag: Option<&str>, output: Option<&Path>) -> Result<Format> {
    match (flag.and_then(Format::named), output) {
        (Some(format), _) => Ok(format),
        (None, None) => Ok(Format::Mermaid),
        (None, Some(output)) => Format::of_file(output).ok_or_else(|| {
            Failure::usage(format!("{} does not say how it shall be drawn", output.display()))
                .fix("a name that ends in .svg, .mmd or .dot, or --format")
        }),
    }
}
