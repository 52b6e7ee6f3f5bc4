partitura::app! { pub Bank { modules: [greetings, ledger] } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
