partitura::app! { pub Bank { modules: [ring_clock, ring_mail] } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
