use partitura::prelude::*;

#[derive(Problem)]
pub enum BankError {
    #[problem(kind = conflict)]
    Taken,
}

fn main() {}
