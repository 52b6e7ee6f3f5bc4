//! Runs this very program under callgrind, once for each case and number of calls.

use std::process::{Command, Output};

use crate::cases::{CASES, Case};

/// What one case costs for each call.
pub(crate) struct Row {
    pub(crate) case: &'static Case,
    /// Of one call.
    pub(crate) instructions: f64,
    /// Of one call, less those of the plain fn.
    pub(crate) over: f64,
    /// Of one call.
    pub(crate) allocations: f64,
    /// Bytes of the future.
    pub(crate) future: usize,
}

/// Enough that what happens once in a while (the runtime's own turns) is averaged, few enough for callgrind.
const CALLS: u64 = 2_000;

pub(crate) fn all() -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = Vec::new();
    for case in CASES {
        let (one, two) = (callgrind(case.name, CALLS)?, callgrind(case.name, 2 * CALLS)?);
        let instructions = (two.instructions as f64 - one.instructions as f64) / CALLS as f64;
        let allocations = (two.allocations as f64 - one.allocations as f64) / CALLS as f64;
        let direct = rows.iter().find(|row| row.case.name == case.direct).map_or(instructions, |row| row.instructions);
        let future = own(&["size", case.name])?;
        rows.push(Row { case, instructions, over: instructions - direct, allocations, future });
    }
    Ok(rows)
}

struct Counts {
    instructions: u64,
    allocations: u64,
}

fn callgrind(case: &str, calls: u64) -> Result<Counts, String> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program()?);
    let output = output(command.args(["case", case, &calls.to_string()]))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let instructions = report
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .and_then(|(_, count)| count.trim().parse().ok())
        .ok_or_else(|| format!("callgrind reported no instructions:\n{report}"))?;
    Ok(Counts { instructions, allocations: number(&output)? })
}

fn own<T: std::str::FromStr>(arguments: &[&str]) -> Result<T, String> {
    number(&output(Command::new(program()?).args(arguments))?)
}

fn number<T: std::str::FromStr>(output: &Output) -> Result<T, String> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| format!("`{}` is no number", text.trim()))
}

fn output(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(output);
    }
    Err(format!("{} failed:\n{}", command.get_program().display(), String::from_utf8_lossy(&output.stderr)))
}

fn program() -> Result<std::path::PathBuf, String> {
    std::env::current_exe().map_err(|error| format!("this program does not find itself: {error}"))
}
