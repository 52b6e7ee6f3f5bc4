//! Pictures of an application, made from its description: modules, dependencies, messages, routes; and plans, also with what became of
//! a run.

mod dot;
mod kind;
mod layout;
mod mermaid;
mod pictures;
mod plans;
mod svg;
#[cfg(test)]
mod tests;

use std::path::Path;

use crate::{Description, Plan, Run, count};
use kind::Kind;

/// What can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Who imports what from whom, and who answers whose contracts.
    Modules,
    /// What each handler and provider needs.
    Dependencies,
    /// Entrypoints to messages to handlers; events to their subscribers.
    Messages,
    /// The steps of each plan in their order.
    Plans,
    /// Paths to what they lead to.
    Routes,
}

impl Of {
    /// The names of all, for `--of`.
    pub const NAMES: [&'static str; 5] = ["modules", "dependencies", "messages", "plans", "routes"];

    /// By its name.
    pub fn named(name: &str) -> Option<Of> {
        let all = [Of::Modules, Of::Dependencies, Of::Messages, Of::Plans, Of::Routes];
        Of::NAMES.iter().zip(all).find(|(own, _)| **own == name).map(|(_, of)| of)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Of::Modules => "modules",
            Of::Dependencies => "dependencies",
            Of::Messages => "messages",
            Of::Plans => "plans",
            Of::Routes => "routes",
        }
    }
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// What many pages of documentation show.
    Mermaid,
    /// Graphviz's.
    Dot,
    /// Laid out here; needs no other program.
    Svg,
}

impl Format {
    /// The names of all, for `--format`.
    pub const NAMES: [&'static str; 3] = ["mermaid", "dot", "svg"];

    /// By its name.
    pub fn named(name: &str) -> Option<Format> {
        match name {
            "mermaid" => Some(Format::Mermaid),
            "dot" => Some(Format::Dot),
            "svg" => Some(Format::Svg),
            _ => None,
        }
    }

    /// By the end of a file's name.
    pub fn of_file(file: &Path) -> Option<Format> {
        match file.extension()?.to_str()? {
            "svg" => Some(Format::Svg),
            "dot" | "gv" => Some(Format::Dot),
            "mmd" | "mermaid" | "md" => Some(Format::Mermaid),
            _ => None,
        }
    }
}

/// A picture that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file's text, a line break at its end.
    pub text: String,
    /// How much is in it, for people: `3 boxes, 2 arrows`.
    pub size: String,
}

/// Draws it; none if there is nothing of that kind.
pub fn draw(described: &Description, of: Of, format: Format) -> Option<Picture> {
    let drawings = match of {
        Of::Plans => described.plans.iter().map(|plan| plans::of(plan, None)).collect(),
        other => vec![pictures::of(other, described)],
    };
    written(&drawings, format)
}

/// Draws one plan, with what became of its steps if there was a run.
pub fn plan(plan: &Plan, run: Option<&Run>, format: Format) -> Option<Picture> {
    written(&[plans::of(plan, run)], format)
}

fn written(drawings: &[Drawing], format: Format) -> Option<Picture> {
    let boxes: usize = drawings.iter().map(|drawing| drawing.nodes.len()).sum();
    let arrows: usize = drawings.iter().map(|drawing| drawing.edges.len()).sum();
    let text = match format {
        _ if boxes == 0 => return None,
        Format::Svg => svg::draw(drawings),
        Format::Dot => dot::draw(drawings),
        Format::Mermaid => mermaid::draw(drawings),
    };
    Some(Picture { text, size: format!("{}, {}", count(boxes, "box"), count(arrows, "arrow")) })
}

/// Boxes and arrows between them.
#[derive(Debug, Default)]
struct Drawing {
    title: String,
    nodes: Vec<Node>,
    edges: Vec<Arrow>,
}

/// A box.
#[derive(Debug)]
struct Node {
    label: String,
    /// Smaller lines below.
    details: Vec<String>,
    /// What is told of it when it is pointed at, where that can be.
    docs: String,
    kind: Kind,
    /// The column, counted from the left, before which it does not stand.
    column: usize,
}

impl Node {
    fn new(label: impl Into<String>, kind: Kind) -> Self {
        Node { label: label.into(), details: Vec::new(), docs: String::new(), kind, column: 0 }
    }

    /// With a smaller line below, unless it is empty.
    fn detail(mut self, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        if !detail.is_empty() {
            self.details.push(detail);
        }
        self
    }

    fn column(mut self, column: usize) -> Self {
        self.column = column;
        self
    }
}

/// An arrow.
#[derive(Debug)]
struct Arrow {
    from: usize,
    to: usize,
    /// Lines at its middle.
    label: Vec<String>,
    dashed: bool,
}

impl Arrow {
    fn new(from: usize, to: usize) -> Self {
        Arrow { from, to, label: Vec::new(), dashed: false }
    }
}

/// The kinds of all boxes, each once.
fn kinds(drawings: &[Drawing]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = drawings.iter().flat_map(|drawing| &drawing.nodes).map(|node| node.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}
