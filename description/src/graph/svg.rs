//! A picture that needs no other program: for a page on a light or a dark background, at most [`WIDEST`] wide.

use std::fmt::Write;

use super::layout::{Frame, Layout, Size, place};
use super::{Arrow, Drawing, Node, kinds};

/// What fits into a page of documentation. What would be wider is drawn from top to bottom, and if that is too wide as well, smaller.
const WIDEST: f64 = 1_000.0;
/// Of a bold letter of the widest of the usual fonts: text in a box that is too wide looks better than text across its frame.
const CHARACTER: f64 = 8.3;
const SMALL: f64 = 6.7;
const MARGIN: f64 = 24.0;
const HEAD: f64 = 56.0;
const LEGEND: f64 = 34.0;
const LINE: f64 = 15.0;
/// What a letter of a title takes.
const TITLE: f64 = 9.5;

/// What all pictures share. Colours that a dark page wants otherwise are classes.
const STYLE: &str = "\
.paper{fill:#ffffff}.ink{fill:#1d2733}.soft{fill:#55626f}.line{stroke:#7b8794;fill:none;stroke-width:1.3}.tip{fill:#7b8794}\
.halo{stroke:#ffffff;stroke-width:5;paint-order:stroke}";
const DARK: &str = "\
.paper{fill:#12171d}.ink{fill:#e6ebf0}.soft{fill:#a9b4bf}.line{stroke:#8a96a3}.tip{fill:#8a96a3}.halo{stroke:#12171d}";

/// Where arrows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Right,
    Down,
}

/// A drawing in its place.
struct Placed<'d> {
    drawing: &'d Drawing,
    layout: Layout,
    flow: Flow,
    size: Size,
}

/// All of them below each other.
pub(super) fn draw(drawings: &[Drawing]) -> String {
    let placed: Vec<Placed<'_>> = drawings.iter().map(placed).collect();
    let used = kinds(drawings);
    let widest = placed.iter().map(|it| it.size.width).fold(0.0, f64::max);
    let legend = legend(&used, widest.max(WIDEST / 2.0));
    let title = drawings.iter().map(|it| it.title.chars().count()).max().unwrap_or(0) as f64 * TITLE;
    let width = widest.max(legend.size.width).max(title) + 2.0 * MARGIN;
    let (mut body, mut y) = (String::new(), 0.0);
    for own in &placed {
        // A write to a `String` does not fail.
        let _ = one(&mut body, own, y);
        y += HEAD + own.size.height;
    }
    let mut height = y + MARGIN;
    if !legend.text.is_empty() {
        let _ = writeln!(body, "<g transform=\"translate({MARGIN} {:.1})\">{}</g>", y + LEGEND - 10.0, legend.text);
        height = y + LEGEND + legend.size.height + 8.0;
    }
    let scale = (WIDEST / width).min(1.0);
    let classes = |dark: bool| -> String {
        let class = |kind: &super::Kind| {
            let colors = if dark { kind.dark() } else { kind.light() };
            format!(".k_{}{{fill:{};stroke:{}}}", kind.class(), colors.inside, colors.frame)
        };
        used.iter().map(class).collect()
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0}\" height=\"{:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"ui-sans-serif, system-ui, 'DejaVu Sans', sans-serif\" font-size=\"13\">\n\
         <style>{STYLE}{}\n@media (prefers-color-scheme: dark) {{{DARK}{}}}</style>\n\
         <defs><marker id=\"end\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0.5 L8 4 L0 7.5 z\" class=\"tip\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"10\" class=\"paper\"/>\n{body}</svg>\n",
        width * scale,
        height * scale,
        classes(false),
        classes(true),
    )
}

/// From left to right if there is room for it, else from top to bottom, if that is narrower.
fn placed(drawing: &Drawing) -> Placed<'_> {
    let boxes: Vec<Size> = drawing.nodes.iter().map(size).collect();
    let labels: Vec<Option<Size>> = drawing.edges.iter().map(label_size).collect();
    let right = place(drawing, &boxes, &labels);
    let size = right.size;
    let right = Placed { drawing, layout: right, flow: Flow::Right, size };
    if right.size.width + 2.0 * MARGIN <= WIDEST {
        return right;
    }
    let turn = |size: Size| Size { width: size.height, height: size.width };
    let boxes: Vec<Size> = boxes.into_iter().map(turn).collect();
    let labels: Vec<Option<Size>> = labels.into_iter().map(|label| label.map(turn)).collect();
    let down = place(drawing, &boxes, &labels);
    let size = turn(down.size);
    if size.width < right.size.width { Placed { drawing, layout: down, flow: Flow::Down, size } } else { right }
}

fn one(text: &mut String, own: &Placed<'_>, top: f64) -> std::fmt::Result {
    writeln!(
        text,
        "<text x=\"{MARGIN}\" y=\"{:.1}\" font-size=\"17\" font-weight=\"600\" class=\"ink\">{}</text>",
        top + 34.0,
        escaped(&own.drawing.title)
    )?;
    writeln!(text, "<g transform=\"translate({MARGIN} {:.1})\">", top + HEAD)?;
    for (edge, way) in own.drawing.edges.iter().zip(&own.layout.ways) {
        arrow(text, edge, way, own.flow)?;
    }
    for (node, frame) in own.drawing.nodes.iter().zip(&own.layout.boxes) {
        node_box(text, node, own.flow.turned(*frame))?;
    }
    for (edge, frame) in own.drawing.edges.iter().zip(&own.layout.labels) {
        if let Some(frame) = frame {
            label(text, edge, own.flow.turned(*frame))?;
        }
    }
    writeln!(text, "</g>")
}

impl Flow {
    /// A layout goes from left to right, always: as it stands on the page.
    fn turned(self, frame: Frame) -> Frame {
        match self {
            Flow::Right => frame,
            Flow::Down => {
                Frame { x: frame.y, y: frame.x, size: Size { width: frame.size.height, height: frame.size.width } }
            }
        }
    }

    fn point(self, along: f64, across: f64) -> String {
        match self {
            Flow::Right => format!("{along:.1} {across:.1}"),
            Flow::Down => format!("{across:.1} {along:.1}"),
        }
    }

    /// The letter of a straight line along the way, and where to.
    fn straight(self, along: f64) -> String {
        match self {
            Flow::Right => format!("H{along:.1}"),
            Flow::Down => format!("V{along:.1}"),
        }
    }
}

fn size(node: &Node) -> Size {
    let label = node.label.chars().count() as f64 * CHARACTER;
    let detail = node.details.iter().map(|line| line.chars().count()).max().unwrap_or(0) as f64 * SMALL;
    Size { width: label.max(detail) + 26.0, height: 32.0 + LINE * node.details.len() as f64 }
}

fn label_size(edge: &Arrow) -> Option<Size> {
    let longest = edge.label.iter().map(|line| line.chars().count()).max()?;
    Some(Size { width: longest as f64 * SMALL + 12.0, height: edge.label.len() as f64 * LINE + 4.0 })
}

/// From frame to frame: a bend in each gap, straight through a lane.
fn arrow(text: &mut String, edge: &Arrow, way: &[Frame], flow: Flow) -> std::fmt::Result {
    let dash = if edge.dashed { " stroke-dasharray=\"5 4\"" } else { "" };
    write!(text, "<path d=\"")?;
    let middle = |frame: &Frame| frame.y + frame.size.height / 2.0;
    match way {
        [only, _] if way[0] == way[1] => {
            // To itself.
            let Frame { x, y, size } = flow.turned(*only);
            write!(text, "M{:.1} {y:.1} c0 -18 24 -18 24 -2", x + size.width / 2.0 - 12.0)?;
        }
        _ => {
            let back = way.first().zip(way.last()).is_some_and(|(first, last)| first.x > last.x);
            for (number, frame) in way.iter().enumerate() {
                let (enter, leave) =
                    if back { (frame.x + frame.size.width, frame.x) } else { (frame.x, frame.x + frame.size.width) };
                let across = middle(frame);
                if number == 0 {
                    write!(text, "M{}", flow.point(leave, across))?;
                    continue;
                }
                let before = &way[number - 1];
                let from = if back { before.x } else { before.x + before.size.width };
                let bend = (enter - from) / 2.0;
                write!(
                    text,
                    " C{} {} {}",
                    flow.point(from + bend, middle(before)),
                    flow.point(enter - bend, across),
                    flow.point(enter, across)
                )?;
                if number + 1 < way.len() {
                    write!(text, " {}", flow.straight(leave))?;
                }
            }
        }
    }
    writeln!(text, "\" class=\"line\"{dash} marker-end=\"url(#end)\"/>")
}

fn node_box(text: &mut String, node: &Node, Frame { x, y, size }: Frame) -> std::fmt::Result {
    let Size { width, height } = size;
    let middle = x + width / 2.0;
    // The layer may be higher than this box needs.
    let top = y + (height - 32.0 - LINE * node.details.len() as f64) / 2.0;
    write!(text, "<g>")?;
    if !node.docs.is_empty() {
        write!(text, "<title>{}</title>", escaped(&node.docs))?;
    }
    writeln!(
        text,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"7\" class=\"k_{}\" stroke-width=\"1.3\"/>",
        node.kind.class()
    )?;
    write!(
        text,
        "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-weight=\"600\" class=\"ink\">{}</text>",
        top + 20.5,
        escaped(&node.label)
    )?;
    for (number, line) in node.details.iter().enumerate() {
        write!(
            text,
            "\n<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"11\" class=\"soft\">{}</text>",
            top + 36.5 + LINE * number as f64,
            escaped(line)
        )?;
    }
    writeln!(text, "</g>")
}

/// On the line, with paper around it.
fn label(text: &mut String, edge: &Arrow, Frame { x, y, size }: Frame) -> std::fmt::Result {
    let middle = x + size.width / 2.0;
    let top = y + (size.height - LINE * edge.label.len() as f64 - 4.0) / 2.0;
    for (number, line) in edge.label.iter().enumerate() {
        writeln!(
            text,
            "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"11\" class=\"soft halo\">{}</text>",
            top + LINE * (number as f64 + 1.0) - 1.5,
            escaped(line)
        )?;
    }
    Ok(())
}

/// What the colours mean.
struct Legend {
    text: String,
    size: Size,
}

/// In lines of at most `width`; nothing where there is one colour.
fn legend(kinds: &[super::Kind], width: f64) -> Legend {
    const ROW: f64 = 20.0;
    let mut legend = Legend { text: String::new(), size: Size { width: 0.0, height: 0.0 } };
    if kinds.len() < 2 {
        return legend;
    }
    let (mut x, mut y) = (0.0, 0.0);
    for kind in kinds {
        let own = 20.0 + kind.word().len() as f64 * SMALL;
        if x > 0.0 && x + own > width {
            (x, y) = (0.0, y + ROW);
        }
        // A write to a `String` does not fail.
        let _ = write!(
            legend.text,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"14\" height=\"11\" rx=\"3\" class=\"k_{}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\" class=\"soft\">{}</text>",
            kind.class(),
            x + 20.0,
            y + 9.5,
            kind.word()
        );
        legend.size.width = f64::max(legend.size.width, x + own);
        x += own + 18.0;
    }
    legend.size.height = y + ROW;
    legend
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
