//! Pictures of small applications.

use serde_json::json;

use super::{Format, Of, draw, plan};
use crate::{Description, Plan, Run};

fn a_plan() -> Plan {
    let step = |name: &str, more: serde_json::Value| {
        let mut step = json!({ "name": name, "docs": "Says \"<hello>\"." });
        step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        step
    };
    let edge = |from: &str, to: &str| json!({ "from": from, "to": to });
    let value = json!({
        "name": "startup", "message": "startup.Run",
        "steps": [
            step("a", json!({ "compensate": "close" })),
            step("b", json!({ "retries": 2, "timeout_ms": 5_000 })),
            step("c", json!({ "on_failure": "halt", "when": "is_day" })),
        ],
        "edges": [edge("a", "b"), edge("b", "c"), edge("a", "c")],
    });
    serde_json::from_value(value).unwrap()
}

fn text(format: Format) -> String {
    plan(&a_plan(), None, format).unwrap().text
}

#[test]
fn every_format_shows_steps_what_is_declared_and_the_arrows_that_say_something() {
    let mermaid = text(Format::Mermaid);
    assert!(mermaid.starts_with("flowchart LR\n"), "{mermaid}");
    assert!(mermaid.contains("n1[\"b<br/><small>3 tries, at most 5.0 s</small>\"]"), "{mermaid}");
    assert!(mermaid.contains("n0 --> n1") && !mermaid.contains("n0 --> n2"), "said by the others: {mermaid}");
    let dot = text(Format::Dot);
    assert!(dot.contains("n0 -> n1;") && dot.contains("a\\nundone by close"), "{dot}");
    let svg = text(Format::Svg);
    assert!(svg.contains("&lt;hello&gt;") && svg.contains("on failure halt") && svg.contains("when is_day"), "{svg}");
    assert_eq!(svg.matches("<path d=\"M").count(), 3, "two arrows and the end of one");
    assert!(svg.contains("prefers-color-scheme: dark"), "{svg}");
}

#[test]
fn a_run_is_told_in_words_and_colours() {
    let run = json!({
        "state": "partly_undone", "took_us": 3_200_000,
        "steps": [
            { "name": "a", "state": "done", "tries": 1, "began_us": 0, "took_us": 870, "undo": { "done": false, "took_us": 1 } },
            { "name": "b", "state": "failed", "tries": 3, "began_us": 1, "took_us": 12_000, "cause": { "code": "b.gone" } },
            { "name": "c", "state": "not_started", "tries": 0, "took_us": 0 },
        ],
    });
    let svg = plan(&a_plan(), Some(&Run::read(run).unwrap()), Format::Svg).unwrap().text;
    for wanted in [
        "startup partly undone in 3.2 s",
        "done in 870 µs",
        "not undone",
        "failed in 12 ms",
        "3 tries",
        "b.gone",
        "not started",
        "class=\"k_undone\"",
        "class=\"k_failed\"",
        "class=\"k_not_run\"",
    ] {
        assert!(svg.contains(wanted), "{wanted}: {svg}");
    }
}

/// An application of `modules`, each of which imports what the one before it exports.
fn chain(modules: usize) -> Description {
    let module = |number: usize| {
        json!({
            "name": format!("module_with_a_long_name_{number}"),
            "imports": if number == 0 { json!([]) } else { json!([{ "type": format!("dyn Service{}", number - 1), "optional": false }]) },
            "exports": [format!("dyn Service{number}")],
            "handles": [],
        })
    };
    let modules: Vec<_> = (0..modules).map(module).collect();
    let value = json!({
        "schema": "1.2", "application": { "name": "Long" }, "modules": modules,
        "messages": [], "providers": [], "configuration": [],
    });
    Description::read(value).unwrap()
}

fn attribute(svg: &str, name: &str) -> f64 {
    let at = svg.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
    svg[at..].split('"').next().unwrap().parse().unwrap()
}

#[test]
fn a_picture_fits_into_a_page_however_long_the_chain() {
    for modules in [2, 6, 12, 40] {
        let svg = draw(&chain(modules), Of::Modules, Format::Svg).unwrap().text;
        let [width, height] = ["width", "height"].map(|name| attribute(&svg, name));
        assert!(width <= 1_000.0, "{modules}: {width}");
        assert_eq!(height > width, modules > 2, "what is too long for a line goes down");
        // Not by making the letters small.
        let view: Vec<&str> = svg.split("viewBox=\"").nth(1).unwrap().split('"').next().unwrap().split(' ').collect();
        assert_eq!(view[2].parse::<f64>().unwrap(), width, "{modules}");
    }
}

#[test]
fn there_is_a_name_for_each_and_nothing_is_drawn_of_nothing() {
    for name in Of::NAMES {
        assert_eq!(Of::named(name).map(Of::name), Some(name));
    }
    for name in Format::NAMES {
        assert!(Format::named(name).is_some(), "{name}");
    }
    assert_eq!(draw(&chain(1), Of::Plans, Format::Svg), None);
    assert_eq!(draw(&chain(1), Of::Modules, Format::Dot).unwrap().size, "1 box, 0 arrows");
}
