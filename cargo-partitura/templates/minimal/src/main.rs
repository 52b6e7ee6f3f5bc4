//! TemplateName.

mod greeting;

partitura::app! { pub TemplateName { modules: [] } }

fn main() -> std::process::ExitCode {
    TemplateName::main()
}
