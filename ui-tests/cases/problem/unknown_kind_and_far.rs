use partitura::prelude::*;

#[derive(Debug, Problem)]
pub enum BankError {
    #[problem(kind = teapot)]
    Taken,
}

fn main() {}
