use partitura::prelude::*;

#[derive(Debug, Problem)]
pub enum BankError {
    #[problem(kind = conflikt)]
    Taken,
}

fn main() {}
