partitura::app! { pub Bank { modules: [acounts] } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
