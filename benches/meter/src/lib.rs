//! Counts what a call costs: instructions by callgrind, allocations by an allocator that counts.
//!
//! A program that is measured runs itself: `program case NAME N` calls the case N times and prints how many allocations that
//! took. It runs once with N and once with 2 N calls, so that the start of the process cancels.

mod counting;

use std::process::{Command, Output};

pub use counting::{Counting, allocations};

/// What one call costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Instructions.
    pub instructions: f64,
    /// Allocations.
    pub allocations: f64,
}

/// Enough that what happens once in a while (the runtime's own turns) is averaged, few enough for callgrind.
const CALLS: u64 = 2_000;

/// What one call of `case` costs.
///
/// # Errors
/// If the program fails, or valgrind is not there.
pub fn cost(case: &str) -> Result<Cost, String> {
    let (one, two) = (callgrind(case, CALLS)?, callgrind(case, 2 * CALLS)?);
    Ok(Cost {
        instructions: (two.instructions as f64 - one.instructions as f64) / CALLS as f64,
        allocations: (two.allocations as f64 - one.allocations as f64) / CALLS as f64,
    })
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

/// What this program prints when it is run with these arguments: a number.
///
/// # Errors
/// If it fails, or prints no number.
pub fn own<T: std::str::FromStr>(arguments: &[&str]) -> Result<T, String> {
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
