//! Mermaid flowcharts, as many pages of documentation show them.

use std::fmt::Write;

use super::{Picture, colors};

pub(super) fn draw(pictures: &[Picture<'_>]) -> String {
    let mut text = String::from("flowchart LR\n");
    for (number, picture) in pictures.iter().enumerate() {
        // A write to a `String` does not fail.
        let _ = one(&mut text, number, picture);
    }
    text
}

fn one(text: &mut String, number: usize, picture: &Picture<'_>) -> std::fmt::Result {
    let id = |name: &str| format!("p{number}_{name}");
    writeln!(text, "  subgraph p{number}[\"{}\"]", quoted(&picture.title()))?;
    for (level, steps) in picture.levels().iter().enumerate() {
        writeln!(text, "    subgraph p{number}_level_{level}[\"level {}\"]", level + 1)?;
        for step in steps {
            let lines: Vec<String> = picture.lines(step).iter().map(|line| format!("<br/>{}", quoted(line))).collect();
            writeln!(text, "      {}[\"{}{}\"]", id(&step.name), quoted(&step.name), lines.concat())?;
        }
        writeln!(text, "    end")?;
    }
    for edge in picture.edges() {
        writeln!(text, "    {} --> {}", id(&edge.from), id(&edge.to))?;
    }
    writeln!(text, "  end")?;
    if picture.report.is_some() {
        for step in &picture.plan.steps {
            let (frame, inside) = colors(picture.step(&step.name));
            writeln!(text, "  style {} stroke:{frame},fill:{inside},color:#1d2733", id(&step.name))?;
        }
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "#quot;").replace('<', "&lt;").replace('>', "&gt;")
}
