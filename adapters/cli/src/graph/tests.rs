//! Pictures of one small plan.

use partitura_runtime::app::describe::{EdgeDescription, PlanDescription, StepDescription};
use partitura_runtime::plan::{OnFailure, Why};

use super::{Format, Picture, draw};

fn step(name: &str, level: u32) -> StepDescription {
    StepDescription {
        name: name.to_owned(),
        docs: "Says \"<hello>\".".to_owned(),
        place: None,
        level,
        needs: Vec::new(),
        takes: Vec::new(),
        gives: None,
        retries: 2 * level,
        timeout_ms: (level > 0).then_some(5_000),
        when: None,
        on_failure: OnFailure::Compensate,
        compensate: (level == 0).then(|| "close".to_owned()),
    }
}

fn plan() -> PlanDescription {
    let edge = |from: &str, to: &str| EdgeDescription { from: from.to_owned(), to: to.to_owned(), why: Why::Data };
    PlanDescription {
        name: "startup".to_owned(),
        message: "startup.Run".to_owned(),
        module: "app".to_owned(),
        docs: String::new(),
        place: String::new(),
        on: None,
        input: None,
        output: None,
        limit: 16,
        exclusive: false,
        undo_within_ms: 30_000,
        steps: vec![step("a", 0), step("b", 1), step("c", 2)],
        edges: vec![edge("a", "b"), edge("b", "c"), edge("a", "c")],
    }
}

#[test]
fn every_format_shows_steps_levels_and_the_edges_that_say_something() {
    let plan = plan();
    let text = |format| draw(&[Picture { plan: &plan, report: None }], format);
    let mermaid = text(Format::Mermaid);
    assert!(mermaid.starts_with("flowchart LR\n"), "{mermaid}");
    assert!(mermaid.contains("p0_b[\"b<br/>3 tries, at most 5.0 s\"]"), "{mermaid}");
    assert!(mermaid.contains("p0_a --> p0_b") && !mermaid.contains("p0_a --> p0_c"), "said by the others: {mermaid}");
    let dot = text(Format::Dot);
    assert!(dot.contains("\"startup.a\" -> \"startup.b\";") && dot.contains("undone by close"), "{dot}");
    let svg = text(Format::Svg);
    assert!(svg.contains("level 3") && svg.contains("&lt;hello&gt;"), "{svg}");
    assert_eq!(svg.matches("<path d=\"M").count(), 3, "two edges and the end of an arrow");
}
