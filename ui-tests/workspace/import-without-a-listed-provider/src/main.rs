partitura::app! { pub Bank { modules: [greetings] } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
