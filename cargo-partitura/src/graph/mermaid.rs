//! Mermaid flowcharts, as many pages of documentation show them.

use super::Drawing;

pub(super) fn draw(drawing: &Drawing) -> String {
    let mut lines = vec!["flowchart LR".to_owned()];
    for (number, node) in drawing.nodes.iter().enumerate() {
        let detail = if node.detail.is_empty() {
            String::new()
        } else {
            format!("<br/><small>{}</small>", quoted(&node.detail))
        };
        lines.push(format!(
            "  n{number}[\"{}{detail}\"]:::{}",
            quoted(&node.label),
            node.kind.word().replace(' ', "_")
        ));
    }
    for edge in &drawing.edges {
        let arrow = if edge.dashed { "-.->" } else { "-->" };
        let label: Vec<String> = edge.label.iter().map(|line| quoted(line)).collect();
        let label = if label.is_empty() { String::new() } else { format!("|\"{}\"|", label.join("<br/>")) };
        lines.push(format!("  n{} {arrow}{label} n{}", edge.from, edge.to));
    }
    for kind in drawing.kinds() {
        let (frame, inside) = kind.colors();
        lines.push(format!("  classDef {} fill:{inside},stroke:{frame},color:#1d2733", kind.word().replace(' ', "_")));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn quoted(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "#quot;").replace('<', "&lt;").replace('>', "&gt;")
}
