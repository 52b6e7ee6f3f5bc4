use partitura::prelude::*;

#[derive(Debug, Problem)]
pub enum BankError {
    #[problem(kind = conflict, message = "{name} is taken")]
    Taken { owner: String },
}

fn main() {}
