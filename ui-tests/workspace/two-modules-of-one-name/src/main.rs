partitura::app! { pub Bank { modules: [accounts, namesake] } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
