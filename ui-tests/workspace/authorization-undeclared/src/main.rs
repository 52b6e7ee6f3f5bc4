partitura::app! { pub Bank { modules: [domain, accounts], require: authorization } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
