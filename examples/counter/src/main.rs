//! A counter that other processes count with, through a Unix socket.

mod counter;

partitura::app! { pub Counter { modules: [] } }

fn main() -> std::process::ExitCode {
    Counter::main()
}

#[cfg(test)]
mod tests;
