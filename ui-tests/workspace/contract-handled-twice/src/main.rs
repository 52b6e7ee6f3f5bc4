partitura::app! { pub Bank { modules: [domain, accounts, savings] } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
