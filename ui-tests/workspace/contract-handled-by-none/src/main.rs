partitura::app! { pub Bank { modules: [domain] } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
