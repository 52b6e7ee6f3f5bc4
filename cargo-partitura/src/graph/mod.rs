//! `graph`: pictures of an application, made from its description.

mod dot;
mod layout;
mod mermaid;
mod pictures;
mod svg;

use std::path::{Path, PathBuf};

use clap::ArgMatches;

use crate::application::Application;
use crate::failure::{Failure, Result};
use crate::listed::count;
use crate::project::Choice;

/// What can be drawn.
pub(crate) const PICTURES: [&str; 5] = ["modules", "dependencies", "messages", "plans", "routes"];
/// How it is written.
pub(crate) const FORMATS: [&str; 3] = ["svg", "mermaid", "dot"];

/// Boxes and arrows between them.
#[derive(Debug, Default)]
struct Drawing {
    title: String,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

/// A box.
#[derive(Debug)]
struct Node {
    label: String,
    /// A smaller line below.
    detail: String,
    kind: Kind,
    /// The column, counted from the left, before which it does not stand.
    column: usize,
}

/// An arrow.
#[derive(Debug)]
struct Edge {
    from: usize,
    to: usize,
    /// Lines at its middle.
    label: Vec<String>,
    dashed: bool,
}

/// What a box stands for: its colour, and a line of the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Module,
    Route,
    Command,
    Query,
    Event,
    Handler,
    Singleton,
    Scoped,
    Transient,
    Missing,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Module => "module",
            Kind::Route => "route",
            Kind::Command => "command",
            Kind::Query => "query",
            Kind::Event => "event",
            Kind::Handler => "handler",
            Kind::Singleton => "singleton",
            Kind::Scoped => "scoped",
            Kind::Transient => "transient",
            Kind::Missing => "not provided",
        }
    }

    /// Of the frame, and of what is in it.
    fn colors(self) -> (&'static str, &'static str) {
        match self {
            Kind::Module => ("#41608a", "#e8eff8"),
            Kind::Route => ("#5f6b76", "#f1f3f5"),
            Kind::Command => ("#2f6f8f", "#e3f1f7"),
            Kind::Query => ("#3d7f4c", "#e6f4e9"),
            Kind::Event => ("#a86a1f", "#fbf0df"),
            Kind::Handler => ("#6a4c93", "#f0eaf7"),
            Kind::Singleton => ("#41608a", "#e8eff8"),
            Kind::Scoped => ("#3d7f4c", "#e6f4e9"),
            Kind::Transient => ("#a86a1f", "#fbf0df"),
            Kind::Missing => ("#b23b3b", "#fae5e5"),
        }
    }
}

impl Drawing {
    /// The kinds of its boxes, each once.
    fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = self.nodes.iter().map(|node| node.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }
}

/// Draws what is asked for, to a file or to stdout.
pub(crate) fn graph(matches: &ArgMatches) -> Result<u8> {
    let of = matches.get_one::<String>("of").map_or("modules", String::as_str);
    let output = matches.get_one::<PathBuf>("output").map(PathBuf::as_path);
    let format = format(matches.get_one::<String>("format").map(String::as_str), output)?;
    let application = Application::build(&Choice::of(matches))?;
    let (text, what) = match of {
        "plans" => plans(&application, format)?,
        _ => {
            let drawing = pictures::of(of, &application.described()?);
            if drawing.nodes.is_empty() {
                return Err(Failure::new(format!("there is nothing to draw: the application has no {of}")));
            }
            let what = format!(
                "{}, {}",
                count(drawing.nodes.len(), "box").replace("boxs", "boxes"),
                count(drawing.edges.len(), "arrow")
            );
            (draw(&drawing, format), what)
        }
    };
    match output {
        None => crate::application::print_line(text.trim_end())?,
        Some(file) => {
            std::fs::write(file, text).map_err(|error| Failure::file("write", file, &error))?;
            eprintln!("wrote {}: {what}", file.display());
        }
    }
    Ok(0)
}

fn draw(drawing: &Drawing, format: &str) -> String {
    match format {
        "svg" => svg::draw(drawing),
        "dot" => dot::draw(drawing),
        _ => mermaid::draw(drawing),
    }
}

/// The flag, else the end of the file's name.
fn format<'f>(flag: Option<&'f str>, output: Option<&Path>) -> Result<&'f str> {
    if let Some(flag) = flag {
        return Ok(flag);
    }
    let Some(output) = output else { return Ok("mermaid") };
    match output.extension().and_then(|end| end.to_str()) {
        Some("svg") => Ok("svg"),
        Some("dot" | "gv") => Ok("dot"),
        Some("mmd" | "mermaid" | "md") => Ok("mermaid"),
        _ => Err(Failure::usage(format!("{} does not say how it shall be drawn", output.display()))
            .fix("a name that ends in .svg, .mmd or .dot, or --format")),
    }
}

/// Plans are drawn by the application's own verb, which draws runs of them, too: one drawing room is enough.
fn plans(application: &Application, format: &str) -> Result<(String, String)> {
    let plans = application.described()?.plans.len();
    if plans == 0 {
        return Err(Failure::new("there is nothing to draw: the application has no plans")
            .fix("`#[orchestrate]` on a module, or `partitura::folder!(.., orchestrate)`"));
    }
    let (text, done) = application.ask(&["graph", "--format", format])?;
    if done { Ok((text, count(plans, "plan"))) } else { Err(Failure::told()) }
}
