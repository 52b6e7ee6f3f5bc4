partitura::app! { pub Bank { modules: [domain, accounts], behaviors: [accounts::audit] } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
