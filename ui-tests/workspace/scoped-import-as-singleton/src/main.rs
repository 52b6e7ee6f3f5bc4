partitura::app! { pub Bank { modules: [sessions, ledger] } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
