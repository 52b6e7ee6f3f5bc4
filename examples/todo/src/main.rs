//! A list of tasks, in memory, over HTTP. See the README beside it.

mod store;
mod tasks;

partitura::app! { pub Todo { modules: [] } }

fn main() -> std::process::ExitCode {
    Todo::main()
}

#[cfg(test)]
mod tests;
