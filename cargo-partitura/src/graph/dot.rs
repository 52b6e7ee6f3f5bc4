//! Graphviz: `cargo partitura graph --format dot | dot -Tpng`.

use super::Drawing;

pub(super) fn draw(drawing: &Drawing) -> String {
    let mut lines = vec![
        format!("digraph {} {{", quoted(&drawing.title)),
        "  rankdir=LR;".to_owned(),
        "  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];".to_owned(),
    ];
    for (number, node) in drawing.nodes.iter().enumerate() {
        let (frame, inside) = node.kind.colors();
        let mut label = node.label.clone();
        if !node.detail.is_empty() {
            label = format!("{label}\n{}", node.detail);
        }
        lines.push(format!("  n{number} [label={}, color=\"{frame}\", fillcolor=\"{inside}\"];", quoted(&label)));
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
        lines.push(format!("  n{} -> n{}{words};", edge.from, edge.to));
    }
    lines.push("}\n".to_owned());
    lines.join("\n")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
