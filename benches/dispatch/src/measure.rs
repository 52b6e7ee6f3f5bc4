//! What every case costs.

use meter::{cost, own};

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

pub(crate) fn all() -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = Vec::new();
    for case in CASES {
        let own_cost = cost(case.name)?;
        let instructions = own_cost.instructions;
        let direct = rows.iter().find(|row| row.case.name == case.direct).map_or(instructions, |row| row.instructions);
        let future = own(&["size", case.name])?;
        rows.push(Row { case, instructions, over: instructions - direct, allocations: own_cost.allocations, future });
    }
    Ok(rows)
}
