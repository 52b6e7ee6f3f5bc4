//! Graphviz: `bank graph --format dot | dot -Tpng`.

use super::Drawing;

pub(super) fn draw(drawings: &[Drawing]) -> String {
    let title = drawings.first().filter(|_| drawings.len() == 1).map_or("plans", |only| only.title.as_str());
    let mut lines = vec![
        format!("digraph {} {{", quoted(title)),
        "  rankdir=LR;".to_owned(),
        "  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];".to_owned(),
    ];
    let mut first = 0;
    for (number, drawing) in drawings.iter().enumerate() {
        if drawings.len() > 1 {
            lines.push(format!("  subgraph cluster_{number} {{\n  label={};", quoted(&drawing.title)));
        }
        one(&mut lines, drawing, first);
        if drawings.len() > 1 {
            lines.push("  }".to_owned());
        }
        first += drawing.nodes.len();
    }
    lines.push("}\n".to_owned());
    lines.join("\n")
}

fn one(lines: &mut Vec<String>, drawing: &Drawing, first: usize) {
    for (number, node) in drawing.nodes.iter().enumerate() {
        let colors = node.kind.light();
        let label: Vec<&str> = std::iter::once(&node.label).chain(&node.details).map(String::as_str).collect();
        let label = label.join("\n");
        lines.push(format!(
            "  n{} [label={}, color=\"{}\", fillcolor=\"{}\"];",
            first + number,
            quoted(&label),
            colors.frame,
            colors.inside
        ));
    }
    for edge in &drawing.edges {
        let mut words = Vec::new();
        if !edge.label.is_empty() {
            words.push(format!("label={}", quoted(&edge.label.join("\n"))));
        }
        if edge.dashed {
            words.push("style=dashed".to_owned());
        }
        let words = if words.is_empty() { String::new() } else { format!(" [{}]", words.join(", ")) };
        lines.push(format!("  n{} -> n{}{words};", first + edge.from, first + edge.to));
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
