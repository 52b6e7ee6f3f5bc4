//! A picture that needs no other program.

use std::fmt::Write;

use super::layout::{Frame, Layout, Size, place};
use super::{Drawing, Edge, Node};

/// Of a bold letter of the widest of the usual fonts: text in a box that is too wide looks better than text across its frame.
const CHARACTER: f64 = 8.3;
const SMALL: f64 = 6.6;
const MARGIN: f64 = 24.0;
const HEAD: f64 = 56.0;
const FOOT: f64 = 40.0;
const LINE: f64 = 14.0;

/// The whole picture.
pub(super) fn draw(drawing: &Drawing) -> String {
    let boxes: Vec<Size> = drawing.nodes.iter().map(size).collect();
    let labels: Vec<Option<Size>> = drawing.edges.iter().map(label_size).collect();
    let layout = place(drawing, &boxes, &labels);
    let legend = legend(drawing);
    let title = drawing.title.chars().count() as f64 * 9.5;
    let width = layout.size.width.max(legend.1).max(title) + 2.0 * MARGIN;
    let height = HEAD + layout.size.height + FOOT + if legend.0.is_empty() { 0.0 } else { 12.0 };
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"ui-sans-serif, system-ui, 'DejaVu Sans', sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"#ffffff\"/>\n\
         <defs><marker id=\"end\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0.5 L8 4 L0 7.5 z\" fill=\"#7b8794\"/></marker></defs>\n\
         <text x=\"{MARGIN}\" y=\"34\" font-size=\"17\" font-weight=\"600\" fill=\"#1d2733\">{}</text>\n\
         <g transform=\"translate({MARGIN} {HEAD})\">\n",
        escaped(&drawing.title)
    );
    // A write to a `String` does not fail.
    let _ = body(&mut text, drawing, &layout);
    let _ = writeln!(text, "</g>\n<g transform=\"translate({MARGIN} {:.1})\">{}</g>\n</svg>", height - 30.0, legend.0);
    text
}

fn body(text: &mut String, drawing: &Drawing, layout: &Layout) -> std::fmt::Result {
    for (edge, way) in drawing.edges.iter().zip(&layout.ways) {
        arrow(text, edge, way)?;
    }
    for (node, frame) in drawing.nodes.iter().zip(&layout.boxes) {
        node_box(text, node, *frame)?;
    }
    for (edge, frame) in drawing.edges.iter().zip(&layout.labels) {
        if let Some(frame) = frame {
            label(text, edge, *frame)?;
        }
    }
    Ok(())
}

fn size(node: &Node) -> Size {
    let label = node.label.chars().count() as f64 * CHARACTER;
    let detail = node.detail.chars().count() as f64 * SMALL;
    Size { width: label.max(detail) + 26.0, height: if node.detail.is_empty() { 32.0 } else { 46.0 } }
}

fn label_size(edge: &Edge) -> Option<Size> {
    let longest = edge.label.iter().map(|line| line.chars().count()).max()?;
    Some(Size { width: longest as f64 * SMALL + 12.0, height: edge.label.len() as f64 * LINE + 4.0 })
}

/// From frame to frame: a bend in each gap, straight through a lane.
fn arrow(text: &mut String, edge: &Edge, way: &[Frame]) -> std::fmt::Result {
    let dash = if edge.dashed { " stroke-dasharray=\"5 4\"" } else { "" };
    write!(text, "<path d=\"")?;
    let middle = |frame: &Frame| frame.y + frame.size.height / 2.0;
    match way {
        [only, _] if way[0] == way[1] => {
            // To itself.
            let (x, y) = (only.x + only.size.width / 2.0, only.y);
            write!(text, "M{:.1} {y:.1} c0 -18 24 -18 24 -2", x - 12.0)?;
        }
        _ => {
            let back = way.first().zip(way.last()).is_some_and(|(first, last)| first.x > last.x);
            for (number, frame) in way.iter().enumerate() {
                let (enter, leave) =
                    if back { (frame.x + frame.size.width, frame.x) } else { (frame.x, frame.x + frame.size.width) };
                let y = middle(frame);
                if number == 0 {
                    write!(text, "M{leave:.1} {y:.1}")?;
                    continue;
                }
                let before = &way[number - 1];
                let from = if back { before.x } else { before.x + before.size.width };
                let bend = (enter - from) / 2.0;
                write!(
                    text,
                    " C{:.1} {:.1} {:.1} {y:.1} {enter:.1} {y:.1}",
                    from + bend,
                    middle(before),
                    enter - bend
                )?;
                if number + 1 < way.len() {
                    write!(text, " H{leave:.1}")?;
                }
            }
        }
    }
    writeln!(text, "\" fill=\"none\" stroke=\"#7b8794\" stroke-width=\"1.3\"{dash} marker-end=\"url(#end)\"/>")
}

fn node_box(text: &mut String, node: &Node, Frame { x, y, size }: Frame) -> std::fmt::Result {
    let (stroke, fill) = node.kind.colors();
    let Size { width, height } = size;
    let middle = x + width / 2.0;
    writeln!(
        text,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"7\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"1.3\"/>"
    )?;
    writeln!(
        text,
        "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-weight=\"600\" fill=\"#1d2733\">{}</text>",
        y + 20.5,
        escaped(&node.label)
    )?;
    if !node.detail.is_empty() {
        writeln!(
            text,
            "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#5b6875\">{}</text>",
            y + 36.5,
            escaped(&node.detail)
        )?;
    }
    Ok(())
}

/// On the line, with white around it.
fn label(text: &mut String, edge: &Edge, Frame { x, y, size }: Frame) -> std::fmt::Result {
    let middle = x + size.width / 2.0;
    for (number, line) in edge.label.iter().enumerate() {
        writeln!(
            text,
            "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#46525f\" stroke=\"#ffffff\" \
             stroke-width=\"5\" paint-order=\"stroke\">{}</text>",
            y + LINE * (number as f64 + 1.0) - 1.5,
            escaped(line)
        )?;
    }
    Ok(())
}

/// What the colours mean, and how wide that is; nothing where there is one colour.
fn legend(drawing: &Drawing) -> (String, f64) {
    let kinds = drawing.kinds();
    let (mut text, mut x) = (String::new(), 0.0);
    if kinds.len() < 2 {
        return (text, x);
    }
    for kind in kinds {
        let (stroke, fill) = kind.colors();
        // A write to a `String` does not fail.
        let _ = write!(
            text,
            "<rect x=\"{x:.1}\" y=\"0\" width=\"14\" height=\"11\" rx=\"3\" fill=\"{fill}\" stroke=\"{stroke}\"/>\
             <text x=\"{:.1}\" y=\"9.5\" font-size=\"11\" fill=\"#5b6875\">{}</text>",
            x + 20.0,
            kind.word()
        );
        x += 38.0 + kind.word().len() as f64 * SMALL;
    }
    (text, x)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
