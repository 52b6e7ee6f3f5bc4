//! Orders, stock and payments: one domain, and every way to reach it. See the README beside it.

pub mod book;
pub mod fulfil;
pub mod messages;

partitura::app! { pub Orders { modules: [stock, payments], behaviors: [partitura::behavior::Tracing], require: authorization } }

fn main() -> std::process::ExitCode {
    Orders::main()
}

#[cfg(test)]
mod tests;
