//! A picture that needs no other program: a column for each level, a box for each step.

use std::collections::HashMap;
use std::fmt::Write;

use partitura_runtime::app::describe::StepDescription;

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

/// The box of a step.
struct Frame {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

/// Draws one plan from `top` on; its width, and where it ends.
fn one(text: &mut String, picture: &Picture<'_>, top: usize) -> Result<(usize, usize), std::fmt::Error> {
    let levels = picture.levels();
    let lines: HashMap<&str, Vec<String>> =
        picture.plan.steps.iter().map(|step| (step.name.as_str(), picture.lines(step))).collect();
    let height = |step: &StepDescription| (lines[step.name.as_str()].len() + 1) * LINE + 14;
    let column = |steps: &[&StepDescription]| steps.iter().map(|step| height(step) + GAP).sum::<usize>();
    let tallest = levels.iter().map(|steps| column(steps)).max().unwrap_or(0);
    let mut frames: HashMap<&str, Frame> = HashMap::new();
    let mut x = MARGIN;
    writeln!(
        text,
        "<text x=\"{MARGIN}\" y=\"{}\" font-size=\"17\" font-weight=\"600\" fill=\"#1d2733\">{}</text>",
        top + 30,
        escaped(&picture.title())
    )?;
    for (level, steps) in levels.iter().enumerate() {
        let longest = steps.iter().flat_map(|step| lines[step.name.as_str()].iter().chain([&step.name]));
        let width = longest.map(|line| line.chars().count()).max().unwrap_or(0) * CHARACTER + 20;
        writeln!(
            text,
            "<text x=\"{}\" y=\"{}\" fill=\"#7b8794\" font-size=\"11\" text-anchor=\"middle\">level {}</text>",
            x + width / 2,
            top + HEAD - 10,
            level + 1
        )?;
        let mut y = top + HEAD + (tallest - column(steps)) / 2;
        for step in steps {
            frames.insert(&step.name, Frame { x, y, width, height: height(step) });
            y += height(step) + GAP;
        }
        x += width + BETWEEN;
    }
    for edge in picture.edges() {
        let (Some(from), Some(to)) = (frames.get(edge.from.as_str()), frames.get(edge.to.as_str())) else { continue };
        let (x1, y1) = (from.x + from.width, from.y + from.height / 2);
        let (x2, y2) = (to.x, to.y + to.height / 2);
        let bend = (x2.saturating_sub(x1) / 2).max(24);
        writeln!(
            text,
            "<path d=\"M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#7b8794\" stroke-width=\"1.3\" marker-end=\"url(#end)\"/>",
            x1 + bend,
            x2.saturating_sub(bend)
        )?;
    }
    for step in &picture.plan.steps {
        let Some(Frame { x, y, width, height }) = frames.get(step.name.as_str()) else { continue };
        let (stroke, fill) = colors(picture.step(&step.name));
        writeln!(text, "<g><title>{}</title>", escaped(&step.docs))?;
        writeln!(
            text,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"7\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"1.4\"/>"
        )?;
        let middle = x + width / 2;
        writeln!(
            text,
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"600\" fill=\"#1d2733\">{}</text>",
            y + LINE + 3,
            escaped(&step.name)
        )?;
        for (number, line) in lines[step.name.as_str()].iter().enumerate() {
            writeln!(
                text,
                "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#46525f\">{}</text>",
                y + LINE * (number + 2) + 3,
                escaped(line)
            )?;
        }
        writeln!(text, "</g>")?;
    }
    Ok((x - BETWEEN.min(x) + MARGIN, top + HEAD + tallest + MARGIN))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
