//! The table, and the gate that compares it with `expected.csv`.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::measure::Row;

/// What a figure may grow by without anybody looking: 5 %, or `least` where that is more.
fn allowed(expected: f64, least: f64) -> f64 {
    expected + (expected.abs() * 0.05).max(least)
}

/// The same sources in another folder are compiled a little otherwise: a hash of the path is in every symbol, and with it the
/// order in which the compiler sees them. A check of a role was 127 instructions here and 135 there. What is promised in
/// instructions (`Case::limit`) has no such slack.
const LEAST: [f64; 3] = [10.0, 0.01, 3.0];

pub(crate) fn text(rows: &[Row]) -> String {
    let mut text =
        format!("{:<58} {:>12} {:>8} {:>11} {:>8}\n", "case", "instructions", "over", "allocations", "future");
    for row in rows {
        let over = if row.case.direct.is_empty() { String::new() } else { format!("{:+.0}", row.over) };
        let _ = writeln!(
            text,
            "{:<58} {:>12.0} {over:>8} {:>11.2} {:>8}",
            row.case.name, row.instructions, row.allocations, row.future
        );
    }
    text
}

/// Fails with every line that grew.
pub(crate) fn gate(rows: &[Row]) -> Result<(), String> {
    let text = std::fs::read_to_string(file()).map_err(|error| format!("{}: {error}", file().display()))?;
    let expected: Vec<(&str, Vec<f64>)> = text.lines().skip(1).filter_map(line).collect();
    let mut errors = String::new();
    for row in rows {
        let name = row.case.name;
        if let Some((instructions, allocations)) = row.case.limit
            && (row.over > instructions || row.allocations > allocations)
        {
            let _ = writeln!(
                errors,
                "{name}: {:+.1} instructions and {:.2} allocations; the promise is at most {instructions:+} and {allocations}",
                row.over, row.allocations
            );
        }
        let Some((_, figures)) = expected.iter().find(|(other, _)| *other == name) else {
            let _ = writeln!(errors, "{name}: not in the file; `--bless` writes it");
            continue;
        };
        for (((what, is), was), least) in COLUMNS.iter().zip(figures_of(row)).zip(figures).zip(LEAST) {
            let most = if *what == "allocations" { was + least } else { allowed(*was, least) };
            if is > most {
                let _ = writeln!(errors, "{name}: {what} {is:.2}, expected {was:.2}, at most {most:.2}");
            }
        }
    }
    for (name, _) in expected.iter().filter(|(name, _)| !rows.iter().any(|row| row.case.name == *name)) {
        let _ = writeln!(errors, "{name}: in the file, and no case; `--bless` removes it");
    }
    print!("{}", self::text(rows));
    if errors.is_empty() { Ok(()) } else { Err(format!("\n{errors}If it is meant: `--bless`, and say why.")) }
}

/// Writes what is measured now as what is expected.
pub(crate) fn bless(rows: &[Row]) -> Result<(), String> {
    let mut csv = format!("case,{}\n", COLUMNS.join(","));
    for row in rows {
        let [over, allocations, future] = figures_of(row);
        let _ = writeln!(csv, "\"{}\",{over:.0},{allocations:.2},{future}", row.case.name);
    }
    print!("{}", text(rows));
    std::fs::write(file(), csv).map_err(|error| format!("{}: {error}", file().display()))
}

const COLUMNS: [&str; 3] = ["instructions_over_direct", "allocations", "future_bytes"];

fn figures_of(row: &Row) -> [f64; 3] {
    // The plain calls have nothing to be over: their own count is kept, so that a changed baseline shows.
    let over = if row.case.direct.is_empty() { row.instructions } else { row.over };
    [over, row.allocations, row.future as f64]
}

/// `"name, with a comma",1,2,3`
fn line(line: &str) -> Option<(&str, Vec<f64>)> {
    let (name, figures) = line.strip_prefix('"')?.split_once("\",")?;
    let figures = figures.split(',').map(|figure| figure.parse().ok()).collect::<Option<_>>()?;
    Some((name, figures))
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("expected.csv")
}
