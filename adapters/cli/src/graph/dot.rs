//! Graphviz: `program graph --format dot | dot -Tpng`.

use std::fmt::Write;

use super::{Picture, colors};

pub(super) fn draw(pictures: &[Picture<'_>]) -> String {
    let mut text = String::from(
        "digraph plans {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n",
    );
    for (number, picture) in pictures.iter().enumerate() {
        // A write to a `String` does not fail.
        let _ = one(&mut text, number, picture);
    }
    text.push_str("}\n");
    text
}

fn one(text: &mut String, number: usize, picture: &Picture<'_>) -> std::fmt::Result {
    let id = |name: &str| quoted(&format!("{}.{name}", picture.plan.name));
    writeln!(text, "  subgraph cluster_{number} {{\n    label={};", quoted(&picture.title()))?;
    for steps in picture.levels() {
        let names: Vec<String> = steps.iter().map(|step| id(&step.name)).collect();
        writeln!(text, "    {{ rank=same; {} }}", names.join("; "))?;
    }
    for step in &picture.plan.steps {
        let (frame, inside) = colors(picture.step(&step.name));
        let mut lines = vec![step.name.clone()];
        lines.extend(picture.lines(step));
        let label = quoted(&lines.join("\n"));
        writeln!(text, "    {} [label={label}, color=\"{frame}\", fillcolor=\"{inside}\"];", id(&step.name))?;
    }
    for edge in picture.edges() {
        writeln!(text, "    {} -> {};", id(&edge.from), id(&edge.to))?;
    }
    writeln!(text, "  }}")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
