partitura::app! { pub Bank { modules: [domain, accounts, mail, greetings] } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
