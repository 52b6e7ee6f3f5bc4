partitura::app! { pub Bank { modules: [plain] } }

fn main() -> std::process::ExitCode {
    Bank::main()
}
