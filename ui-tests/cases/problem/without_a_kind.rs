use partitura::prelude::*;

#[derive(Debug, Problem)]
pub enum BankError {
    Taken,
    #[problem(code = "bank.gone")]
    Gone,
}

fn main() {}
