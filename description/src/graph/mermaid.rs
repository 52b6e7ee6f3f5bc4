//! Mermaid flowcharts, as many pages of documentation show them.

use super::{Drawing, kinds};

pub(super) fn draw(drawings: &[Drawing]) -> String {
    let mut lines = vec!["flowchart LR".to_owned()];
    let mut first = 0;
    for (number, drawing) in drawings.iter().enumerate() {
        if drawings.len() > 1 {
            lines.push(format!("  subgraph p{number}[\"{}\"]", quoted(&drawing.title)));
        }
        one(&mut lines, drawing, first);
        if drawings.len() > 1 {
            lines.push("  end".to_owned());
        }
        first += drawing.nodes.len();
    }
    for kind in kinds(drawings) {
        let colors = kind.light();
        // `end` and others are words of the language, so a class has a letter before its name.
        lines.push(format!(
            "  classDef k_{} fill:{},stroke:{},color:#1d2733",
            kind.class(),
            colors.inside,
            colors.frame
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn one(lines: &mut Vec<String>, drawing: &Drawing, first: usize) {
    for (number, node) in drawing.nodes.iter().enumerate() {
        let details: String =
            node.details.iter().map(|detail| format!("<br/><small>{}</small>", quoted(detail))).collect();
        lines.push(format!("  n{}[\"{}{details}\"]:::k_{}", first + number, quoted(&node.label), node.kind.class()));
    }
    for edge in &drawing.edges {
        let arrow = if edge.dashed { "-.->" } else { "-->" };
        let label: Vec<String> = edge.label.iter().map(|line| quoted(line)).collect();
        let label = if label.is_empty() { String::new() } else { format!("|\"{}\"|", label.join("<br/>")) };
        lines.push(format!("  n{} {arrow}{label} n{}", first + edge.from, first + edge.to));
    }
}

fn quoted(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "#quot;").replace('<', "&lt;").replace('>', "&gt;")
}
