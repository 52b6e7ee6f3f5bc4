partitura::app! { pub Bank { modules: [mail, post, greetings] } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
