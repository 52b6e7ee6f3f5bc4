//! A picture that needs no other program: a column for each level, a box for each step.

use std::collections::HashMap;
use std::fmt::Write;

use partitura_runtime::app::describe::{EdgeDescription, StepDescription};

use super::{Picture, colors};

const CHARACTER: usize = 8;
const LINE: usize = 17;
const GAP: usize = 22;
const BETWEEN: usize = 64;
const MARGIN: usize = 20;
const HEAD: usize = 64;

pub(super) fn draw(pictures: &[Picture<'_>]) -> String {
    let (mut body, mut width, mut top) = (String::new(), 0, 0);
    for picture in pictures {
        // A write to a `String` does not fail.
        if let Ok((own, bottom)) = one(&mut body, picture, top) {
            width = width.max(own);
            top = bottom;
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{top}\" viewBox=\"0 0 {width} {top}\" \
         font-family=\"ui-sans-serif, system-ui, sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <defs><marker id=\"end\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path d=\"M0 0 L8 4 L0 8 z\" fill=\"#7b8794\"/></marker></defs>\n{body}</svg>\n"
    )
}

/// A place in a column: the box of a step, or the lane of an edge that goes past.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Node<'p> {
    Step(&'p str),
    Lane(usize, usize),
}

/// Where something stands.
#[derive(Clone, Copy)]
struct Frame {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

/// The way of an edge: where it begins, the lanes that it takes, where it ends.
fn way<'p>(picture: &Picture<'p>, number: usize, edge: &'p EdgeDescription) -> Vec<Node<'p>> {
    let level =
        |name: &str| picture.plan.steps.iter().find(|step| step.name == name).map_or(0, |step| step.level as usize);
    let lanes = level(&edge.from) + 1..level(&edge.to);
    let lanes = lanes.map(|level| Node::Lane(number, level));
    std::iter::once(Node::Step(&edge.from)).chain(lanes).chain([Node::Step(&edge.to)]).collect()
}

/// The columns, each in an order in which few ways cross: by the middle of where its ways come from.
fn columns<'p>(picture: &Picture<'p>, ways: &[Vec<Node<'p>>]) -> Vec<Vec<Node<'p>>> {
    let mut columns: Vec<Vec<Node<'p>>> =
        picture.levels().iter().map(|steps| steps.iter().map(|step| Node::Step(&step.name)).collect()).collect();
    let mut before: HashMap<Node<'p>, Vec<Node<'p>>> = HashMap::new();
    for way in ways {
        for pair in way.windows(2) {
            if let Node::Lane(_, level) = pair[1] {
                columns[level].push(pair[1]);
            }
            before.entry(pair[1]).or_default().push(pair[0]);
        }
    }
    let mut place: HashMap<Node<'p>, f64> = HashMap::new();
    for column in &mut columns {
        let middle = |node: &Node<'p>| {
            let from: Vec<f64> =
                before.get(node).into_iter().flatten().filter_map(|node| place.get(node)).copied().collect();
            if from.is_empty() { 0.5 } else { from.iter().sum::<f64>() / from.len() as f64 }
        };
        let mut order: Vec<(f64, Node<'p>)> = column.iter().map(|node| (middle(node), *node)).collect();
        // Stable: what is alike stays in declared order.
        order.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        *column = order.into_iter().map(|(_, node)| node).collect();
        for (row, node) in column.iter().enumerate() {
            place.insert(*node, (row as f64 + 0.5) / column.len() as f64);
        }
    }
    columns
}

/// Draws one plan from `top` on; its width, and where it ends.
fn one(text: &mut String, picture: &Picture<'_>, top: usize) -> Result<(usize, usize), std::fmt::Error> {
    let edges = picture.edges();
    let ways: Vec<Vec<Node<'_>>> = edges.iter().enumerate().map(|(number, edge)| way(picture, number, edge)).collect();
    let lines: HashMap<&str, Vec<String>> =
        picture.plan.steps.iter().map(|step| (step.name.as_str(), picture.lines(step))).collect();
    let height = |node: &Node<'_>| match node {
        Node::Step(name) => (lines[name].len() + 1) * LINE + 14,
        Node::Lane(..) => 4,
    };
    let columns = columns(picture, &ways);
    let tall = |column: &[Node<'_>]| column.iter().map(|node| height(node) + GAP).sum::<usize>();
    let tallest = columns.iter().map(|column| tall(column)).max().unwrap_or(0);
    writeln!(
        text,
        "<text x=\"{MARGIN}\" y=\"{}\" font-size=\"17\" font-weight=\"600\" fill=\"#1d2733\">{}</text>",
        top + 30,
        escaped(&picture.title())
    )?;
    let mut frames: HashMap<Node<'_>, Frame> = HashMap::new();
    let mut x = MARGIN;
    for (level, column) in columns.iter().enumerate() {
        let names = column.iter().filter_map(|node| match node {
            Node::Step(name) => Some(*name),
            Node::Lane(..) => None,
        });
        let longest = names.flat_map(|name| lines[name].iter().map(String::as_str).chain([name]));
        let width = longest.map(|line| line.chars().count()).max().unwrap_or(0) * CHARACTER + 20;
        writeln!(
            text,
            "<text x=\"{}\" y=\"{}\" fill=\"#7b8794\" font-size=\"11\" text-anchor=\"middle\">level {}</text>",
            x + width / 2,
            top + HEAD - 10,
            level + 1
        )?;
        let mut y = top + HEAD + (tallest - tall(column)) / 2;
        for node in column {
            frames.insert(*node, Frame { x, y, width, height: height(node) });
            y += height(node) + GAP;
        }
        x += width + BETWEEN;
    }
    for way in &ways {
        path(text, way.iter().filter_map(|node| frames.get(node)).copied())?;
    }
    for step in &picture.plan.steps {
        if let Some(frame) = frames.get(&Node::Step(&step.name)) {
            self::step(text, picture, step, &lines[step.name.as_str()], *frame)?;
        }
    }
    Ok((x - BETWEEN.min(x) + MARGIN, top + HEAD + tallest + MARGIN))
}

/// From frame to frame, a bend in each gap.
fn path(text: &mut String, frames: impl Iterator<Item = Frame>) -> std::fmt::Result {
    let mut end: Option<(usize, usize)> = None;
    write!(text, "<path d=\"")?;
    for Frame { x, y, width, height } in frames {
        let middle = y + height / 2;
        match end {
            None => write!(text, "M{} {middle}", x + width)?,
            Some((before, from)) => {
                let bend = (x - before) / 2;
                write!(text, " C{} {from} {} {middle} {x} {middle}", before + bend, x - bend)?;
                if height < LINE {
                    write!(text, " H{}", x + width)?;
                }
            }
        }
        end = Some((x + width, middle));
    }
    writeln!(text, "\" fill=\"none\" stroke=\"#7b8794\" stroke-width=\"1.3\" marker-end=\"url(#end)\"/>")
}

fn step(
    text: &mut String,
    picture: &Picture<'_>,
    step: &StepDescription,
    lines: &[String],
    Frame { x, y, width, height }: Frame,
) -> std::fmt::Result {
    let (stroke, fill) = colors(picture.step(&step.name));
    let middle = x + width / 2;
    writeln!(text, "<g><title>{}</title>", escaped(&step.docs))?;
    writeln!(
        text,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"7\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"1.4\"/>"
    )?;
    writeln!(
        text,
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"600\" fill=\"#1d2733\">{}</text>",
        y + LINE + 3,
        escaped(&step.name)
    )?;
    for (number, line) in lines.iter().enumerate() {
        writeln!(
            text,
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#46525f\">{}</text>",
            y + LINE * (number + 2) + 3,
            escaped(line)
        )?;
    }
    writeln!(text, "</g>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
